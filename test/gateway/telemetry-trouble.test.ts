import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, it } from 'mocha';
import { Dialer } from '../../src/core/server/dial.ts';
import { startTelemetry, type Telemetry } from '../../src/host/telemetry/otlp/start.ts';
import type { TelemetrySettings } from '../../src/host/telemetry/settings.ts';
import { logTo, systemRandom } from '../../src/host/system-ports.ts';
import { startCollector, type Collector, type CollectorRequest, type Manner } from '../support/collector/collector.ts';
import { startFakeProvider } from '../support/fake-providers/server.ts';
import { ask, KEY, startGateway } from '../support/gateway.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { settledRow } from '../unit/ask/fake-view.ts';

interface Scene {
  readonly clock: VirtualClock;
  readonly collector: Collector;
  readonly telemetry: Telemetry;
  readonly log: readonly string[];
  /** So many more requests were settled. Their ids are numbers, from 1. */
  readonly settle: (count: number) => void;
  /** Lets so much of the clock's time pass. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** When each request came, in milliseconds from the beginning. */
  readonly times: () => number[];
}

type Change = Partial<Pick<TelemetrySettings, 'metrics' | 'traces' | 'json' | 'metricsEveryMs'>>;

/** Telemetry that lives by a virtual clock, and a collector that behaves like that. */
async function scene(
  manner: (request: CollectorRequest, count: number) => Manner,
  act: (scene: Scene) => Promise<void>,
  change: Change & { readonly port?: number } = {},
): Promise<void> {
  const clock = new VirtualClock();
  const moving = clock.autoAdvance();
  const collector = await startCollector({ manner, clock });
  const dialer = new Dialer({ httpProxy: '', httpsProxy: '', noProxy: '', strictTls: true });
  const log: string[] = [];
  const { port, ...settings } = change;
  const telemetry = startTelemetry({
    upstream: dialer,
    clock,
    timers: clock,
    random: { ...systemRandom, fraction: () => 1 },
    log: logTo((level, line) => log.push(`${level} ${line}`)),
    providerAt: () => undefined,
    settings: {
      origin: `http://127.0.0.1:${port ?? collector.port}`,
      basePath: '',
      json: false,
      traces: true,
      metrics: false,
      metricsEveryMs: 60_000,
      resource: {},
      headers: new Map(),
      ...settings,
    },
  });
  const began = clock.now();
  let settled = 0;
  try {
    await act({
      clock,
      collector,
      telemetry,
      log,
      settle(count) {
        telemetry.record(Array.from({ length: count }, () => settledRow({ id: String(++settled), at: clock.now() })));
      },
      wait: (milliseconds) => new Promise((resolve) => void clock.after(milliseconds, resolve)),
      times: () => collector.requests.map(({ at }) => at - began),
    });
    await telemetry.close(0);
    moving.stop();
    assert.equal(clock.pending, 0, 'timers are left');
    assert.deepEqual(collector.faults, []);
  } finally {
    moving.stop();
    await dialer.close();
    await collector.close();
  }
}

const idsOf = ({ spans }: Pick<Collector, 'spans'>): number[] =>
  spans.map(({ attributes }) => Number(attributes['gatehouse.request.id'])).sort((a, b) => a - b);

const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, at) => first + at);

async function closedPort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('telemetry to a collector in trouble', function () {
  // Time stands still here, but a busy machine makes the judgement late that nothing is under way.
  this.timeout(40_000);

  it('gathers spans for five seconds, or 512 of them', () =>
    scene(
      () => ({}),
      async ({ settle, wait, times, collector }) => {
        settle(3);
        await wait(4000);
        settle(4);
        await wait(2000);
        assert.deepEqual([times(), idsOf(collector)], [[5000], upTo(7)]);
        settle(600);
        await wait(10);
        assert.equal(idsOf(collector).length, 7 + 512);
        await wait(6000);
        assert.deepEqual(idsOf(collector), upTo(607));
      },
    ));

  for (const status of [429, 502, 503, 504]) {
    it(`comes again after ${status}, later each time, and tells the log once`, () =>
      scene(
        (_, count) => (count <= 3 ? { status } : {}),
        async ({ settle, wait, times, collector, log }) => {
          settle(2);
          await wait(30_000);
          assert.deepEqual(times(), [5000, 6000, 8000, 12_000]);
          assert.deepEqual(idsOf(collector), [1, 2]);
          assert.deepEqual(log, [
            `warn the telemetry collector does not take what it is sent; it is tried again what=spans why=${status}`,
            'info the telemetry collector takes what it is sent again what=spans dropped=0',
          ]);
        },
      ));
  }

  it('heeds Retry-After in seconds and as a date, and comes after a minute at the latest without one', () =>
    scene(
      (_, count) => {
        if (count === 1) return { status: 429, headers: { 'retry-after': '90' } };
        if (count === 2)
          return {
            status: 503,
            headers: { date: 'Tue, 03 Nov 2026 10:00:00 GMT', 'retry-after': 'Tue, 03 Nov 2026 10:02:00 GMT' },
          };
        return count <= 9 ? { status: 503 } : {};
      },
      async ({ settle, wait, times }) => {
        settle(1);
        await wait(600_000);
        const waits = times().map((time, at) => time - (times()[at - 1] ?? 0));
        assert.deepEqual(waits.slice(0, 10), [5000, 90_000, 120_000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
      },
    ));

  it('keeps the newest 2048 spans of an outage, counts the others, and sends what it kept', () =>
    scene(
      (request) => (request.at < Date.UTC(2026, 10, 2, 12, 1) ? { status: 503 } : {}),
      async ({ settle, wait, collector, log }) => {
        for (let round = 0; round < 30; round++) {
          settle(100);
          await wait(1000);
        }
        await wait(120_000);
        assert.deepEqual(idsOf(collector), upTo(3000, 3000 - 2048 + 1));
        assert.deepEqual(log, [
          'warn the telemetry collector does not take what it is sent; it is tried again what=spans why=503',
          'warn telemetry is being dropped, the oldest first what=spans',
          `info the telemetry collector takes what it is sent again what=spans dropped=${3000 - 2048}`,
        ]);
      },
    ));

  it('drops what is refused for good, and goes on with the next', () =>
    scene(
      (_, count) => (count === 1 ? { status: 401, body: 'the words of the collector' } : {}),
      async ({ settle, wait, collector, log }) => {
        settle(2);
        await wait(6000);
        settle(1);
        await wait(6000);
        assert.deepEqual(idsOf(collector), [3]);
        assert.deepEqual(log, [
          'warn the telemetry collector does not take what it is sent; it is tried again what=spans why=401',
          'warn telemetry is being dropped, the oldest first what=spans',
          'info the telemetry collector takes what it is sent again what=spans dropped=2',
        ]);
      },
    ));

  for (const [what, manner] of [
    ['garbage', { body: Buffer.from([0xff, 0x07, 0x12, 0x00]) }],
    ['a web page', { headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['nothing', { body: '' }],
  ] as const) {
    for (const json of [false, true]) {
      it(`takes 200 with ${what} for an answer (${json ? 'JSON' : 'protobuf'})`, () =>
        scene(
          () => manner,
          async ({ settle, wait, collector, log }) => {
            settle(2);
            await wait(20_000);
            assert.deepEqual([idsOf(collector), collector.requests.length, log], [[1, 2], 1, []]);
          },
          { json },
        ));
    }
  }

  for (const json of [false, true]) {
    it(`tells once that a part was not taken (${json ? 'JSON' : 'protobuf'})`, () =>
      scene(
        () => ({ rejected: 2 }),
        async ({ settle, wait, log }) => {
          settle(3);
          await wait(6000);
          settle(3);
          await wait(6000);
          assert.deepEqual(log, ['warn the telemetry collector takes only a part of what it is sent what=spans rejected=2']);
        },
        { json },
      ));
  }

  it('gives up a collector that does not answer, one that answers without end, and one that hangs up', () =>
    scene(
      (_, count) => {
        if (count === 1) return { hang: true };
        if (count === 2) return { body: Buffer.alloc(100_000) };
        return count === 3 ? { cut: true } : {};
      },
      async ({ settle, wait, times, collector }) => {
        settle(1);
        await wait(60_000);
        assert.deepEqual(times(), [5000, 5000 + 10_000 + 1000, 18_000, 22_000]);
        assert.deepEqual(idsOf({ spans: collector.requests.at(-1)?.spans ?? [] }), [1]);
      },
    ));

  it('finds one that was down for minutes', async () => {
    const port = await closedPort();
    await scene(
      () => ({}),
      async ({ settle, wait, log, clock }) => {
        settle(2);
        await wait(300_000);
        const late = await startCollector({ port, clock });
        await wait(61_000);
        assert.deepEqual(idsOf(late), [1, 2]);
        await late.close();
        assert.deepEqual(log, [
          'warn the telemetry collector does not take what it is sent; it is tried again what=spans why=refused',
          'info the telemetry collector takes what it is sent again what=spans dropped=0',
        ]);
      },
      { port },
    );
  });

  it('sends sums of metrics every minute, and what one time did not bring comes the next time', () =>
    scene(
      (_, count) => (count === 1 ? { status: 503 } : {}),
      async ({ settle, wait, times, collector }) => {
        settle(2);
        await wait(70_000);
        settle(3);
        await wait(120_000);
        assert.deepEqual(times(), [60_000, 120_000, 180_000]);
        assert.equal(collector.metric('gen_ai.client.operation.duration').points[0]?.count, 5);
      },
      { metrics: true, traces: false },
    ));

  it('keeps one trouble apart from the other: a collector without metrics gets all spans', () =>
    scene(
      ({ signal }) => (signal === 'metrics' ? { status: 404 } : {}),
      async ({ settle, wait, collector, log }) => {
        settle(3);
        await wait(200_000);
        settle(3);
        await wait(200_000);
        assert.deepEqual(idsOf(collector), upTo(6));
        assert.deepEqual(log, [
          'warn the telemetry collector does not take what it is sent; it is tried again what=metrics why=404',
        ]);
      },
      { metrics: true },
    ));

  it('sends what waits when it is closed, and ends in time where nobody takes it', async () => {
    await scene(
      () => ({}),
      async ({ settle, telemetry, collector, clock }) => {
        settle(1500);
        const began = clock.now();
        await telemetry.close(2000);
        assert.equal(clock.now() - began, 0);
        assert.deepEqual(idsOf(collector), upTo(1500));
        assert.equal(collector.metric('gen_ai.client.operation.duration').points[0]?.count, 1500);
      },
      { metrics: true },
    );
    await scene(
      () => ({ hang: true }),
      async ({ settle, telemetry, clock, log }) => {
        settle(10);
        const began = clock.now();
        await telemetry.close(2000);
        assert.equal(clock.now() - began, 2000);
        assert.match(log.at(-1) ?? '', /telemetry was not sent what=spans dropped=10/);
      },
    );
  });
});

describe('agents and a collector in trouble', function () {
  this.timeout(30_000);

  for (const [what, manner] of [
    ['hangs', { hang: true }],
    ['refuses', { status: 500 }],
    ['cuts', { cut: true }],
  ] as const) {
    it(`are served as ever by a gateway whose collector ${what}, and it closes in time`, async () => {
      const collector = await startCollector({ manner: () => manner });
      const fake = await startFakeProvider({ key: KEY });
      const telemetry = { endpoint: collector.url, metricsEverySeconds: 1 };
      const gateway = await startGateway({ provider: fake.url, config: { telemetry } });
      // More than are sent at once, so that some are on their way while others are settled.
      for (let round = 0; round < 30; round++) {
        const answers = await Promise.all(Array.from({ length: 20 }, () => ask(gateway, 'openai-chat', false)));
        assert.ok(answers.every(({ status }) => status === 200));
      }
      assert.ok(collector.requests.length > 0, 'it was asked');
      const began = performance.now();
      await gateway.close();
      // Half a second for the collector; the rest is the machine's.
      assert.ok(performance.now() - began < 5000);
      await fake.close();
      await collector.close();
    });
  }
});
