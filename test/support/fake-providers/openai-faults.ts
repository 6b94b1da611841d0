import { kindOf, refuse, wordOf } from './dialect.ts';

/** The faults that both OpenAI dialects report in the same words. */

export function missing(param: string): never {
  refuse(`Missing required parameter: '${param}'.`, { param, code: 'missing_required_parameter' });
}

export function wrongType(param: string, wanted: string, got: unknown): never {
  refuse(`Invalid type for '${param}': expected ${wanted}, but got ${kindOf(got)} instead.`, { param, code: 'invalid_type' });
}

export function empty(param: string): never {
  refuse(`Invalid '${param}': empty array. Expected an array with minimum length 1, but got an empty array instead.`, {
    param,
    code: 'empty_array',
  });
}

export function invalidValue(param: string, got: unknown, allowed: readonly string[]): never {
  const names = allowed.map((each) => `'${each}'`);
  const supported = names.length > 2 ? `${names.slice(0, -1).join(', ')}, and ${names.at(-1)}` : names.join(' and ');
  refuse(`Invalid value: '${wordOf(got)}'. Supported values are: ${supported}.`, { param, code: 'invalid_value' });
}

export function unknownParameter(param: string): never {
  refuse(`Unknown parameter: '${param}'.`, { param, code: 'unknown_parameter' });
}

export function tooLong(param: string, most: number, got: number): never {
  refuse(
    `Invalid '${param}': string too long. Expected a string with maximum length ${most}, but got a string with length ${got} instead.`,
    {
      param,
      code: 'string_above_max_length',
    },
  );
}

export function belowMinimum(param: string, least: number, got: number): never {
  refuse(`Invalid '${param}': integer below minimum value. Expected a value >= ${least}, but got ${got} instead.`, {
    param,
    code: 'integer_below_min_value',
  });
}

export function badPattern(param: string): never {
  refuse(`Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`, {
    param,
    code: 'invalid_value',
  });
}
