// `npm run bench [-- --quick] [-- --only latency,memory,start,translation,routing]`: what a way through Gatehouse costs, against a bare relay in the same Node.
// One run, one machine, one mock upstream; nothing here fails on a figure, because the machine may be busy with other things.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startGenerator } from './generator.ts';
import { machine } from './machine.ts';
import { measureMemory } from './measure-memory.ts';
import { measureRounds } from './measure-rounds.ts';
import { measureRouting } from './measure-routing.ts';
import { measureStart } from './measure-start.ts';
import { measureTranslation } from './measure-translation.ts';
import { report } from './report.ts';
import { startMock } from './servers.ts';

const RESULTS = resolve(import.meta.dirname, '../../.test-results/bench.json');
const PARTS = ['latency', 'memory', 'start', 'translation', 'routing'] as const;
type Part = (typeof PARTS)[number];

const FULL = { rounds: 13, singleMs: 400, manyMs: 700, warmUpMs: 100, starts: 5 };
const QUICK = { rounds: 3, singleMs: 150, manyMs: 300, warmUpMs: 60, starts: 2 };

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } } });
const wanted = partsNamed(values.only);
const effort = values.quick ? QUICK : FULL;

const began = performance.now();
const root = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
const generator = startGenerator();
const mock = await startMock();
try {
  const rounds = wanted.has('latency') ? await measureRounds(mock, generator, root, effort) : undefined;
  const memory = wanted.has('memory') ? await measureMemory(mock, generator, root) : undefined;
  const start = wanted.has('start') ? await measureStart(mock, generator, root, effort.starts) : undefined;
  const translation = wanted.has('translation') ? measureTranslation() : undefined;
  const routing = wanted.has('routing') ? await measureRouting(mock, generator, root, values.quick) : undefined;
  const { text, figures } = report({ rounds, memory, start, translation, routing });
  const seconds = Math.round((performance.now() - began) / 1000);
  mkdirSync(join(RESULTS, '..'), { recursive: true });
  const json = { date: new Date().toISOString(), seconds, effort, ...machine(), ...figures };
  writeFileSync(RESULTS, `${JSON.stringify(json, undefined, 2)}\n`);
  process.stdout.write(`${text}\n${seconds} s; the figures are in .test-results/bench.json\n`);
} finally {
  generator.stop();
  await mock.stop();
  rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

function partsNamed(only: string | undefined): ReadonlySet<Part> {
  if (only === undefined) return new Set(PARTS);
  const named = only.split(',');
  const unknown = named.filter((name) => !PARTS.some((part) => part === name));
  if (unknown.length > 0) throw new Error(`--only takes ${PARTS.join(', ')}, not "${unknown.join(', ')}"`);
  return new Set(PARTS.filter((part) => named.includes(part)));
}
