import { PROVIDER_KINDS, type ProviderKind } from '../../core/config/kinds.ts';
import { PRESETS } from '../../core/providers/presets.ts';
import { isLocalToken } from '../local-token.ts';

/** `OPENAI_API_KEY`, also as `openai-api-key` and with a word before or behind it. */
export function kindByVariable(name: string): ProviderKind | undefined {
  return kindByName(name, 'keyVariables');
}

/** Whose address a variable holds. */
export function kindByBaseUrlVariable(name: string): ProviderKind | undefined {
  return kindByName(name, 'baseUrlVariables');
}

function kindByName(name: string, which: 'keyVariables' | 'baseUrlVariables'): ProviderKind | undefined {
  const variable = name.toUpperCase().replaceAll('-', '_');
  const words = `_${variable}_`;
  return PROVIDER_KINDS.find((kind) => PRESETS[kind][which]?.some((known) => words.includes(`_${known}_`)));
}

/** What other tools call a provider. */
const WORDS: Readonly<Record<string, ProviderKind>> = { gemini: 'google', 'x-ai': 'xai', claude: 'anthropic' };

export function kindByWord(word: string): ProviderKind | undefined {
  const lower = word.toLowerCase();
  return WORDS[lower] ?? PROVIDER_KINDS.find((kind) => kind === lower && kind !== 'demo');
}

/** Only prefixes that one provider has: `sk-` alone says nothing. */
export function kindByForm(value: string): ProviderKind | undefined {
  const prefixes = PROVIDER_KINDS.flatMap((kind) => PRESETS[kind].keyPrefix ?? []);
  if (/^sk-(proj|svcacct|admin)-/.test(value)) return 'openai';
  return PROVIDER_KINDS.find((kind) => {
    const prefix = PRESETS[kind].keyPrefix;
    return prefix !== undefined && value.startsWith(prefix) && prefixes.filter((other) => other === prefix).length === 1;
  });
}

/** A login of a subscription, which is good for the program it was made for and no other. */
export function isLogin(value: string): boolean {
  return /^(sk-ant-(oat|ort|sid)\d*-|ya29\.|eyJ[\w-]+\.eyJ|gh[opsru]_)/.test(value);
}

/** Not a reference to somewhere else, an example of a key, or one of our own tokens. */
export function mayBeKey(value: string): boolean {
  if (value.length < 16 || value.length > 512 || /[^\u0021-\u007e]/.test(value) || isLocalToken(value)) return false;
  if (/[${}<>]|^(?:op|env|file|secret|vault|https?):|\.\.\.|(.)\1{7}/.test(value)) return false;
  return !/your[-_]|[-_]here$|example|placeholder|change[-_]?me/i.test(value);
}

export function namesKey(name: string): boolean {
  return /(key|token|secret)$/i.test(name);
}
