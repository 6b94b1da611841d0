import assert from 'node:assert/strict';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { describe, it } from 'mocha';
import { startCollector, type Collector } from '../support/collector/collector.ts';
import type { ReceivedSpan } from '../support/collector/decode.ts';
import type { Script } from '../support/fake-providers/script.ts';
import { startFakeProvider, type FakeProvider } from '../support/fake-providers/server.ts';
import {
  ask,
  eventually,
  KEY,
  PRICES,
  send,
  sourceFor,
  startGateway,
  TOKEN,
  USED,
  USED_NANO,
  type TestGateway,
  type TestGatewayOptions,
} from '../support/gateway.ts';

const CLIENT = 3;
const ERROR = 2;
const KNOWN: ReadonlySet<unknown> = new Set(Object.values(conventions));

interface Scene {
  readonly gateway: TestGateway;
  readonly collector: Collector;
  readonly fake: FakeProvider;
}

/** A gateway between a provider and a collector; `look` sees what was sent once the gateway is closed. */
async function scene(
  script: Script,
  act: (scene: Scene) => Promise<unknown>,
  look: (collector: Collector) => void,
  { telemetry, ...more }: Partial<TestGatewayOptions> & { readonly telemetry?: object } = {},
): Promise<void> {
  const collector = await startCollector();
  const fake = await startFakeProvider({ key: KEY, script });
  const gateway = await startGateway({
    provider: fake.url,
    ...more,
    config: { telemetry: { endpoint: collector.url, ...telemetry }, ...more.config },
  });
  try {
    await act({ gateway, collector, fake });
    await gateway.close();
    assert.deepEqual(collector.faults, []);
    look(collector);
  } finally {
    await gateway.close().catch(() => {});
    await fake.close();
    await collector.close();
  }
}

/** Those of requests. A request that a busy machine made wait has a span for its attempt as well. */
function roots(collector: Collector): readonly ReceivedSpan[] {
  return collector.spans.filter(({ parentSpanId }) => parentSpanId === '');
}

function only(collector: Collector): ReceivedSpan {
  assert.equal(roots(collector).length, 1);
  return roots(collector)[0]!;
}

function sorted(rows: readonly unknown[]): unknown[] {
  return rows
    .map((row) => JSON.stringify(row))
    .sort((a, b) => (a < b ? -1 : 1))
    .map((row) => JSON.parse(row) as unknown);
}

/** Every name that is not ours is one of the conventions'. */
function assertConventional(collector: Collector): void {
  const attributes = [
    ...collector.spans.flatMap((span) => [...Object.keys(span.attributes), ...Object.keys(span.resource)]),
    ...collector.metricNames.flatMap((name) => collector.metric(name).points.flatMap((point) => Object.keys(point.attributes))),
  ];
  const foreign = [...new Set([...attributes, ...collector.metricNames])].filter((name) => !name.startsWith('gatehouse.'));
  assert.ok(foreign.length > 10);
  assert.deepEqual(
    foreign.filter((name) => !KNOWN.has(name)),
    [],
  );
}

describe('telemetry', function () {
  this.timeout(20_000);

  for (const protocol of ['http/protobuf', 'http/json']) {
    it(`tells of a request that was answered, as ${protocol}`, () =>
      scene(
        [{ usage: USED }],
        async ({ gateway }) => {
          const began = Date.now();
          await ask(gateway, 'openai-chat', true, { headers: { 'x-session-id': 'session-7' } });
          const row = await gateway.row();
          assert.ok(row.at >= began);
        },
        (collector) => {
          const span = only(collector);
          const { attributes } = span;
          assert.deepEqual(
            [span.name, span.kind, span.status, span.parentSpanId, span.scope],
            ['chat gpt-4.1', CLIENT, 0, '', 'gatehouse'],
          );
          assert.match(span.traceId, /^[0-9a-f]{32}$/);
          assert.ok(span.endMs > span.startMs && span.endMs - span.startMs < 10_000);
          const {
            'gen_ai.response.time_to_first_chunk': first,
            'gatehouse.request.id': id,
            'gatehouse.queued_ms': _,
            ...rest
          } = attributes;
          assert.match(String(id), /^[0-9a-z]{26}$/);
          assert.ok(Number(first) > 0 && Number(first) < 10);
          assert.deepEqual(rest, {
            'gen_ai.operation.name': 'chat',
            'gen_ai.provider.name': 'fake',
            'gen_ai.request.model': 'gpt-4.1',
            'gen_ai.response.model': 'gpt-4.1',
            'gen_ai.conversation.id': 'session-7',
            'gen_ai.request.stream': true,
            'gen_ai.usage.input_tokens': USED.input + USED.cacheRead,
            'gen_ai.usage.output_tokens': USED.output,
            'gen_ai.usage.cache_read.input_tokens': USED.cacheRead,
            'server.address': '127.0.0.1',
            'server.port': attributes['server.port'],
            'gatehouse.agent': 'tester',
            'gatehouse.workspace': 'test',
            'gatehouse.target': 'fake/gpt-4.1',
            'gatehouse.key': 'fake/key',
            'gatehouse.dialect': 'openai-chat',
            'gatehouse.mode': 'relay',
            'gatehouse.attempts': 1,
            'gatehouse.settled': 'done',
            'gatehouse.status': 200,
            'gatehouse.estimated': false,
            'gatehouse.cost_usd': USED_NANO / 1e9,
            'gatehouse.saved_usd': (USED.cacheRead * (PRICES.input - PRICES.cacheRead)) / 1e6,
          });
          assert.equal(typeof attributes['server.port'], 'number');
          assertConventional(collector);
        },
        { telemetry: { protocol, resource: { 'service.namespace': 'payments' } } },
      ));
  }

  it('counts tokens, times and cost in metrics with the buckets of the conventions', () =>
    scene(
      () => ({ usage: USED }),
      async ({ gateway }) => {
        await ask(gateway, 'openai-chat', true);
        await ask(gateway, 'anthropic-messages', false);
        await gateway.rows(2);
      },
      (collector) => {
        const tokens = collector.metric('gen_ai.client.token.usage');
        assert.deepEqual([tokens.unit, tokens.kind, tokens.temporality], ['{token}', 'histogram', 2]);
        const sums = tokens.points.map(({ attributes, count, sum }) => [attributes['gen_ai.token.type'], count, sum]);
        // Two models, so two series of each.
        assert.deepEqual(sorted(sums), [
          ['input', 1, USED.input + USED.cacheRead],
          ['input', 1, USED.input + USED.cacheRead],
          ['output', 1, USED.output],
          ['output', 1, USED.output],
        ]);
        assert.deepEqual(
          tokens.points[0]?.bounds,
          Array.from({ length: 14 }, (_, power) => 4 ** power),
        );
        const duration = collector.metric('gen_ai.client.operation.duration');
        assert.deepEqual([duration.unit, duration.points.length], ['s', 2]);
        assert.deepEqual(
          duration.points[0]?.bounds,
          Array.from({ length: 14 }, (_, power) => Number((0.01 * 2 ** power).toFixed(2))),
        );
        assert.ok(duration.points.every(({ sum }) => sum > 0 && sum < 10));
        const first = collector.metric('gen_ai.client.operation.time_to_first_chunk');
        assert.deepEqual(
          first.points.map(({ attributes, count }) => [attributes['gen_ai.request.model'], count]),
          [['gpt-4.1', 1]],
          'streams only',
        );
        const cost = collector.metric('gatehouse.cost');
        assert.deepEqual([cost.unit, cost.kind], ['USD', 'sum']);
        const total = cost.points.reduce((sum, point) => sum + point.sum, 0);
        assert.equal(total.toFixed(9), ((2 * USED_NANO) / 1e9).toFixed(9));
        assert.deepEqual(cost.points[0]?.attributes['gatehouse.key'], 'fake/key');
        assertConventional(collector);
      },
    ));

  it('names the error of a request that failed, and no tokens', () =>
    scene(
      [{ error: { status: 500, message: 'secret words of the provider' } }],
      async ({ gateway }) => {
        await ask(gateway, 'openai-chat', false);
        await gateway.row();
      },
      (collector) => {
        const span = only(collector);
        assert.deepEqual([span.status, span.statusMessage], [ERROR, '']);
        assert.equal(typeof span.attributes['error.type'], 'string');
        assert.deepEqual(
          [span.attributes['gen_ai.response.model'], span.attributes['gatehouse.settled'], span.attributes['gatehouse.cost_usd']],
          [undefined, 'error', 0],
        );
        const [point] = collector.metric('gen_ai.client.operation.duration').points;
        assert.equal(point?.attributes['error.type'], span.attributes['error.type']);
        assert.ok(!collector.metricNames.includes('gen_ai.client.token.usage'));
        assert.ok(!collector.metricNames.includes('gen_ai.client.operation.time_to_first_chunk'));
        for (const { raw } of collector.requests) assert.ok(!raw.includes('secret words'));
        assertConventional(collector);
      },
    ));

  it('shows each attempt of a fallback below its request, and counts the request once', () =>
    scene(
      [{ error: { status: 503 } }, { usage: USED }],
      async ({ gateway }) => {
        assert.equal((await ask(gateway, 'openai-chat', false)).status, 200);
        await gateway.row();
      },
      (collector) => {
        const [root] = roots(collector);
        const attempts = collector.spans.filter((span) => span !== root);
        assert.ok(root);
        assert.deepEqual(
          attempts.map(({ name, kind, status, attributes }) => [name, kind, status, attributes['error.type']]),
          [
            ['attempt fake/gpt-4.1', CLIENT, ERROR, 'upstream-503'],
            ['attempt fake/other', CLIENT, 0, undefined],
          ],
        );
        for (const { parentSpanId, traceId, attributes, startMs, endMs } of attempts) {
          assert.deepEqual([parentSpanId, traceId], [root.spanId, root.traceId]);
          assert.ok(startMs >= root.startMs && endMs <= root.endMs);
          assert.deepEqual(
            Object.keys(attributes).filter((name) => name.startsWith('gen_ai.')),
            [],
          );
        }
        assert.deepEqual(
          [
            root.attributes['gatehouse.attempts'],
            root.attributes['gen_ai.request.model'],
            root.attributes['gen_ai.response.model'],
          ],
          [2, 'gpt-4.1', 'other'],
        );
        assert.equal(collector.metric('gen_ai.client.operation.duration').points[0]?.count, 1);
        assertConventional(collector);
      },
      { agent: { fallbacks: ['fake/other'] } },
    ));

  it('marks what was estimated and keeps it out of the token metric', () =>
    scene(
      [{ usage: 'absent' }],
      async ({ gateway }) => {
        await ask(gateway, 'openai-chat', false);
        await gateway.row();
      },
      (collector) => {
        const { attributes } = only(collector);
        assert.equal(attributes['gatehouse.estimated'], true);
        assert.ok(Number(attributes['gen_ai.usage.input_tokens']) > 0);
        assert.ok(!collector.metricNames.includes('gen_ai.client.token.usage'));
        assert.equal(collector.metric('gatehouse.cost').points[0]?.attributes['gatehouse.estimated'], true);
      },
    ));

  it('tells of a stream that was cut as an error, with what it cost all the same', () =>
    scene(
      [{ cut: 'reset', afterEvents: 5, pieces: 6 }],
      async ({ gateway }) => {
        await ask(gateway, 'anthropic-messages', true);
        await gateway.row();
      },
      (collector) => {
        const { attributes, status } = only(collector);
        assert.deepEqual([status, attributes['gatehouse.estimated'], attributes['gatehouse.status']], [ERROR, true, 200]);
        assert.equal(typeof attributes['error.type'], 'string');
        assert.ok(Number(attributes['gatehouse.cost_usd']) > 0);
        assert.equal(attributes['gen_ai.response.model'], 'claude-opus-5-5');
      },
    ));

  it('calls an agent that left what it is', () =>
    scene(
      [{ stallAfterEvents: 2 }],
      async ({ gateway }) => {
        const asked = ask(gateway, 'openai-chat', true, { onData: (_, request) => request.destroy() });
        await asked.catch(() => {});
        await gateway.row();
      },
      (collector) => {
        const { attributes, status } = only(collector);
        assert.deepEqual([status, attributes['error.type'], attributes['gatehouse.settled']], [ERROR, 'aborted', 'aborted']);
      },
    ));

  it('names embeddings and Gemini’s own operation, translations with their losses, and a model without a price', () =>
    scene(
      () => ({ usage: USED }),
      async ({ gateway }) => {
        const embed = { path: '/v1/embeddings', headers: { authorization: `Bearer ${TOKEN}` } };
        assert.equal((await send(gateway.url, { ...embed, body: { model: 'embed-x', input: 'x' } })).status, 200);
        assert.equal((await ask(gateway, 'gemini', false, { change: { generationConfig: { topK: 5 } } })).status, 200);
        await gateway.rows(2);
      },
      (collector) => {
        const names = roots(collector).map(({ name, attributes }) => [
          name,
          attributes['gatehouse.mode'],
          attributes['gatehouse.losses'],
        ]);
        assert.deepEqual(sorted(names), [
          ['embeddings embed-x', 'relay', null],
          ['generate_content gemini-3-pro', 'translate', ['field:top_k']],
        ]);
        assert.ok(roots(collector).every(({ attributes }) => attributes['gatehouse.unpriced'] === true));
        assert.equal(
          collector.metric('gatehouse.unpriced_requests').points.reduce((sum, point) => sum + point.sum, 0),
          2,
        );
        assert.ok(!collector.metricNames.includes('gatehouse.cost'));
        assertConventional(collector);
      },
      { dialects: ['openai-chat'], providerConfig: { prices: {} } },
    ));

  it('sends to nobody unless it is told where', async () => {
    const collector = await startCollector();
    const fake = await startFakeProvider({ key: KEY });
    for (const telemetry of [undefined, {}, { traces: true }, { endpoint: collector.url, traces: false, metrics: false }]) {
      const gateway = await startGateway({ provider: fake.url, ...(telemetry && { config: { telemetry } }) });
      await ask(gateway, 'openai-chat', false);
      await gateway.row();
      await gateway.close();
    }
    assert.equal(collector.connections, 0);
    await fake.close();
    await collector.close();
  });

  it('sends only what is asked for', () =>
    scene(
      [],
      async ({ gateway }) => {
        await ask(gateway, 'openai-chat', false);
        await gateway.row();
      },
      (collector) => assert.deepEqual([roots(collector).length, collector.metricNames], [1, []]),
      { telemetry: { metrics: false } },
    ));

  it('is turned on and off and sent elsewhere without a restart, and loses nothing of what came before', async () => {
    const [first, second] = [await startCollector(), await startCollector({ basePath: '/otlp' })];
    const fake = await startFakeProvider({ key: KEY });
    const options = { provider: fake.url };
    const gateway = await startGateway(options);
    const turn = (telemetry: object) => gateway.running.swap(sourceFor({ ...options, config: { telemetry } }));
    const asked = async (count: number) => {
      await ask(gateway, 'openai-chat', false);
      await gateway.rows(count);
    };
    await asked(1);
    turn({ endpoint: first.url });
    await asked(2);
    turn({ endpoint: `${second.url}/` });
    await asked(3);
    turn({});
    await asked(4);
    await eventually(
      () => roots(first).length + roots(second).length,
      (count) => count === 2,
    );
    await gateway.close();
    assert.deepEqual([roots(first).length, roots(second).length], [1, 1]);
    assert.deepEqual([first.faults, second.faults], [[], []]);
    await Promise.all([fake.close(), first.close(), second.close()]);
  });

  it('sends a header only to the origin that it was entered for', async () => {
    const collector = await startCollector();
    const fake = await startFakeProvider({ key: KEY });
    const options = { provider: fake.url, config: { telemetry: { endpoint: collector.url } } };
    const gateway = await startGateway({ provider: fake.url });
    gateway.running.swap({
      ...sourceFor(options),
      telemetryHeaders: [
        { name: 'x-here', value: 'here', origin: collector.url },
        { name: 'x-elsewhere', value: 'elsewhere', origin: 'https://otlp.example.com' },
        { name: 'x-anywhere', value: 'anywhere' },
      ],
    });
    await ask(gateway, 'openai-chat', false);
    await gateway.row();
    await gateway.close();
    const { headers } = collector.requests[0]!;
    assert.deepEqual([headers['x-here'], headers['x-elsewhere'], headers['x-anywhere']], ['here', undefined, 'anywhere']);
    await Promise.all([fake.close(), collector.close()]);
  });

  it('sends spans of many requests whole, at the prices of the ledger', () =>
    scene(
      () => ({ usage: USED }),
      async ({ gateway }) => {
        await Promise.all(Array.from({ length: 40 }, () => ask(gateway, 'openai-chat', false)));
        await gateway.rows(40);
      },
      (collector) => {
        assert.equal(new Set(roots(collector).map(({ attributes }) => attributes['gatehouse.request.id'])).size, 40);
        const [point] = collector.metric('gatehouse.cost').points;
        assert.equal(point?.sum.toFixed(9), ((40 * USED_NANO) / 1e9).toFixed(9));
      },
    ));
});
