import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A gateway's side of the channel, small: once it has its options it tells that it listens, and it answers `stop`. */
const READY = `
  const { parentPort, threadId } = require('node:worker_threads');
  let options;
  let begin = () => ready();
  const tell = (message) => parentPort.postMessage(message);
  const ready = () => tell({ event: 'ready', url: 'http://127.0.0.1:' + options.port, port: options.port });
  const on = {
    pricesAsOf: ({ id }) => tell({ event: 'answer', id, value: 'thread ' + threadId }),
    usage: ({ id }) => tell({ event: 'refusal', id, message: 'not today' }),
    requests: () => {},
    stop: ({ id }) => tell({ event: 'answer', id }),
  };
  parentPort.on('message', (message) => {
    if (options !== undefined) return on[message.call]?.(message);
    options = message;
    begin();
  });
`;

const SCRIPTS = {
  ready: READY,
  environment: `${READY} on.pricesAsOf = ({ id }) => tell({ event: 'answer', id, value: JSON.stringify(process.env) });`,
  'late-to-listen': `${READY} begin = () => setTimeout(ready, 80);`,
  'listens-while-stopping': `${READY} begin = () => {}; on.stop = ({ id }) => { ready(); tell({ event: 'answer', id }); };`,
  'dies-when-asked': `${READY} on.usage = () => { throw new Error('out of memory'); };`,
  'throws-a-text': `${READY} begin = () => { ready(); setTimeout(() => { throw 'only a text'; }, 5); };`,
  'dies-at-once': `process.exit(3);`,
  'dies-after-start': `${READY} begin = () => { ready(); setTimeout(() => process.exit(1), 15); };`,
  'dies-later': `${READY} begin = () => { ready(); setTimeout(() => process.exit(1), 60); };`,
  failed: `${READY} begin = () => tell({ event: 'failed', message: 'the port is taken' });`,
  'with-news': `${READY} begin = () => { ready(); tell({ event: 'news', news: { kind: 'burst', burst: { agent: 'a', perMinute: 99, usual: 1 }, paused: true } }); };`,
  deaf: `${READY} on.stop = () => {};`,
  'runs-in-circles': `${READY} begin = () => { ready(); for (;;); };`,
  'no-javascript': `this is no script`,
} as const;

export type ScriptName = keyof typeof SCRIPTS;

/** The scripts in a folder of their own. CommonJS: Node loads it fastest. */
export function writeWorkerScripts(): { readonly pathOf: (name: ScriptName) => string; clean(): void } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-workers-'));
  const pathOf = (name: ScriptName): string => path.join(folder, `${name}.cjs`);
  for (const [name, text] of Object.entries(SCRIPTS)) writeFileSync(pathOf(name as ScriptName), text);
  return { pathOf, clean: () => rmSync(folder, { recursive: true }) };
}
