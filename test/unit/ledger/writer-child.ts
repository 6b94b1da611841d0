import { writeSync } from 'node:fs';
import { opened, ledgerOn, settlement } from './ledger-kit.ts';

/**
 * A gateway in a process of its own. `settle FILE COUNT` books and leaves; `hang FILE COUNT` settles half, then waits to be killed;
 * `ask-and-die FILE COUNT` opens, and is killed before a row is written; `press FILE` books until its input ends, and says when trouble comes and goes and how many it booked.
 */
const [, , mode = '', file = '', count = '0'] = process.argv;
const turns = Array.from({ length: Number(count) }, (_, index) => index);

if (mode === 'settle') {
  const ledger = ledgerOn(file);
  for (const turn of turns) {
    const request = opened({ agent: `child-${process.pid}`, at: Date.now() });
    await ledger.open(request);
    ledger.settle(settlement(request.id, { bytesOut: turn }));
  }
  ledger.close();
  process.stdout.write('done\n');
} else if (mode === 'ask-and-die') {
  const ledger = ledgerOn(file);
  for (const _ of turns) await ledger.open(opened({ agent: `child-${process.pid}`, at: Date.now() }));
  // Not written later: nothing runs later.
  writeSync(1, 'dying\n');
  process.kill(process.pid, 'SIGKILL');
} else if (mode === 'press') {
  const book = ledgerOn(file, { retryMs: 30 });
  let booked = 0;
  let trouble: string | undefined;
  const press = setInterval(() => {
    const request = opened();
    void book.open(request);
    book.settle(settlement(request.id));
    booked++;
    if (book.trouble?.slice(0, 40) === trouble?.slice(0, 40)) return;
    trouble = book.trouble;
    process.stdout.write(trouble === undefined ? 'well\n' : `trouble: ${trouble}\n`);
  }, 1);
  process.stdout.write('ready\n');
  process.stdin.resume().on('end', () => {
    clearInterval(press);
    book.close();
    process.stdout.write(`booked ${booked}\n`);
  });
} else {
  const ledger = ledgerOn(file);
  for (const turn of turns) {
    const request = opened({ agent: `child-${process.pid}`, at: Date.now() });
    await ledger.open(request);
    if (turn % 2 === 0) ledger.settle(settlement(request.id));
  }
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  process.stdout.write('ready\n');
  // Writes go on until the kill, so that it strikes in the middle of one.
  for (;;) {
    const request = opened({ agent: 'busy' });
    await ledger.open(request);
    ledger.settle(settlement(request.id));
    await new Promise((resolve) => setImmediate(resolve));
  }
}
