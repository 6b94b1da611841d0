import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { clock, ledgerOn, settlement, opened, usageOf } from '../ledger-kit.ts';
import { asking, budgetDatabase, budgetsOf, Desk, USD } from './budget-kit.ts';

/**
 * A gateway with a budget, in a process of its own. `spend FILE COUNT` asks that often at once, waits where it is refused, asks again
 * a few times, and prints what it was told; `hang FILE COUNT` reserves, opens half of the requests, then waits to be killed.
 */
const [, , mode = '', file = '', count = '0'] = process.argv;
const turns = Array.from({ length: Number(count) }, (_, index) => index);

const desk = new Desk(file, budgetsOf({ window: { hours: 24 }, usd: 1 }), { db: budgetDatabase(file, 20_000), clock });
const ledger = ledgerOn(file, { busyMs: 5_000 });
const newestEvent = desk.db.prepare('SELECT coalesce(max(seq), 0) AS seq FROM events');
const seen = () => Number(newestEvent.get()?.['seq']);

/** Of a refusal: what the budget said, and the events of the file before and after. */
type Refused = readonly [before: number, after: number, spent: number, reserved: number, worst: number];

async function spend(refused: Refused[]): Promise<number> {
  await sleep(randomInt(200));
  const at = Date.now();
  const worstNano = randomInt(USD / 200, USD / 40);
  const request = asking({ at, worstNano });
  for (let attempt = 0; ; attempt++) {
    const before = seen();
    const verdict = desk.book.reserve(request);
    if (verdict.kind === 'go') break;
    if (verdict.kind === 'block') refused.push([before, seen(), verdict.refusal.spent, verdict.refusal.reserved, worstNano]);
    if (attempt === 3) return 0;
    await sleep(randomInt(100));
  }
  const { id, workspace, agent, provider, model, key } = request;
  await ledger.open(opened({ id, at, workspace, agent, provider, model, key }));
  await sleep(randomInt(60));
  // Ten nano-dollars a token, up to all that was reserved.
  ledger.settle(settlement(id, { usage: usageOf({ output: Math.floor(randomInt(worstNano + 1) / 10) }) }));
  return 1;
}

if (mode === 'spend') {
  const refused: Refused[] = [];
  const done = await Promise.all(turns.map(() => spend(refused)));
  ledger.close();
  process.stdout.write(`${JSON.stringify({ refused, done: done.reduce((sum, one) => sum + one, 0) })}\n`);
} else {
  for (const turn of turns) {
    const request = asking({ at: Date.now(), worstNano: USD / Number(count) });
    if (desk.book.reserve(request).kind !== 'go') throw new Error('refused');
    if (turn % 2 === 0) await ledger.open(opened({ id: request.id, at: request.at }));
  }
  // Until the rows are in the file.
  await sleep(100);
  process.stdout.write('ready\n');
  await sleep(60_000);
}
