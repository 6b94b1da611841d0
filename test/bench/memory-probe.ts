// Loaded into a server under test (`node --import`): says on SIGUSR2 what memory it holds, in bytes: first as it stands, then, in
// `live`, what is left of it after a full collection.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

process.on('SIGUSR2', () => {
  const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
  collect();
  const after = process.memoryUsage();
  const live = after.heapUsed + after.external;
  process.stdout.write(`${JSON.stringify({ event: 'memory', rss, heapUsed, heapTotal, external, arrayBuffers, live })}\n`);
});
