import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The arrows between rooms, read from the imports themselves. What stands in a room's list is all that it may import besides itself.
 * The lint rules say the same while typing; the headless bundle, which does not know `vscode`, says it once more.
 */
const CORE_LEFT_TO_RIGHT = ['ir', 'config', 'wire', 'dialects', 'providers', 'ledger', 'routing', 'gateway', 'server'];
const SEPARATE: readonly (readonly [string, string])[] = [
  ['providers', 'ledger'],
  ['ledger', 'providers'],
  ['config', 'dialects'],
];

const SOURCE = path.resolve(import.meta.dirname, '../../src');
const MEDIA = path.resolve(import.meta.dirname, '../../media');

describe('arrows', () => {
  const files = globSync('**/*.ts', { cwd: SOURCE });
  const imports = files.flatMap((file) => importsOf(path.join(SOURCE, file)).map((to) => ({ from: file, to })));

  it('point one way inside the core', () => {
    const wrong = imports.filter(({ from, to }) => {
      const a = coreRoom(from);
      const b = inside(from, to) === undefined ? undefined : coreRoom(inside(from, to) ?? '');
      if (a === undefined || b === undefined || a === b) return false;
      return CORE_LEFT_TO_RIGHT.indexOf(b) > CORE_LEFT_TO_RIGHT.indexOf(a) || SEPARATE.some(([x, y]) => a === x && b === y);
    });
    assert.deepEqual(wrong, []);
  });

  it('lead from the core to no host, and from host to no editor', () => {
    const wrong = imports.filter(({ from, to }) => {
      const target = inside(from, to) ?? to;
      if (from.startsWith('core/')) return target === 'vscode' || /^(host|cli|vscode)\//.test(target);
      if (/^(host|cli)[/.]|^worker/.test(from)) return target === 'vscode' || target.startsWith('vscode/');
      return from.startsWith('vscode/') && target.startsWith('cli/');
    });
    assert.deepEqual(wrong, []);
  });

  it('leave one file that opens outgoing connections, and one that only talks to the gateway', () => {
    const dialling = new Set(
      imports
        .filter(({ to }) => ['undici', 'node:http', 'node:https', 'node:http2', 'node:net', 'node:dgram'].includes(to))
        .map(({ from }) => from),
    );
    assert.deepEqual([...dialling].sort(), [
      'core/config/addresses.ts', // node:net for isIP and BlockList
      'core/server/dial.ts',
      'core/server/guarded-connector.ts', // for dial.ts, and by no one else
      'core/server/idle-connections.ts', // types
      'core/server/listen.ts',
      'core/server/node-exchange.ts',
      'vscode/ask.ts', // loopback only
    ]);
    const fetching = files.filter((file) => /\bfetch\(|new WebSocket\(/.test(readFileSync(path.join(SOURCE, file), 'utf8')));
    assert.deepEqual(fetching, []);
  });

  it('lead to OpenTelemetry from one folder, which is loaded by one import that waits until it is wanted', () => {
    const apart = 'host/telemetry/otlp/';
    const using = imports.filter(({ to }) => to.startsWith('@opentelemetry/')).map(({ from }) => from);
    assert.deepEqual(
      using.filter((file) => !file.startsWith(apart)),
      [],
    );
    const entering = imports.filter(({ from, to }) => !from.startsWith(apart) && (inside(from, to) ?? '').startsWith(apart));
    assert.deepEqual([...new Set(entering.map(({ from }) => from))], ['host/telemetry/outlet.ts']);
    const outlet = readFileSync(path.join(SOURCE, 'host/telemetry/outlet.ts'), 'utf8');
    assert.doesNotMatch(outlet, /^import (?!type )[^;]*otlp\//m);
  });

  it('give the panel nothing of the extension but message types', () => {
    const wrong = globSync('**/*.ts', { cwd: MEDIA }).flatMap((file) =>
      importsOf(path.join(MEDIA, file))
        .filter((to) => to.includes('src/') && !to.endsWith('src/vscode/usage-panel/messages.ts'))
        .map((to) => ({ file, to })),
    );
    assert.deepEqual(wrong, []);
  });

  it('find no file far over 300 lines', () => {
    const long = files
      .map((file) => ({ file, text: readFileSync(path.join(SOURCE, file), 'utf8') }))
      .filter(({ text }) => text.split('\n').length > 340);
    assert.deepEqual(
      long.map(({ file }) => file),
      [],
    );
  });
});

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/^(?:import|export)\b[^'";]*?from '([^']+)'|import\('([^']+)'\)|^import '([^']+)'/gm)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? '',
  );
}

/** The imported file relative to src/, or undefined for a package. */
function inside(from: string, to: string): string | undefined {
  return to.startsWith('.') ? path.posix.normalize(path.posix.join(path.posix.dirname(from), to)) : undefined;
}

function coreRoom(file: string): string | undefined {
  const room = /^core\/([^/]+)\//.exec(file)?.[1];
  return room !== undefined && CORE_LEFT_TO_RIGHT.includes(room) ? room : undefined;
}
