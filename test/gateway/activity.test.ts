import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'mocha';
import type { RunningRequest } from '../../src/core/gateway/running-requests.ts';
import { activityReplies } from '../../src/host/activity-replies.ts';
import type { FromGateway } from '../../src/host/messages.ts';
import type { RetryPiece } from '../../src/host/retry-request.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import type { Script } from '../support/fake-providers/script.ts';
import { ask, eventually, KEY, send, startGateway, TOKEN, WIRES, type Asked, type TestGateway } from '../support/gateway.ts';

type ActivityEvent = Extract<FromGateway, { event: 'activity' }>;

describe('what is told of requests on their way', () => {
  let fake: FakeProvider;
  let gateway: TestGateway;
  let told: FromGateway[];
  let reply: ReturnType<typeof activityReplies>;

  async function start(script: Script, agent: object = {}, config: object = {}): Promise<void> {
    fake = await startFakeProvider({ key: KEY });
    if (typeof script === 'function') fake.script(script);
    else fake.script(...script);
    gateway = await startGateway({ provider: fake.url, agent, config });
    told = [];
    reply = activityReplies(gateway.running, (message) => told.push(message));
  }

  afterEach(async () => {
    await gateway.close();
    await fake.close();
  });

  const watch = (on = true): unknown => reply({ call: 'watchActivity', id: 0, ask: on });
  const reports = (): readonly ActivityEvent[] => told.filter((message) => message.event === 'activity');
  const running = (): readonly RunningRequest[] => gateway.running.running.all();
  const until = <T>(read: () => T, good: (value: T) => boolean): Promise<T> =>
    eventually(read, good, 4000).then((value) => {
      assert.ok(good(value), JSON.stringify(value));
      return value;
    });
  /** What was told of one request, report by report: `waits`, `asks`, `says`, `ended`. */
  const story = (id: string): readonly string[] =>
    reports().flatMap(({ changed, ended }) => [
      ...changed.filter((request) => request.id === id).map(stateOf),
      ...(ended.includes(id) ? ['ended'] : []),
    ]);
  const idOf = async (asked: Promise<Asked>): Promise<string> => String((await asked).headers['x-gatehouse-request']);

  function stateOf({ asking, tries }: RunningRequest): string {
    const failed = tries.map(({ target, outcome }) => `${target} ${outcome}, `).join('');
    if (asking === undefined) return `${failed}waits`;
    return `${failed}${asking.target} ${asking.firstOutputMs === undefined ? 'is asked' : 'says'}`;
  }

  it('is nothing while nobody watches', async () => {
    await start([{ pieces: 20, delay: { betweenMs: 5 } }]);
    await idOf(ask(gateway, 'openai-chat', true));
    watch();
    watch(false);
    await idOf(ask(gateway, 'openai-chat', true));
    await sleep(400);
    assert.deepEqual(told, []);
  });

  it('is that a request is asked, speaks and has ended, in this order, with a handful of messages for hundreds of events', async () => {
    await start([{ text: 'word '.repeat(300), pieces: 300, delay: { firstEventMs: 400, betweenMs: 4 } }]);
    assert.deepEqual(watch(), []);
    const id = await idOf(ask(gateway, 'openai-chat', true));
    await until(
      () => story(id),
      (all) => all.includes('ended'),
    );
    assert.deepEqual(story(id), ['fake/gpt-4.1 is asked', 'fake/gpt-4.1 says', 'ended']);
    const last = reports()
      .flatMap(({ changed }) => changed)
      .at(-1);
    assert.ok((last?.asking?.firstOutputMs ?? 0) >= 300, JSON.stringify(last));
    assert.equal(JSON.stringify(told).includes(KEY) || JSON.stringify(told).includes(TOKEN), false);
    assert.deepEqual(running(), []);
  });

  it('is which targets have failed before', async () => {
    const agent = { model: 'fake/first', fallbacks: ['fake/second'] };
    await start([{ error: { status: 529 } }, { delay: { firstEventMs: 600 } }], agent);
    watch();
    const id = await idOf(ask(gateway, 'openai-chat', true));
    await until(
      () => story(id),
      (all) => all.includes('ended'),
    );
    assert.deepEqual(story(id).slice(0, 1), ['fake/first upstream-529, fake/second is asked']);
    assert.equal(story(id).at(-1), 'ended');
  });

  it('holds who is on the way already when somebody begins to watch, and who waits for a turn', async () => {
    await start([{ stallBeforeHeaders: true }], { limits: { concurrent: 1, queue: 5 } });
    const leave = new AbortController();
    const first = ask(gateway, 'openai-chat', true, { signal: leave.signal }).catch(() => undefined);
    await until(running, (all) => all.length === 1 && all[0]?.asking !== undefined);
    const second = ask(gateway, 'openai-chat', true);
    await until(running, (all) => all.length === 2);
    const now = watch() as readonly RunningRequest[];
    assert.deepEqual(now.map(stateOf), ['fake/gpt-4.1 is asked', 'waits']);
    leave.abort();
    await first;
    const id = await idOf(second);
    await until(
      () => story(id),
      (all) => all.includes('ended'),
    );
    assert.deepEqual(story(now[0]!.id), ['ended']);
  });

  it('is an end on every way to end: refused, failed, gone, and over before it was told of', async () => {
    await start([{ error: { status: 400 } }, { cut: 'before-headers' }, { stallBeforeHeaders: true }]);
    watch();
    for (let at = 0; at < 2; at++) await ask(gateway, 'openai-chat', true);
    const leave = new AbortController();
    const gone = ask(gateway, 'openai-chat', true, { signal: leave.signal }).catch(() => undefined);
    await until(running, (all) => all.length === 1);
    leave.abort();
    await gone;
    await until(running, (all) => all.length === 0);
    await sleep(600);
    const open = new Set(reports().flatMap(({ changed }) => changed.map(({ id }) => id)));
    for (const id of reports().flatMap(({ ended }) => ended)) open.delete(id);
    assert.deepEqual([...open], []);
  });

  it('is of a thousand at once, in few messages, and nothing is left of them', async function () {
    this.timeout(60_000);
    await start(() => ({ delay: { firstEventMs: 1500 } }));
    watch();
    const wire = WIRES['openai-chat'];
    const answers = await Promise.all(
      Array.from({ length: 1000 }, async () => {
        const body = JSON.stringify(wire.body(true));
        const answer = await fetch(gateway.url + wire.path(true), {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...wire.headers },
          body,
        });
        await answer.text();
        return answer;
      }),
    );
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    const ids = answers.map(({ headers }) => headers.get('x-gatehouse-request') ?? '');
    await until(
      () => new Set(reports().flatMap(({ ended }) => ended)).size,
      (ended) => ended === 1000,
    );
    for (const id of ids) assert.deepEqual([story(id).at(-1), story(id).filter((state) => state === 'ended').length], ['ended', 1]);
    assert.deepEqual(running(), []);
    const rows = gateway.running.ledger.requests({ limit: 1000 });
    const took = Math.max(...rows.map(({ at, totalMs }) => at + totalMs)) - Math.min(...rows.map(({ at }) => at));
    assert.ok(reports().length <= took / 250 + 3, `${reports().length} messages in ${took} ms`);
  });

  it('stops one: its agent is told not to come again, its provider is let go, and it is booked as stopped', async () => {
    await start([{ stallBeforeHeaders: true }, { pieces: 50, delay: { betweenMs: 100 } }]);
    for (const begun of [false, true]) {
      const answer = ask(gateway, 'anthropic-messages', true);
      const [request] = await until(
        running,
        ([one]) => one?.asking !== undefined && (one.asking.firstOutputMs !== undefined) === begun,
      );
      await until(
        () => fake.requests.at(-1)?.times.bodyRead,
        (time) => time !== undefined,
      );
      const cancel = { call: 'cancelRequest', id: 0, ask: { request: request!.id } } as const;
      assert.equal(reply(cancel), true);
      const { status, text, headers } = await answer;
      assert.match(text, /Somebody stopped this request/);
      if (begun) assert.equal(status, 200);
      else assert.deepEqual([status, headers['x-should-retry']], [403, 'false']);
      await until(running, (all) => all.length === 0);
      assert.equal(reply(cancel), false);
      await until(
        () => fake.requests.at(-1)?.aborted,
        (aborted) => aborted === true,
      );
    }
    const rows = await gateway.rows(2);
    assert.deepEqual(
      rows.map(({ settled }) => settled),
      ['aborted', 'aborted'],
    );
    assert.ok(
      rows.every(({ error }) => error === 'cancelled'),
      JSON.stringify(rows),
    );
    assert.ok(gateway.running.routing.health.all().every(({ state }) => state === 'well'));
  });

  it('stops one that waits for its turn', async () => {
    await start([{ stallBeforeHeaders: true }], { limits: { concurrent: 1, queue: 5 } });
    const leave = new AbortController();
    const first = ask(gateway, 'openai-chat', true, { signal: leave.signal }).catch(() => undefined);
    await until(running, (all) => all.length === 1);
    const second = ask(gateway, 'openai-chat', true);
    const [, waiting] = await until(running, (all) => all.length === 2);
    reply({ call: 'cancelRequest', id: 0, ask: { request: waiting!.id } });
    assert.equal((await second).status, 403);
    assert.equal(fake.requests.length, 1);
    leave.abort();
    await first;
  });

  describe('asking again', () => {
    const retried = async (
      request: string,
      target: string,
    ): Promise<{ readonly id: string; readonly text: string; readonly trouble: string | undefined }> => {
      const id = reply({ call: 'retryRequest', id: 0, ask: { request, target } }) as string;
      const mine = (): readonly Extract<FromGateway, { event: 'retried' }>[] =>
        told.filter((message) => message.event === 'retried').filter((message) => message.request === id);
      await until(mine, (all) => all.some(({ ended }) => ended !== undefined));
      const pieces: RetryPiece[] = mine().flatMap((message) => message.pieces);
      return { id, text: pieces.map(({ text }) => text).join(''), trouble: mine().at(-1)?.ended?.trouble };
    };

    it('is possible for a request on its way; of one that is over nothing is kept until somebody wants it', async () => {
      await start([{ stallBeforeHeaders: true }, { text: 'another answer' }, {}, { text: 'once more' }], { model: 'fake/gpt-4.1' });
      const leave = new AbortController();
      const stuck = ask(gateway, 'openai-chat', true, { signal: leave.signal }).catch(() => undefined);
      const [request] = await until(running, ([one]) => one?.asking !== undefined);
      const again = await retried(request!.id, 'fake/other');
      assert.deepEqual([again.text, again.trouble], ['another answer', undefined]);
      leave.abort();
      await stuck;
      await until(running, (all) => all.length === 0);
      const isKept = (id: string): unknown => reply({ call: 'isAskedKept', id: 0, ask: { request: id } });
      assert.equal(isKept(request!.id), false);

      reply({ call: 'keepAsked', id: 0, ask: true });
      const kept = await idOf(ask(gateway, 'openai-chat', true));
      assert.equal(isKept(kept), true);
      const asked = gateway.running.running.asked(kept);
      assert.ok(asked !== undefined && !JSON.stringify({ ...asked, body: '' }).includes(TOKEN));
      assert.equal((await retried(kept, 'fake/third')).text, 'once more');
      reply({ call: 'keepAsked', id: 0, ask: false });
      assert.equal(isKept(kept), false);
      assert.throws(() => reply({ call: 'retryRequest', id: 0, ask: { request: kept, target: 'fake/other' } }), /not in memory/);

      const rows = await gateway.rows(4);
      assert.ok(rows.every(({ agent }) => agent === 'tester'));
      assert.deepEqual(rows.map(({ model }) => model).toSorted(), ['gpt-4.1', 'gpt-4.1', 'other', 'third']);
      assert.ok(fake.requests.every(({ headers }) => !JSON.stringify(headers).includes(TOKEN)));
    });

    it('goes across dialects, tells what went wrong, and heeds what the agent may reach', async () => {
      await start([{ text: 'first' }, { text: 'hello there' }, { error: { status: 500, message: 'broken today' } }], {
        allow: ['fake/*'],
      });
      reply({ call: 'keepAsked', id: 0, ask: true });
      const kept = await idOf(ask(gateway, 'anthropic-messages', false));
      assert.equal((await retried(kept, 'fake/other')).text, 'hello there');
      assert.match((await retried(kept, 'fake/other')).trouble ?? '', /broken today/);
      assert.match((await retried(kept, 'elsewhere/model')).trouble ?? '', /elsewhere|allow/);
    });

    it('keeps no token in whatever form it was presented, and asks a Gemini agent again all the same', async () => {
      await start([{ text: 'first' }, { text: 'second' }]);
      reply({ call: 'keepAsked', id: 0, ask: true });
      const { path, body } = WIRES.gemini;
      const first = send(gateway.url, { path: `${path(true)}&key=${TOKEN}`, body: body(true) });
      const kept = await idOf(first);
      const asked = gateway.running.running.asked(kept);
      assert.equal(asked?.target, path(true));
      assert.ok(!JSON.stringify(asked).includes(TOKEN));
      assert.equal((await retried(kept, 'fake/other')).text, 'second');
    });

    it('keeps no more than twenty, and stops like any other', async () => {
      await start((request) => (request.read.model === 'slow' ? { stallBeforeHeaders: true } : {}));
      reply({ call: 'keepAsked', id: 0, ask: true });
      const ids: string[] = [];
      for (let at = 0; at < 22; at++) ids.push(await idOf(ask(gateway, 'openai-chat', true)));
      assert.deepEqual(
        ids.map((id) => reply({ call: 'isAskedKept', id: 0, ask: { request: id } })),
        ids.map((_id, at) => at >= 2),
      );
      const again = retried(ids.at(-1)!, 'fake/slow');
      const [request] = await until(running, ([one]) => one?.asking?.target === 'fake/slow');
      reply({ call: 'cancelRequest', id: 0, ask: { request: request!.id } });
      assert.match((await again).trouble ?? '', /Somebody stopped/);
    });
  });
});
