import { FORMATS, type FormatName } from '../config-files/by-name.ts';
import { BOM } from '../config-files/tree.ts';

/** Whether a file says nothing: no entry, no comment. */
export function isBare(format: FormatName, text: string): boolean {
  const rest = (text.startsWith(BOM) ? text.slice(BOM.length) : text).replaceAll(/\s/g, '');
  return rest === '' || (format === 'json' && (rest === '{}' || rest === '[]') && FORMATS.json.parse(text) !== undefined);
}
