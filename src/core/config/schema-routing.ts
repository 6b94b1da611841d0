import * as z from 'zod';
import { AUTH_STYLES, BALANCES, COMPLEXITIES, FALLBACK_CAUSES, REQUEST_CLASSES } from './kinds.ts';
import { name, notYet, oneOrMore, pattern, providerAndModel, reference, seconds } from './schema-parts.ts';

/** The part of the schema that says where a request goes, and how much of it may go there. */

/** A rule on one of these would put a credential into the settings, and into every explanation of a route. */
const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set([
  ...AUTH_STYLES.filter((style) => style !== 'bearer' && style !== 'none'),
  'authorization',
  'proxy-authorization',
  'cookie',
]);

const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9a-z-]+$/, 'is not the name of a header in lower case')
  .refine((text) => !CREDENTIAL_HEADERS.has(text), 'carries a credential, so no rule may look at it');

const when = z
  .strictObject({
    model: oneOrMore(pattern, 'pattern').optional().describe('The model that the agent asks for (`*` matches anything).'),
    class: oneOrMore(z.enum(REQUEST_CLASSES), 'class')
      .optional()
      .describe('What the request is about; `background` are small calls that agents make on their own, such as titles.'),
    complexity: oneOrMore(z.enum(COMPLEXITIES), 'complexity').optional().describe('An estimate of how hard it is.'),
    tokensOver: z.int().nonnegative().optional().describe('More input than this, in estimated tokens.'),
    tokensUnder: z.int().positive().optional().describe('Less input than this, in estimated tokens.'),
    tools: z.boolean().optional().describe('Whether tools are offered.'),
    images: z.boolean().optional().describe('Whether there are images in the conversation.'),
    thinking: z.boolean().optional().describe('Whether the agent asks for thinking.'),
    webSearch: z.boolean().optional().describe('Whether the provider may search the web.'),
    header: z
      .record(headerName, pattern)
      .optional()
      .describe('Headers of the request by their lower-case names, each with a pattern (`*`: it is there).'),
    session: pattern.optional().describe('The session that the agent names.'),
  })
  .refine(({ tokensOver: over, tokensUnder: under }) => over === undefined || under === undefined || over + 1 < under, {
    message: 'can never hold: tokensUnder must be larger than tokensOver',
  });

const route = z.strictObject({
  name: z.string().min(1).max(100).optional().describe('For the explanation of routes; the order decides, not the name.'),
  when: when.describe('All that is given must hold; `{}` always holds.'),
  to: reference.describe('`provider/model`, or an alias.'),
});

const fallback = z.union(
  [
    reference,
    z.strictObject({
      to: reference.describe('`provider/model`, or an alias.'),
      on: oneOrMore(z.enum(FALLBACK_CAUSES), 'cause').describe(
        'What it is for: `error` (the model fails, is overloaded or out of credit), `context-window` (the request is too long for it), `content-policy` (it refuses the content).',
      ),
    }),
  ],
  'must be "provider/model", the name of an alias, or { "to": ..., "on": ... }',
);

const count = z.int().positive();

const limits = z.strictObject({
  requestsPerMinute: count.optional().describe('Requests in a minute.'),
  tokensPerMinute: count.optional().describe('Tokens in a minute, input and output together.'),
  concurrent: count.optional().describe('Requests at the same time.'),
  queue: z
    .int()
    .nonnegative()
    .default(64)
    .describe('How many may wait when a limit is reached; the others are told to come again.'),
  queueSeconds: z.number().nonnegative().max(600).default(30).describe('How long one may wait.'),
});

const agentLimits = limits.extend({
  burst: z
    .enum(['off', 'alert', 'pause'])
    .default('alert')
    .describe('What to do when this agent asks far more often than it ever did: nothing, say so, or pause it as well.'),
});

export const agentRouting = {
  routes: z
    .array(route)
    .optional()
    .describe('Where requests go by what they are; the first that matches counts, and goes before `model`.'),
  fallbacks: z
    .array(fallback)
    .optional()
    .describe('Where a request goes, in this order, when it cannot be served where it should be.'),
  allow: z
    .array(pattern)
    .optional()
    .describe(
      'The only targets this agent may reach, as patterns over `provider/model`. Left out: all; an empty list: none. Aliases and fallbacks are bound by it, too.',
    ),
  limits: agentLimits.optional().describe('How much this agent may ask for.'),
};

export const keyLimits = limits.optional().describe('How much may be asked for with this key.');

export const providerTimeouts = z
  .strictObject({
    firstTokenSeconds: seconds.optional().describe('From the request to the first piece of output.'),
    idleSeconds: seconds.optional().describe('Between two pieces of an answer.'),
    minTokensPerSecond: z.number().positive().max(10_000).optional().describe('A slower answer is given up.'),
  })
  .optional()
  .describe('What goes before the general `timeouts` for this provider.');

const weighted = z.strictObject({
  model: providerAndModel.describe('`provider/model`'),
  weight: z.number().positive().max(1_000_000).describe('Its share among the others.'),
});

const alias = z.union(
  [
    providerAndModel,
    z.strictObject({
      mode: notYet([]),
      judge: notYet([]),
      of: z
        .array(z.union([providerAndModel, weighted], 'must be "provider/model" or { "model": ..., "weight": ... }'))
        .min(1, 'must name at least one model')
        .describe('Models that can stand for each other.'),
      balance: z
        .enum(BALANCES)
        .default('weighted')
        .describe('How one is chosen: by weight, the quickest, the cheapest, or the one furthest from its limits.'),
      sticky: z
        .boolean()
        .default(true)
        .describe('A session stays with its model while that is well, so that the provider’s prompt cache keeps hitting.'),
    }),
  ],
  'must be "provider/model" or { "of": [...] }',
);

export const aliases = z
  .record(
    name('an alias').refine((text) => text !== 'agent', 'is reserved: "agent/<name>" means another agent\'s model'),
    alias,
  )
  .default({})
  .describe('Aliases: names of your own for one model, or for several that can stand for each other.');

export const retries = z
  .strictObject({
    attempts: z.int().min(0).max(5).default(2).describe('How often the same model is asked again. Agents repeat as well.'),
    longestWaitSeconds: z
      .number()
      .nonnegative()
      .max(60)
      .default(10)
      .describe('The longest wait before asking again; where a provider wants more, the agent is told.'),
  })
  .prefault({})
  .describe('What the gateway repeats on its own when a provider fails before any output.');

export type RouteConfig = z.infer<typeof route>;
export type FallbackConfig = z.infer<typeof fallback>;
export type LimitsConfig = z.infer<typeof limits>;
export type AliasConfig = z.infer<typeof alias>;
