import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import type { SettledRequest } from '../../src/core/ledger/records.ts';
import { CONVERSATIONS } from '../support/conversations.ts';
import { faultNamed } from '../support/faults/catalogue.ts';
import { storm } from '../support/faults/storm.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import type { Answerer } from '../support/fake-providers/script.ts';
import { toolLoop } from '../support/fake-providers/tool-loop.ts';
import { ask, KEY } from '../support/gateway.ts';
import { sourceOf, startWatched, type WatchedGateway } from './watched-gateway.ts';

const SHARE = 0.3;
const TASKS = 6;
const TURNS = 3;

const FINAL = 'The gates close at dusk, all four of them.';

/**
 * So much that no estimate comes near it: how often an answer was billed can be read from a cost that holds a few estimates, too. One
 * dollar per million tokens is 1000 nano-dollars a token.
 */
const BILLED = { input: 10_000_000, output: 40 };
const USD = { first: 1, second: 3 } as const;
const UNIT_NANO = (BILLED.input + BILLED.output) * 1000;

const OTHER: Readonly<Record<DialectId, DialectId>> = {
  'openai-chat': 'anthropic-messages',
  'openai-responses': 'gemini',
  'anthropic-messages': 'openai-responses',
  gemini: 'openai-chat',
};

const MODELS: Readonly<Record<DialectId, string>> = {
  'openai-chat': 'deepseek-reasoner',
  'openai-responses': 'gpt-5.5',
  'anthropic-messages': 'claude-sonnet-4-5',
  gemini: 'gemini-3-pro',
};

interface Stormy {
  readonly fake: FakeProvider;
  /** The faults that it had, in order; undefined for a good answer. */
  readonly given: readonly (string | undefined)[];
}

async function startStormy(dialect: DialectId, seed: number): Promise<Stormy> {
  const loop = toolLoop({ tool: 'lookup', args: { q: 'gates' }, final: FINAL });
  const well: Answerer = (request) => ({ ...loop(request), usage: BILLED });
  const weather = storm(seed, SHARE, well);
  const given: (string | undefined)[] = [];
  const script: Answerer = (request) => {
    const step = weather(request);
    const name = weather.given.at(-1);
    // Where nobody else answers, a whole answer passes as it came, and no SDK takes an error under 200 for one that can be repeated.
    const deceives = name === 'json-error-with-200' && !request.read.stream;
    given.push(deceives ? undefined : name);
    return deceives ? well(request) : step;
  };
  const fake = await startFakeProvider({ key: KEY, dialect, countFrom: seed * 10_000, script });
  return { fake, given };
}

/** How many answers a provider gave and told the price of. */
function billedBy({ given }: Stormy): number {
  return given.filter((name) => name === undefined || (faultNamed(name).right === 'answer' && name !== 'usage-absent')).length;
}

/** How many more it may bill without having told. */
function untoldBy({ given }: Stormy): number {
  return given.filter(
    (name) => name !== undefined && faultNamed(name).billable && (faultNamed(name).right !== 'answer' || name === 'usage-absent'),
  ).length;
}

describe(`a storm: ${SHARE * 100} % of the requests to each of two providers fail`, function () {
  this.timeout(60_000);
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });

  for (const kind of ['same', 'another'] as const) {
    it(`every task is finished once, and paid once, with a fallback in ${kind} dialect`, async () => {
      await Promise.all(
        DIALECT_IDS.map((dialect, at) => weathers(dialect, kind === 'same' ? dialect : OTHER[dialect], at * 2 + 1)),
      );
    });
  }

  it('a step that another model began is ended by Gemini 3, which wants its own signature on every call', async () => {
    const loop = toolLoop({ tool: 'lookup', args: { q: 'gates' }, final: FINAL });
    const first = await startFakeProvider({ key: KEY, dialect: 'gemini', script: [{ error: { status: 503 } }] });
    const second = await startFakeProvider({ key: KEY, dialect: 'openai-chat', script: loop });
    first.script(loop);
    const gateway = await startWatched(
      sourceOf(
        {
          providers: {
            first: { kind: 'gemini-compatible', baseUrl: first.url, dialects: ['gemini'] },
            second: { kind: 'openai-compatible', baseUrl: `${second.url}/v1`, dialects: ['openai-chat'] },
          },
          agents: { tester: { model: 'first/gemini-3-pro', fallbacks: ['second/gpt-4.1'] } },
          retries: { attempts: 0 },
        },
        ['first', 'second'].map((id) => ({ id: `${id}/key`, provider: id, secret: KEY })),
      ),
    );
    open.push(gateway, first, second);
    const { text } = await CONVERSATIONS.gemini({ url: gateway.url, stream: true, thinks: false }).turn();
    assert.equal(text, FINAL);
    assert.deepEqual([first.requests.map(({ status }) => status), second.requests.length], [[503, 200], 1]);
  });

  it('who is told not to come again waits for a fallback that is free in a moment', async () => {
    const loop = toolLoop({ tool: 'lookup', args: { q: 'gates' }, final: FINAL });
    const never = { error: { status: 429, headers: { 'x-should-retry': 'false' } } };
    const first = await startFakeProvider({ key: KEY, dialect: 'openai-chat', script: [{}, { error: { status: 503 } }, never] });
    const second = await startFakeProvider({
      key: KEY,
      dialect: 'openai-chat',
      script: [{ error: { status: 429, headers: { 'retry-after': '1' } } }],
    });
    for (const fake of [first, second]) fake.script(loop);
    const provider = ({ url }: FakeProvider) => ({ kind: 'openai-compatible', baseUrl: `${url}/v1`, dialects: ['openai-chat'] });
    const gateway = await startWatched(
      sourceOf(
        {
          providers: { first: provider(first), second: provider(second) },
          agents: { tester: { model: 'first/gpt-4.1', fallbacks: ['second/gpt-4.1'] } },
          retries: { attempts: 0 },
        },
        ['first', 'second'].map((id) => ({ id: `${id}/key`, provider: id, secret: KEY })),
      ),
    );
    open.push(gateway, first, second);
    const once = () => ask(gateway, 'openai-chat', true);
    assert.equal((await once()).status, 200);
    // The first is overloaded, and the second is set aside for a second.
    assert.equal((await once()).status, 503);
    const patient = await once();
    assert.deepEqual([patient.status, patient.headers['x-gatehouse-target']], [200, 'second/gpt-4.1']);
    assert.deepEqual([first.requests.length, second.requests.length], [3, 2]);
    await gateway.isIdle();
  });

  async function weathers(dialect: DialectId, other: DialectId, seed: number): Promise<void> {
    const first = await startStormy(dialect, seed);
    const second = await startStormy(other, seed + 1);
    const provider = ({ fake }: Stormy, speaks: DialectId, usd: number) => ({
      kind: 'openai-compatible',
      baseUrl: `${fake.url}/v1`,
      dialects: [speaks],
      prices: { '*': { input: usd, output: usd } },
    });
    const gateway = await startWatched(
      sourceOf(
        {
          providers: { first: provider(first, dialect, USD.first), second: provider(second, other, USD.second) },
          agents: {
            tester: { model: `first/${MODELS[dialect]}`, fallbacks: [`second/${MODELS[other]}`], limits: { burst: 'off' } },
          },
        },
        ['first', 'second'].map((id) => ({ id: `${id}/key`, provider: id, secret: KEY })),
      ),
    );
    open.push(gateway, first.fake, second.fake);
    await Promise.all(Array.from({ length: TASKS }, (_, at) => task(gateway, dialect, at % 3 !== 0)));

    const ways = `${dialect}, ${other}`;
    for (const { fake, given } of [first, second]) {
      assert.ok(
        given.some((name) => name !== undefined),
        `${ways}: a calm day`,
      );
      assert.deepEqual(
        fake.requests.flatMap(({ refusal }) => refusal ?? []),
        [],
        ways,
      );
    }
    const results = [first, second].flatMap(({ fake }) =>
      fake.requests.map(
        ({ read }) => read?.turns.flatMap(({ pieces }) => pieces).filter((piece) => piece.kind === 'tool-result').length,
      ),
    );
    assert.equal(Math.max(...results.map((count) => count ?? 0)), TURNS, `${ways}: a tool was called twice for one answer`);
    const rows = await settled(gateway);
    assert.equal(
      rows.filter(({ settled: how }) => how === 'done').length,
      TASKS * TURNS * 2,
      `${ways}: each request was answered once`,
    );
    assert.equal(
      rows.reduce((sum, { attempts }) => sum + attempts, 0),
      first.fake.requests.length + second.fake.requests.length,
      `${ways}: attempts`,
    );
    const units = rows.reduce((sum, { costNano }) => sum + Math.floor((costNano ?? Number.NaN) / UNIT_NANO), 0);
    assert.equal(units, billedBy(first) * USD.first + billedBy(second) * USD.second, `${ways}: what the providers billed`);
    const beyond = rows.filter(({ costNano }) => (costNano ?? 0) % UNIT_NANO > 0);
    assert.ok(beyond.length <= untoldBy(first) + untoldBy(second), `${ways}: estimates without a reason`);
    assert.equal(beyond.length > 0, untoldBy(first) + untoldBy(second) > 0, `${ways}: what nobody told is estimated`);
    assert.ok(
      beyond.every(({ estimated }) => estimated),
      `${ways}: an estimate is marked`,
    );
    assert.ok(
      rows.every(({ costNano, estimated }) => !estimated || (costNano ?? 0) % UNIT_NANO > 0),
      `${ways}: marked without a reason`,
    );
    await gateway.isIdle();
  }

  async function task(gateway: WatchedGateway, dialect: DialectId, stream: boolean): Promise<void> {
    const talk = CONVERSATIONS[dialect]({ url: gateway.url, stream, thinks: false, retries: true });
    for (let turn = 0; turn < TURNS; turn++) {
      const { text, called } = await talk.turn().catch((error: unknown) => {
        const failed = gateway.running.ledger.requests({}).filter(({ settled: how }) => how !== 'done');
        const tries = failed.map(({ status, trace, error: code }) => `${status} ${code} ${JSON.stringify(trace)}`);
        throw new Error(`${dialect}: ${String(error)}\n${tries.join('\n')}`, { cause: error });
      });
      assert.equal(text, FINAL);
      assert.deepEqual(called, { q: 'gates' });
    }
  }

  /** All that was asked is settled a moment after its answer has gone out. */
  async function settled(gateway: WatchedGateway): Promise<readonly SettledRequest[]> {
    await gateway.isIdle();
    return gateway.running.ledger.requests({ limit: 10_000 });
  }
});
