import * as z from 'zod';

/** The part of the schema that says what is done when an agent is unlike its own past. */

const action = (what: string) =>
  z.enum(['alert', 'pause', 'off']).default('alert').describe(`${what}: say so, pause the agent as well, or nothing.`);

export const anomalies = z
  .strictObject({
    spend: action('In a quarter of an hour it spends four times what one of its dearest costs'),
    errors: action('Many of its requests fail, and for longer than a few minutes'),
    latency: action('A model takes several times as long as usual for answers of the same size'),
  })
  .prefault({})
  .describe('What to do when an agent is unlike its own past, as the ledger knows it.');

export type AnomaliesConfig = z.infer<typeof anomalies>;
