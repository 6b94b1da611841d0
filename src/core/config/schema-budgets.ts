import * as z from 'zod';
import { pattern, reference } from './schema-parts.ts';

/** The part of the schema that says how much may be spent. */

const id = z.string().min(1).max(500);

const scope = z
  .strictObject({
    workspace: id.optional().describe('Requests from this workspace.'),
    agent: id.optional().describe('Requests of this agent.'),
    provider: id.optional().describe('Requests that this provider serves.'),
    model: pattern.optional().describe('Requests that a model of this name serves (`*` matches anything).'),
    key: id.optional().describe('Requests that are paid with this key.'),
  })
  .describe('What it covers: all that is given must hold; `{}` is everything.');

/** A month: as far back as the longest calendar window looks. */
const LONGEST_HOURS = 744;

const window = z
  .union(
    [
      z.enum(['day', 'week', 'month']),
      z.strictObject({ hours: z.int().positive().max(LONGEST_HOURS).describe('Rolling: the last so many hours.') }),
    ],
    `must be "day", "week", "month" or { "hours": 1 to ${LONGEST_HOURS} }`,
  )
  .describe('A calendar day, week (from Monday) or month in the time zone of this machine, or the last so many hours.');

const budget = z.strictObject({
  name: z.string().min(1).max(100).optional().describe('What it is called when it is spent. Left out: what it covers.'),
  scope: scope.prefault({}),
  window,
  usd: z.number().min(0.000001).max(1_000_000).describe('US dollars in each window.'),
  warnAt: z
    .array(z.number().gt(0).lt(1))
    .max(10)
    .default([0.8])
    .describe('Shares of it at which you are told, once in each window: `0.8` is 80 %.'),
  // A name that settings fixed; it holds no function, so nothing can wait for it.
  // oxlint-disable-next-line unicorn/no-thenable
  then: z
    .union(
      [
        z.enum(['warn', 'block']),
        z.strictObject({ downgrade: reference.describe('`provider/model`, or an alias, that serves the request instead.') }),
      ],
      'must be "warn", "block" or { "downgrade": "provider/model" }',
    )
    .default('block')
    .describe(
      'What happens to a request that may cost more than is left: you are told, it is refused, or a cheaper model serves it.',
    ),
  // A model is missing from the price book in the first days after it came out, or because it is one's own. An agent that stands still
  // for this has lost more than a budget that says how many requests it could not count.
  unpriced: z
    .enum(['allow', 'block'])
    .default('allow')
    .describe(
      'Requests whose price nobody knows: `allow` lets them pass while the budget lasts, counts them and tells you; `block` refuses them.',
    ),
});

export const budgets = z.array(budget).max(50).default([]).describe('How much may be spent, by whom and on what.');

export type BudgetConfig = z.infer<typeof budget>;
