import * as z from 'zod';
import { DIALECT_IDS } from '../ir/dialect.ts';
import { baseUrlFault } from './base-url.ts';
import { AGENT_KINDS, AUTH_STYLES, PROVIDER_KINDS } from './kinds.ts';
import { environment, environmentVariable, name, notYet, reference, seconds } from './schema-parts.ts';
import { anomalies } from './schema-anomalies.ts';
import { budgets } from './schema-budgets.ts';
import { priceRules, pricesFrom, tokenPrices } from './schema-money.ts';
import { retention } from './schema-retention.ts';
import { agentRouting, aliases, keyLimits, providerTimeouts, retries } from './schema-routing.ts';
import { telemetry } from './schema-telemetry.ts';

/**
 * The one source of what can be configured. The editor's settings (`gatehouse.*`) and the headless file are this schema; the
 * manifest's `contributes.configuration` is generated from it (`npm run manifest`), so descriptions are written for a settings page.
 *
 * Names that architecture.md fixes for features that are not built yet are refused unless they say "off": a guard that is
 * accepted and not kept would be worse than none.
 */

const prices = z
  .record(z.string(), tokenPrices)
  .describe('Prices by model (`*` matches anything), in US dollars per million tokens. They go before the built-in price book.');

const timeouts = z.strictObject({
  connectSeconds: seconds.default(15).describe('To open a connection.'),
  firstByteSeconds: seconds
    .default(900)
    .describe('From the request to the first byte of the answer. Reasoning models think for minutes.'),
  idleSeconds: seconds.default(300).describe('Between two pieces of an answer.'),
  firstTokenSeconds: seconds.optional().describe('From the request to the first piece of output. Left out: no limit of its own.'),
  minTokensPerSecond: z
    .number()
    .positive()
    .max(10_000)
    .optional()
    .describe('A slower answer is given up. Left out: none is too slow.'),
  totalSeconds: seconds.default(3600).describe('A whole request with all its attempts.'),
});

const provider = z.strictObject({
  kind: z.enum(PROVIDER_KINDS).describe('What it is: sets base URL, dialects, authentication and quirks.'),
  baseUrl: z
    .string()
    .superRefine((text, context) => {
      const fault = baseUrlFault(text);
      if (fault) context.addIssue({ code: 'custom', message: fault });
    })
    .optional()
    .describe(
      'OpenAI style with the version (https://api.openai.com/v1), Anthropic and Gemini style without (https://api.anthropic.com).',
    ),
  auth: z.enum(AUTH_STYLES).optional().describe('How the key is sent. `none` for a provider that needs no key.'),
  dialects: z.array(z.enum(DIALECT_IDS)).min(1).optional().describe('The protocols it speaks, if not those of its kind.'),
  network: z
    .enum(['public', 'local'])
    .optional()
    .describe(
      'Where its host may be. `local`: its name leads to this machine or a private network. Left out: `local` where the base URL says so itself (`http://`, or an address of such a network), else `public`, and a name that leads into a private network is not trusted.',
    ),
  models: z.array(z.string().min(1)).optional().describe('Models to offer in pickers, besides those that the price book knows.'),
  prices: prices.optional(),
  timeouts: providerTimeouts,
});

const agent = z.strictObject({
  kind: z.enum(AGENT_KINDS).optional().describe('Which program it is. Left out: the name, if it is one of these, else `generic`.'),
  model: reference
    .optional()
    .describe(
      '`provider/model`, or an alias, that serves every request of this agent. Left out: the model that the agent asks for.',
    ),
  provider: z.string().optional().describe('The provider that serves the models this agent asks for, when `model` is left out.'),
  environment: environment.optional().describe('Only keys with this environment label may serve this agent. Left out: any key.'),
  ...agentRouting,
  guard: notYet(['off']),
  cache: notYet([false]),
  compress: notYet([false]),
});

const key = z.strictObject({
  id: z.string().min(1),
  provider: z.string(),
  env: environmentVariable.optional(),
  /** Program and arguments; no shell is between. */
  command: z
    .array(z.string(), 'must be a list: the program and its arguments, such as ["op", "read", "op://vault/item/field"]')
    .refine(([program]) => program !== undefined && program !== '', 'must name a program')
    .optional(),
  weight: z.number().positive().default(1),
  priority: z.number().int().default(0),
  agents: z.array(z.string()).optional(),
  models: z.array(z.string()).optional(),
  environment: environment.optional(),
  limits: keyLimits,
  rotateEveryDays: z.int().positive().max(3650).optional(),
});

export const configSchema = z.strictObject({
  providers: z
    .record(name('a provider'), provider)
    .default({})
    .describe('Providers by a name of your choice. A workspace can never define one: this is where keys are sent.')
    .meta({ scope: 'application' }),
  agents: z
    .record(name('an agent'), agent)
    .default({})
    .describe('Agents by name, each with the model that serves it.')
    .meta({ scope: 'resource' }),
  // The user's alone: a workspace is asked about only where it changes "agents", and an alias changes what those mean.
  models: aliases.meta({ scope: 'application' }),
  timeouts: timeouts.prefault({}).describe('How long to wait for a provider, in seconds.').meta({ scope: 'application' }),
  retries: retries.meta({ scope: 'application' }),
  maxBodyMegabytes: z
    .number()
    .positive()
    .max(512)
    .default(32)
    .describe('The largest request body that the gateway accepts.')
    .meta({ scope: 'application' }),
  keys: z.array(key).default([]).meta({ scope: 'headless' }),
  audit: z
    .strictObject({
      env: environmentVariable
        .optional()
        .describe('The environment variable that holds what the audit log is hashed with. Left out: a file beside it.'),
    })
    .optional()
    .meta({ scope: 'headless' }),
  budgets: budgets.meta({ scope: 'application' }),
  anomalies: anomalies.meta({ scope: 'application' }),
  prices: priceRules.meta({ scope: 'application' }),
  pricesFrom: pricesFrom.meta({ scope: 'application' }),
  telemetry: telemetry.meta({ scope: 'application' }),
  guard: notYet([{}]),
  retention: retention.meta({ scope: 'application' }),
});

/** Settings that only the editor has; the rest of `gatehouse.*` is `configSchema`. Names are dotted as they appear there. */
export const editorSettingsSchema = z.strictObject({
  'terminal.injectEnvironment': z
    .boolean()
    .default(false)
    .describe(
      'Give every new integrated terminal the endpoint and the tokens of all agents. Off: only terminals opened with "Gatehouse: Open Terminal for Agent" have them.',
    )
    .meta({ scope: 'application' }),
  'keyRotation.overlapMinutes': z
    .number()
    .min(0)
    .max(1440)
    .default(20)
    .describe(
      'How long the former value of a rotated key is kept. It is used only where the provider refuses the new one. 0: it is erased at once.',
    )
    .meta({ scope: 'application' }),
  'activity.keepForRetry': z
    .boolean()
    .default(false)
    .describe(
      'Keep what the latest 20 requests asked (at most 32 MB) in the memory of the gateway, so that they can be asked again of another model. Never on disk, and gone with the window. Off: only a request that is still on its way can be asked again.',
    )
    .meta({ scope: 'application' }),
  'modelProvider.allowUnnamedCallers': z
    .boolean()
    .default(true)
    .describe('Answer model requests whose caller the editor does not name. They are booked on the agent `editor`.')
    .meta({ scope: 'application' }),
});

export type EditorSettings = z.infer<typeof editorSettingsSchema>;

export type Config = z.infer<typeof configSchema>;
export type ProviderConfig = z.infer<typeof provider>;
export type AgentConfig = z.infer<typeof agent>;
export type KeyConfig = z.infer<typeof key>;
