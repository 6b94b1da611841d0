import { FORMATS, type FormatName } from '../config-files/by-name.ts';
import { decoded, type Container } from '../config-files/tree.ts';
import { isLogin, kindByForm, kindByVariable, namesKey } from './recognise.ts';

/** A file as it may be shown: of everything that may be a key or a password the last four characters at most. */
export function maskedText(format: FormatName, text: string, known: string): string {
  const tree = FORMATS[format].parse(text);
  const values = new Set([known, ...(tree === undefined ? [] : secretsIn(tree))]);
  const masked = [...values].sort((a, b) => b.length - a.length).reduce((rest, value) => rest.replaceAll(value, mask(value)), text);
  // What stands in a comment has no name. What is written with escapes is not found by its value.
  return decoded(masked.replaceAll(/\b(?:sk-|gsk_|xai-|AIza|ya29\.|eyJ)[\w\\.-]{12,}/g, mask));
}

function secretsIn({ members }: Container): readonly string[] {
  return members.flatMap(({ name, node }): readonly string[] => {
    if (node.kind !== 'text') return node.kind === 'other' ? [] : secretsIn(node);
    const [, value = node.value] = /^(?:[\w-]+=|Bearer )(.+)$/s.exec(node.value) ?? [];
    const isNamed = namesKey(name) || /password|passwd|credential|authorization/i.test(name) || kindByVariable(name) !== undefined;
    const isSecret = value.length >= 8 && (isNamed || value !== node.value || isLogin(value) || kindByForm(value) !== undefined);
    return isSecret ? [Buffer.from(value).toString('latin1')] : [];
  });
}

function mask(value: string): string {
  return Buffer.from('••••••••').toString('latin1') + (value.length < 16 ? '' : value.slice(-4));
}
