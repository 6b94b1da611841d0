import * as z from 'zod';
import { notYet } from './schema-parts.ts';

/** The part of the schema that says how long the ledger keeps what it knows. */

const days = z.int().positive().max(36_500);

export const retention = z
  .strictObject({
    bodies: notYet([false]),
    days: days
      .optional()
      .describe('Days to keep single requests. Left out: they are kept. As far back as a budget looks they are kept in any case.'),
    rollupDays: days
      .optional()
      .describe('Days to keep the sums that usage is shown from, and what is known of sessions. Left out: they are kept.'),
  })
  .refine(({ days: rows, rollupDays }) => rollupDays === undefined || rows !== undefined, {
    path: ['days'],
    message: 'is needed beside "rollupDays": sums are not kept for less time than the requests in them',
  })
  .refine(({ days: rows = 0, rollupDays = Infinity }) => rollupDays >= rows || rows === 0, {
    path: ['rollupDays'],
    message: 'must not be less than "days": sums are not kept for less time than the requests in them',
  })
  .prefault({})
  .describe('How long the ledger keeps what it knows, in days. The contents of requests are never stored.');

export type RetentionConfig = z.infer<typeof retention>;
