import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import type { HeldKey, SnapshotSource } from '../../src/core/routing/snapshot.ts';
import type { Step } from '../support/fake-providers/script.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { ask, type Asked, eventually, USED } from '../support/gateway.ts';
import { soon, sourceOf, startWatched, type WatchedGateway } from './watched-gateway.ts';

const AT_ONCE = 100;
const REVOKED = 'sk-canary-revoked-0123456789';
const SPARE = 'sk-canary-spare-9876543210';
const TEXT = 'One two three four five six seven eight nine ten eleven twelve.';

/** How each dialect ends a stream with an error; undefined: agents heed none, so the connection is cut. */
const ERROR_FRAME: Readonly<Record<DialectId, RegExp | undefined>> = {
  'openai-chat': undefined,
  'openai-responses': /"type":"(error|response\.failed)"[^\n]*The key of/,
  'anthropic-messages': /event: error\ndata: \{"type":"error"[^\n]*The key of/,
  gemini: undefined,
};

describe('a revoked key', () => {
  let fake: FakeProvider;
  let gateway: WatchedGateway;
  afterEach(async () => {
    await gateway.close();
    await fake.close();
  });

  /** Streams that speak and then wait are all on their way at the same moment, however slow the machine is. */
  let ending: Pick<Step, 'stallAfterEvents' | 'delay'> = {};
  let source: SnapshotSource;

  async function start(spare: boolean, limits?: HeldKey['limits']): Promise<void> {
    ending = {};
    fake = await startFakeProvider({
      key: REVOKED,
      keys: [SPARE],
      script: () => ({ text: TEXT, usage: USED, pieces: 12, delay: { headersMs: 20, betweenMs: 10 }, ...ending }),
    });
    const prices = { '*': { input: 1, output: 1 } };
    const provider = { kind: 'openai-compatible', baseUrl: `${fake.url}/v1`, dialects: DIALECT_IDS, prices };
    const agents = { tester: { model: 'fake/some-model', limits: { burst: 'off' } } };
    const key = { id: 'fake/key', provider: 'fake', secret: REVOKED, priority: 1, ...(limits && { limits }) };
    source = sourceOf({ providers: { fake: provider }, agents, retries: { attempts: 0 } }, [
      key,
      ...(spare ? [{ id: 'fake/spare', provider: 'fake', secret: SPARE }] : []),
    ]);
    gateway = await startWatched(source);
  }

  const with_ = (value: string) => fake.requests.filter(({ key }) => key === value);
  const begun = () => fake.requests.filter(({ times }) => times.headersSent !== undefined).length;

  async function load(how: typeof ending): Promise<{ readonly answers: Promise<readonly (Asked & { dialect: DialectId })[]> }> {
    ending = how;
    const spoken = new Set<number>();
    const answers = Promise.all(
      Array.from({ length: AT_ONCE }, async (_, at) => {
        const dialect = DIALECT_IDS[at % DIALECT_IDS.length]!;
        return { ...(await ask(gateway, dialect, true, { onData: () => spoken.add(at) })), dialect };
      }),
    );
    assert.equal(
      await eventually(
        () => spoken.size,
        (count) => count === AT_ONCE,
        30_000,
      ),
      AT_ONCE,
    );
    ending = {};
    return { answers };
  }

  it(`lets ${AT_ONCE} requests in flight finish where that was chosen, and is carried by none that comes later`, async function () {
    this.timeout(60_000);
    await start(true);
    const { answers } = await load({ delay: { headersMs: 20, betweenMs: 400 } });
    gateway.running.revoke('fake/key', 'finish');
    const later = await Promise.all(DIALECT_IDS.map((dialect) => ask(gateway, dialect, true)));
    for (const answer of [...(await answers), ...later]) assert.deepEqual([answer.status, answer.clean], [200, true]);
    assert.equal(with_(REVOKED).length, AT_ONCE);
    assert.equal(with_(SPARE).length, DIALECT_IDS.length);
    const rows = await gateway.rows(AT_ONCE + DIALECT_IDS.length);
    assert.ok(rows.every(({ settled, costNano }) => settled === 'done' && costNano === 1_250_000));
    await gateway.isIdle();
  });

  it(`is taken from ${AT_ONCE} requests in flight where that was chosen: each hears it in its own dialect, and what it used is booked`, async function () {
    this.timeout(60_000);
    await start(false);
    const { answers } = await load({ stallAfterEvents: 8 });
    assert.equal(gateway.running.routing.inUse.count('fake/key'), AT_ONCE);
    gateway.running.revoke('fake/key', 'abort');
    for (const { dialect, text, status, clean } of await answers) {
      const frame = ERROR_FRAME[dialect];
      assert.deepEqual([status, clean], [200, frame !== undefined]);
      if (frame !== undefined) assert.match(text, frame);
      assert.doesNotMatch(text, /canary/);
    }
    await soon('the provider sees them go', () => fake.requests.every(({ aborted }) => aborted));
    const rows = await gateway.rows(AT_ONCE);
    for (const row of rows) {
      assert.deepEqual([row.settled, row.error, row.key], ['error', 'no-key', 'fake/key']);
      // Cut before the provider told its usage: what it read and wrote until then is an estimate and not nothing.
      assert.ok(row.costNano !== undefined && row.costNano > 0, `cost ${row.costNano}`);
    }
    const after = await ask(gateway, 'anthropic-messages', true);
    assert.equal(after.status, 401);
    assert.equal(fake.requests.length, AT_ONCE);
    assert.deepEqual(
      gateway.running.routing.health.all().filter(({ state }) => state !== 'well'),
      [],
    );
    await gateway.isIdle();
  });

  it('is left by requests that have heard nothing yet for another key, of which the agents notice nothing', async () => {
    await start(true);
    fake.script({ stallBeforeHeaders: true });
    const asked = ask(gateway, 'openai-chat', true);
    await soon('it is asked', () => with_(REVOKED).length === 1);
    gateway.running.revoke('fake/key', 'abort');
    const answer = await asked;
    assert.deepEqual([answer.status, answer.clean, answer.headers['x-gatehouse-attempts']], [200, true, '2']);
    assert.equal(with_(SPARE).length, 1);
    const [row] = await gateway.rows(1);
    assert.deepEqual(
      row?.trace?.tries.map(({ outcome }) => outcome),
      ['key-revoked', 'ok'],
    );
  });

  it('is not carried by a request that waited for its turn when it was revoked', async () => {
    await start(false, { concurrent: 1, queue: 10, queueSeconds: 30 });
    const first = ask(gateway, 'openai-chat', true);
    await soon('the first is asked', () => begun() === 1);
    const second = ask(gateway, 'anthropic-messages', false);
    await soon('the second waits', () => gateway.running.routing.limiter.usage('key/fake/key').waiting === 1);
    gateway.running.revoke('fake/key', 'finish');
    assert.equal((await first).status, 200);
    const answer = await second;
    assert.equal(answer.status, 401);
    assert.match(answer.text, /was revoked.*Gatehouse: Add Key/);
    assert.equal(fake.requests.length, 1);
    const [, row] = await gateway.rows(2);
    assert.deepEqual([row?.settled, row?.costNano ?? 0], ['error', 0]);
    await gateway.isIdle();
  });

  it('serves again when it is entered anew', async () => {
    await start(false);
    gateway.running.revoke('fake/key', 'abort');
    assert.equal((await ask(gateway, 'openai-chat', false)).status, 401);
    gateway.running.swap(source);
    assert.equal((await ask(gateway, 'openai-chat', false)).status, 200);
  });
});
