import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'mocha';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { openLedgerReadOnly } from '../../src/core/ledger/read-only.ts';
import { LEDGER_FILE } from '../../src/host/ledger-file.ts';
import type { Step } from '../support/fake-providers/script.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { FAULTS } from '../support/faults/catalogue.ts';
import { EVENTS } from '../support/faults/fault.ts';
import { eventually, KEY, send, WIRES } from '../support/gateway.ts';
import { buildProgram, type Program } from './command-line.ts';
import { FIRST, OTHER, OTHER_DIALECT } from './routing-lanes.ts';

/** In which dialect the first provider is asked. `fails`: its first answer is none. */
const WAYS = {
  relay: { foreign: false, fails: false, fallback: false },
  translate: { foreign: true, fails: false, fallback: false },
  fallback: { foreign: false, fails: true, fallback: true },
  retry: { foreign: false, fails: true, fallback: false },
} as const;
type WayName = keyof typeof WAYS;

interface Lane {
  readonly name: string;
  readonly way: WayName;
  readonly dialect: DialectId;
  readonly stream: boolean;
}

const LANES: readonly Lane[] = (Object.keys(WAYS) as WayName[]).flatMap((way) =>
  DIALECT_IDS.flatMap((dialect) => [true, false].map((stream) => ({ name: `${way}-${dialect}-${stream}`, way, dialect, stream }))),
);

/**
 * The column of the settlement table that no gateway lives to write: a real process is killed with every kind of request under way, and
 * the next start settles for it. What the dead knew of earlier attempts is lost with them: a row names the target that it was opened
 * for, and holds one estimate of the input.
 */
describe('one request, one settlement: the crash', function () {
  this.timeout(60_000);
  let program: Program;
  before(async () => (program = await buildProgram()));
  after(() => program.close());
  let fake: FakeProvider;
  afterEach(() => fake.close());

  it('by relay, translate, fallback and retry: one row, estimated, settled once', async () => {
    const asked = new Map<string, number>();
    fake = await startFakeProvider({
      key: KEY,
      script({ read, dialect }): Step {
        const lane = LANES.find(({ name }) => name === read.model.replace('other-', ''))!;
        const before = asked.get(lane.name) ?? 0;
        asked.set(lane.name, before + 1);
        if (lane.way === 'retry' && before === 0) return { cut: 'eof', afterBytes: 20 };
        if (lane.way === 'fallback' && before === 0) return missing(dialect, lane.stream);
        return lane.stream ? { stallAfterEvents: EVENTS[dialect].output } : { stallBeforeHeaders: true };
      },
    });
    const data = path.join(program.folder, 'data');
    const config = program.config(configFor(fake.url));
    const served = await program.serve(config, [], { env: { FAKE_KEY: KEY } });
    const cut = LANES.map(({ name, dialect, stream }) => {
      const wire = WIRES[dialect];
      const token = served.ready.agents[name]?.token ?? '';
      const headers = Object.fromEntries(
        Object.entries(wire.headers).map(([header, value]) => [header, value.replace(/gh-.*/, token)]),
      );
      return send(served.ready.url, { path: wire.path(stream), headers, body: wire.body(stream) }).catch(() => undefined);
    });
    const due = LANES.reduce((sum, { way }) => sum + (WAYS[way].fails ? 2 : 1), 0);
    assert.equal(
      await eventually(
        () => fake.requests.length,
        (count) => count >= due,
        10_000,
      ),
      due,
    );
    await eventually(
      () => fake.requests.filter(({ times }) => times.headersSent).length,
      (count) => count >= due / 2,
      2000,
    );
    served.child.kill('SIGKILL');
    await served.exited;
    await Promise.all(cut);
    // The second start finds nothing to do.
    for (let turn = 0; turn < 2; turn++) {
      const next = await program.serve(config, [], { env: { FAKE_KEY: KEY } });
      next.child.kill('SIGTERM');
      assert.equal((await next.exited).code, 0);
      expectCrashed(path.join(data, LEDGER_FILE));
    }
  });
});

/** A model that is not there: nobody asks for it again, so the fallback is next. */
function missing(dialect: DialectId, stream: boolean): Step {
  const fault = FAULTS.find((each) => each.class === 'model-missing' && each.appliesTo(dialect, stream));
  return (fault?.steps(dialect, stream)[0] ?? {}) as Step;
}

function expectCrashed(file: string): void {
  const book = openLedgerReadOnly(file);
  try {
    const rows = book.requests({ limit: 1000 });
    assert.deepEqual(rows.map(({ agent }) => agent).sort(), LANES.map(({ name }) => name).sort());
    for (const row of rows) {
      const lane = LANES.find(({ name }) => name === row.agent)!;
      const { foreign } = WAYS[lane.way];
      const input = Math.ceil(Buffer.byteLength(JSON.stringify(WIRES[lane.dialect].body(lane.stream))) / 4);
      assert.deepEqual(
        [row.settled, row.status, row.estimated, row.usage.input, row.usage.output, row.costNano],
        ['crashed', 0, true, input, 0, input * FIRST.prices.input * 1000],
        lane.name,
      );
      const spoken = foreign ? OTHER_DIALECT[lane.dialect] : lane.dialect;
      assert.deepEqual([row.provider, row.model, row.mode], [`first-${spoken}`, lane.name, foreign ? 'translate' : 'relay']);
    }
    const [sums] = book.usage({ by: [] });
    const cost = rows.reduce((sum, { costNano }) => sum + (costNano ?? 0), 0);
    assert.deepEqual(
      [sums?.requests, sums?.errors, sums?.estimated, sums?.costNano],
      [rows.length, rows.length, rows.length, cost],
    );
  } finally {
    book.close();
  }
}

function configFor(url: string): object {
  const provider = (dialect: DialectId, prices: object) => ({
    kind: 'openai-compatible',
    baseUrl: `${url}/v1`,
    dialects: [dialect],
    prices: { '*': prices },
  });
  const names = DIALECT_IDS.flatMap((dialect) => [`first-${dialect}`, `other-${dialect}`]);
  return {
    providers: Object.fromEntries(
      DIALECT_IDS.flatMap((dialect) => [
        [`first-${dialect}`, provider(dialect, FIRST.prices)],
        [`other-${dialect}`, provider(dialect, OTHER.prices)],
      ]),
    ),
    keys: names.map((name) => ({ id: `${name}/key`, provider: name, env: 'FAKE_KEY' })),
    agents: Object.fromEntries(
      LANES.map(({ name, way, dialect }) => {
        const { foreign, fallback } = WAYS[way];
        const spoken = foreign ? OTHER_DIALECT[dialect] : dialect;
        const fallbacks = fallback ? [`other-${OTHER_DIALECT[dialect]}/other-${name}`] : [];
        return [name, { model: `first-${spoken}/${name}`, fallbacks, limits: { burst: 'off' } }];
      }),
    ),
    budgets: [{ scope: {}, window: 'day', usd: 1000 }],
    retries: { attempts: 1 },
  };
}
