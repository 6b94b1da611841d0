import { globMatches } from '../../ir/glob.ts';

/** A pattern of `ir/glob.ts`, taken apart once. Plain data: a snapshot can be printed and copied. */
export interface CompiledGlob {
  readonly pattern: string;
  readonly form: 'any' | 'exact' | 'prefix' | 'suffix' | 'contains' | 'mixed';
  /** The pattern without its asterisks; empty for `mixed`. */
  readonly text: string;
}

export function compileGlob(pattern: string): CompiledGlob {
  const [first = '', second, third, ...more] = pattern.split('*');
  const as = (form: CompiledGlob['form'], text: string): CompiledGlob => ({ pattern, form, text });
  if (second === undefined) return as('exact', first);
  if (third === undefined) return second === '' ? as(first === '' ? 'any' : 'prefix', first) : suffixOrMixed();
  return first === '' && third === '' && more.length === 0 ? as('contains', second) : as('mixed', '');

  function suffixOrMixed(): CompiledGlob {
    return first === '' ? as('suffix', second ?? '') : as('mixed', '');
  }
}

/** The same answer as `globMatches`, which has to take the pattern apart each time. */
export function matchesGlob({ form, pattern, text }: CompiledGlob, value: string): boolean {
  switch (form) {
    case 'any':
      return true;
    case 'exact':
      return value === text;
    case 'prefix':
      return value.startsWith(text);
    case 'suffix':
      return value.endsWith(text);
    case 'contains':
      return value.includes(text);
    case 'mixed':
      return globMatches(pattern, value);
    default:
      form satisfies never;
      return false;
  }
}

export function matchesAny(globs: readonly CompiledGlob[], value: string): boolean {
  for (const glob of globs) if (matchesGlob(glob, value)) return true;
  return false;
}
