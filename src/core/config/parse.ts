import type * as z from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { AGENT_KINDS, PROVIDER_KINDS } from './kinds.ts';
import { configSchema, SETTING_NAMES, type Config } from './schema.ts';

/** `agents.claude-code.model: unknown provider "antropic", did you mean "anthropic"?` */
export interface ConfigFault {
  readonly path: string;
  readonly message: string;
}

export type ParsedConfig = { readonly config: Config; readonly faults?: undefined } | { readonly faults: readonly ConfigFault[] };

/** Checks a configuration whole: every fault is reported, not only the first. */
export function parseConfig(value: unknown): ParsedConfig {
  const parsed = configSchema.safeParse(value);
  if (!parsed.success) return { faults: parsed.error.issues.flatMap(faultsOfIssue) };
  const faults = referenceFaults(parsed.data);
  return faults.length > 0 ? { faults } : { config: parsed.data };
}

/** One line, whatever the names and texts that it quotes hold. */
export function faultLine(fault: ConfigFault): string {
  const text = fault.path ? `${fault.path}: ${fault.message}` : fault.message;
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
}

function faultsOfIssue(issue: z.core.$ZodIssue): ConfigFault[] {
  const path = issue.path.map(String).join('.');
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [path, key].filter(Boolean).join('.'),
        message: `unknown setting${didYouMean(key, knownKeys(issue.path))}`,
      }));
    case 'invalid_key':
      return issue.issues.map((inner) => ({ path, message: inner.message }));
    case 'invalid_value':
      // What was given is not repeated: it may be a key in the wrong place.
      return [{ path, message: `is not one of ${issue.values.map(String).join(', ')}` }];
    default:
      return [{ path, message: issue.message }];
  }
}

function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  return SETTING_NAMES[path[0] === 'providers' && path[2] === 'prices' ? 'prices' : String(path[0] ?? '')] ?? [];
}

/** What a shape cannot say: names that point at each other. */
function referenceFaults(config: Config): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const providers = Object.keys(config.providers);
  const unknownProvider = (path: string, id: string): void => {
    if (Object.hasOwn(config.providers, id)) return;
    const hint =
      didYouMean(id, providers) ||
      ((PROVIDER_KINDS as readonly string[]).includes(id) ? `; add it: "providers": { "${id}": { "kind": "${id}" } }` : '');
    faults.push({ path, message: `unknown provider "${id}"${hint}` });
  };
  if (Object.hasOwn(config.providers, 'agent')) {
    faults.push({ path: 'providers.agent', message: 'this name is reserved: "agent/<name>" means another agent\'s model' });
  }
  for (const [id, provider] of Object.entries(config.providers)) {
    if (NEEDS_BASE_URL.has(provider.kind) && provider.baseUrl === undefined) {
      faults.push({
        path: `providers.${id}.baseUrl`,
        message: `is needed: a provider of kind "${provider.kind}" has no address of its own`,
      });
    }
  }
  for (const [id, agent] of Object.entries(config.agents)) {
    if (agent.model !== undefined) unknownProvider(`agents.${id}.model`, agent.model.slice(0, agent.model.indexOf('/')));
    if (agent.provider !== undefined) unknownProvider(`agents.${id}.provider`, agent.provider);
  }
  const seen = new Set<string>();
  for (const [at, key] of config.keys.entries()) {
    unknownProvider(`keys.${at}.provider`, key.provider);
    if (seen.has(key.id)) faults.push({ path: `keys.${at}.id`, message: `"${key.id}" is used twice` });
    seen.add(key.id);
    for (const agent of key.agents ?? []) {
      if (Object.hasOwn(config.agents, agent)) continue;
      const known = [...Object.keys(config.agents), ...AGENT_KINDS];
      faults.push({ path: `keys.${at}.agents`, message: `unknown agent "${agent}"${didYouMean(agent, known)}` });
    }
  }
  return faults;
}

/** Kinds whose preset names no host: every installation has its own. */
export const NEEDS_BASE_URL: ReadonlySet<string> = new Set([
  'azure-openai',
  'litellm',
  'cloudflare-ai-gateway',
  'openai-compatible',
  'anthropic-compatible',
  'gemini-compatible',
]);
