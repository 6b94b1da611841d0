import type * as z from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { NEEDS_BASE_URL } from './kinds.ts';
import { checkReferences } from './references.ts';
import { configSchema, type Config } from './schema.ts';
import { settingNames } from './setting-names.ts';

/** `agents.claude-code.model: unknown provider "antropic", did you mean "anthropic"?` */
export interface ConfigFault {
  readonly path: string;
  readonly message: string;
}

export type ParsedConfig = { readonly config: Config; readonly faults?: undefined } | { readonly faults: readonly ConfigFault[] };

/** Checks a configuration whole: every fault is reported, not only the first. */
export function parseConfig(value: unknown): ParsedConfig {
  const parsed = configSchema.safeParse(value);
  if (!parsed.success) return { faults: parsed.error.issues.flatMap((issue) => faultsOfIssue(issue, [])) };
  const faults: ConfigFault[] = [];
  const report = (path: string, message: string): void => void faults.push({ path, message });
  checkProviders(parsed.data, report);
  checkReferences(parsed.data, report);
  return faults.length > 0 ? { faults } : { config: parsed.data };
}

/** One line, whatever the names and texts that it quotes hold. */
export function faultLine(fault: ConfigFault): string {
  return oneLine(fault.path ? `${fault.path}: ${fault.message}` : fault.message);
}

/** For a terminal: without line breaks and without what a terminal would obey. */
export function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
}

/** What somebody may call a key's value who wants to write it down. */
const HOLDS_A_VALUE = /^(api[-_]?)?(key|token)$|^(value|secret)$/i;

/** `within`: where the union is whose branch this issue is about. */
function faultsOfIssue(issue: z.core.$ZodIssue, within: readonly PropertyKey[]): ConfigFault[] {
  const at = [...within, ...issue.path];
  const path = at.map(String).join('.');
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [path, key].filter(Boolean).join('.'),
        message:
          at[0] === 'keys' && HOLDS_A_VALUE.test(key)
            ? 'a key is never in this file; take it out, and name the variable that holds it ("env") or the command that prints it ("command")'
            : `unknown setting${didYouMean(key, settingNames(at))}`,
      }));
    case 'invalid_key':
      return issue.issues.map((inner) => ({ path, message: inner.message }));
    case 'invalid_value':
      // What was given is not repeated: it may be a key in the wrong place.
      return [{ path, message: `is not one of ${issue.values.map(String).join(', ')}` }];
    case 'invalid_union': {
      const meant = meantBranch(issue);
      return meant === undefined ? [{ path, message: issue.message }] : meant.flatMap((inner) => faultsOfIssue(inner, at));
    }
    default:
      return [{ path, message: issue.message }];
  }
}

/** Of several ways to write a setting the one that was meant: the only one whose form the value has, whatever is wrong inside. */
function meantBranch({ errors }: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] | undefined {
  const inside = errors.filter((branch) => branch.every(({ code, path }) => path.length > 0 || code === 'unrecognized_keys'));
  const formed = inside.length > 0 ? inside : errors.filter((branch) => branch.every(({ code }) => code !== 'invalid_type'));
  return formed.length === 1 ? formed[0] : undefined;
}

function checkProviders({ providers }: Config, report: (path: string, message: string) => void): void {
  if (Object.hasOwn(providers, 'agent')) {
    report('providers.agent', 'this name is reserved: "agent/<name>" means another agent\'s model');
  }
  for (const [id, provider] of Object.entries(providers)) {
    if (NEEDS_BASE_URL.has(provider.kind) && provider.baseUrl === undefined) {
      report(`providers.${id}.baseUrl`, `is needed: a provider of kind "${provider.kind}" has no address of its own`);
    }
  }
}

/** The parts of the schema that are settings of the editor, with who may set them; the others are for the headless file. */
export const SETTINGS: readonly { readonly name: string; readonly scope: 'application' | 'resource' }[] = Object.entries(
  configSchema.shape,
).flatMap(([name, schema]) => {
  const scope = schema.meta()?.['scope'];
  return scope === 'application' || scope === 'resource' ? [{ name, scope }] : [];
});

/** The configuration of somebody who has set nothing. */
export function defaultConfig(): Config {
  return configSchema.parse({});
}
