/**
 * A fake provider to be used by hand, by benchmarks and by agent tests:
 *   node test/support/fake-providers/run.ts --key K [--dialect openai-chat] [--headers-ms 0] [--first-ms 0] [--between-ms 0]
 *     [--characters N] [--chunks N] [--command 'echo hi > hello.txt'] [--final 'Done.'] [--log]
 * Prints one line of JSON, {"url":"http://127.0.0.1:PORT"}, and with --log one line for each request. Ends on SIGTERM or SIGINT.
 */
import { parseArgs } from 'node:util';
import { DIALECT_IDS } from '../../../src/core/ir/dialect.ts';
import type { Answerer, Step } from './script.ts';
import { startFakeProvider } from './server.ts';
import { toolLoop } from './tool-loop.ts';

const { values } = parseArgs({
  options: {
    key: { type: 'string', default: 'fake-key' },
    dialect: { type: 'string' },
    'headers-ms': { type: 'string', default: '0' },
    'first-ms': { type: 'string', default: '0' },
    'between-ms': { type: 'string', default: '0' },
    characters: { type: 'string' },
    chunks: { type: 'string' },
    command: { type: 'string' },
    final: { type: 'string', default: 'All done.' },
    log: { type: 'boolean', default: false },
  },
});

const dialect = DIALECT_IDS.find((id) => id === values.dialect);
if (values.dialect !== undefined && dialect === undefined) {
  console.error(`unknown dialect "${values.dialect}": use one of ${DIALECT_IDS.join(', ')}`);
  process.exit(2);
}

const common: Step = {
  delay: {
    headersMs: Number(values['headers-ms']),
    firstEventMs: Number(values['first-ms']),
    betweenMs: Number(values['between-ms']),
  },
  ...(values.characters === undefined
    ? {}
    : { text: 'abcdefg '.repeat(Math.ceil(Number(values.characters) / 8)).slice(0, Number(values.characters)) }),
  ...(values.chunks === undefined ? {} : { pieces: Number(values.chunks) }),
};
const loop = values.command === undefined ? undefined : toolLoop({ command: values.command, final: values.final });
const script: Answerer = (request) => ({ ...common, ...loop?.(request) });

const fake = await startFakeProvider({
  key: values.key,
  script,
  ...(values.log ? {} : { keepRequests: 16 }),
  ...(dialect === undefined ? {} : { dialect }),
});
console.log(JSON.stringify({ url: fake.url }));

let logged = 0;
// Requests are logged once their answer is settled; the list is short where this is switched on.
const logging = values.log
  ? setInterval(() => {
      for (
        let request = fake.requests[logged];
        request !== undefined && (request.times.ended ?? request.times.aborted) !== undefined;
      ) {
        const { dialect: wire, operation, method, path, status, refusal, aborted } = request;
        console.log(JSON.stringify({ dialect: wire, operation, method, path, status, refusal, aborted }));
        logged += 1;
        request = fake.requests[logged];
      }
    }, 50)
  : undefined;

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    clearInterval(logging);
    void fake.close();
  });
}
