import { existsSync } from 'node:fs';
import path from 'node:path';
import { runUnder } from './cli/run-under.ts';

/** What undici asks for; node:sqlite without a flag and zstd in zlib came a little earlier. */
const OLDEST_NODE = [22, 19] as const;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) {
  // Loaded late: on an older Node the rest of the program does not even load.
  void import('./cli/main.ts').then(async ({ main }) => {
    process.exitCode = await main();
  });
} else {
  const own = path.join(__dirname, '..', 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(own)) runUnder(own);
  else {
    process.stderr.write(`Gatehouse needs Node ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}.\n`);
    process.exitCode = 1;
  }
}
