import { opened, settlement } from '../ledger-kit.ts';
import { auditedLedger, record } from './audit-kit.ts';

/** A gateway in a process of its own: records and books until it is killed or its input ends, and names each record that is on the disk. */
const [, , file = '', name = ''] = process.argv;
const ledger = auditedLedger(file, undefined, { retryMs: 20 });
const input = { isOver: false };
// As a server would: what waits for a lock keeps no process running.
const running = setInterval(() => {}, 1_000);
process.stdin.resume().on('end', () => (input.isOver = true));

for (let turn = 1; !input.isOver; turn++) {
  const request = opened({ agent: name, at: Date.now() });
  void ledger.open(request);
  ledger.settle(settlement(request.id));
  const batch = Array.from({ length: 1 + (turn % 3) }, (_, at) => ({ ...record(), id: `${name}-${turn}-${at}` }));
  await Promise.all(
    batch.map(async (one) => {
      await ledger.audit.append(one);
      process.stdout.write(`${one.id}\n`);
    }),
  );
}
ledger.close();
clearInterval(running);
