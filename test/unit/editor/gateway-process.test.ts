import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'mocha';
import type { StartOptions } from '../../../src/host/messages.ts';
import { GatewayProcess, type GatewayListener, type Patience } from '../../../src/vscode/gateway-process.ts';
import { configSchema } from '../../../src/core/config/schema.ts';
import { writeWorkerScripts, type ScriptName } from './worker-scripts.ts';

const OPTIONS: StartOptions = {
  source: { config: configSchema.parse({}), keys: [], tokens: {} },
  network: { httpProxy: '', httpsProxy: '', noProxy: '', strictTls: true },
  dataDir: '/nowhere',
  port: 4000,
  workspace: 'test',
};

const QUICK: Patience = { backOff: [10, 20, 30], healthy: 60_000, drain: 20, grace: 20 };

interface Seen {
  readonly gateway: GatewayProcess;
  readonly phases: string[];
  readonly deaths: { readonly reason: string; readonly retryMs: number }[];
}

describe('GatewayProcess', () => {
  let scripts: ReturnType<typeof writeWorkerScripts>;
  const running: GatewayProcess[] = [];
  before(() => (scripts = writeWorkerScripts()));
  after(() => scripts.clean());
  afterEach(() => Promise.all(running.splice(0).map((gateway) => gateway.stop())));

  function gatewayOn(
    script: ScriptName | 'missing',
    patience: Partial<Patience> = {},
    options: () => Promise<StartOptions> = () => Promise.resolve(OPTIONS),
    listener: Partial<GatewayListener> = {},
  ): Seen {
    const phases: string[] = [];
    const deaths: Seen['deaths'] = [];
    const file = script === 'missing' ? `${scripts.pathOf('ready')}.gone` : scripts.pathOf(script);
    const gateway = new GatewayProcess(
      file,
      options,
      {
        stateChanged: (state) => {
          phases.push(state.phase);
          listener.stateChanged?.(state);
        },
        settled: () => {},
        audited: () => {},
        trouble: () => {},
        activity: () => {},
        news: (event) => listener.news?.(event),
        log: () => {},
        died: (reason, retryMs) => {
          deaths.push({ reason, retryMs });
          listener.died?.(reason, retryMs);
        },
      },
      { ...QUICK, ...patience },
    );
    running.push(gateway);
    return { gateway, phases, deaths };
  }

  const threadOf = (gateway: GatewayProcess): Promise<string> => gateway.call('pricesAsOf', undefined);

  async function until(what: string, done: () => boolean): Promise<void> {
    for (let turn = 0; turn < 400; turn++) {
      if (done()) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.fail(`it never came to this: ${what}`);
  }

  describe('a gateway that becomes ready', () => {
    it('passes on what routing found out', async () => {
      const news: unknown[] = [];
      const { gateway } = gatewayOn('with-news', {}, undefined, { news: (event) => news.push(event.news) });
      await gateway.start();
      await until('news', () => news.length > 0);
      assert.deepEqual(news, [{ kind: 'burst', burst: { agent: 'a', perMinute: 99, usual: 1 }, paused: true }]);
    });

    it('is told step by step, once each', async () => {
      const { gateway, phases, deaths } = gatewayOn('ready');
      await gateway.start();
      assert.deepEqual(gateway.state, { phase: 'running', url: 'http://127.0.0.1:4000', port: 4000 });
      await gateway.stop();
      assert.deepEqual(gateway.state, { phase: 'stopped' });
      assert.deepEqual(phases, ['starting', 'running', 'stopped']);
      assert.deepEqual(deaths, []);
    });

    it('answers questions, and passes a refusal on', async () => {
      const { gateway } = gatewayOn('ready');
      await gateway.start();
      assert.match(await threadOf(gateway), /^thread \d+$/);
      await assert.rejects(gateway.call('usage', { by: [] }), /^Error: not today$/);
    });

    it('gets nothing of the editor’s environment, where keys may be', async () => {
      process.env['GATEHOUSE_TEST_KEY'] = 'sk-geheim';
      const { gateway } = gatewayOn('environment');
      await gateway.start();
      delete process.env['GATEHOUSE_TEST_KEY'];
      assert.equal(await threadOf(gateway), '{}');
    });

    it('can be started again after a stop', async () => {
      const { gateway, phases } = gatewayOn('ready');
      await gateway.start();
      await gateway.stop();
      await gateway.start();
      assert.match(await threadOf(gateway), /^thread/);
      assert.deepEqual(phases, ['starting', 'running', 'stopped', 'starting', 'running']);
    });

    it('rejects a question before the start and after the stop instead of waiting for ever', async () => {
      const { gateway } = gatewayOn('ready');
      await assert.rejects(threadOf(gateway), /not running/);
      await gateway.start();
      await gateway.stop();
      await assert.rejects(threadOf(gateway), /not running/);
    });

    it('rejects what is pending when it is stopped', async () => {
      const { gateway } = gatewayOn('ready');
      await gateway.start();
      const pending = assert.rejects(gateway.call('requests', {}), /the gateway stopped/);
      await gateway.stop();
      await pending;
    });
  });

  describe('started twice', () => {
    it('has one worker, and both callers wait until it listens', async () => {
      const { gateway, phases } = gatewayOn('late-to-listen');
      const states: string[] = [];
      await Promise.all([gateway.start(), gateway.start()].map((start) => start.then(() => states.push(gateway.state.phase))));
      assert.deepEqual(states, ['running', 'running']);
      assert.deepEqual(phases, ['starting', 'running']);
    });

    it('keeps the worker that runs', async () => {
      const { gateway, phases } = gatewayOn('ready');
      await gateway.start();
      const thread = await threadOf(gateway);
      await gateway.start();
      assert.equal(await threadOf(gateway), thread);
      assert.deepEqual(phases, ['starting', 'running']);
    });
  });

  describe('stopped while starting', () => {
    it('makes no worker when its options come after the stop', async () => {
      const options = Promise.withResolvers<StartOptions>();
      const { gateway, phases } = gatewayOn('ready', {}, () => options.promise);
      const started = gateway.start();
      const stopped = gateway.stop();
      options.resolve(OPTIONS);
      await Promise.all([started, stopped]);
      assert.deepEqual(phases, ['starting', 'stopped']);
      await assert.rejects(threadOf(gateway), /not running/);
    });

    it('lets go of the worker that waits for options which could not be had, and says why once', async () => {
      const { gateway, phases, deaths } = gatewayOn('ready', { backOff: [5000] }, () => Promise.reject(new Error('no secrets')));
      await gateway.start();
      await new Promise((resolve) => setTimeout(resolve, 100));
      assert.deepEqual(phases, ['starting', 'waiting']);
      assert.deepEqual(deaths, [{ reason: 'no secrets', retryMs: 5000 }]);
    });

    it('tells once of a worker that dies before its options come', async () => {
      const options = Promise.withResolvers<StartOptions>();
      const { gateway, phases, deaths } = gatewayOn('dies-at-once', { backOff: [5000] }, () => options.promise);
      await gateway.start();
      options.resolve(OPTIONS);
      await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(phases, ['starting', 'waiting']);
      assert.deepEqual(deaths, [{ reason: 'it ended unexpectedly', retryMs: 5000 }]);
    });

    it('ends the worker that does not listen yet, and does not call it running', async () => {
      const { gateway, phases, deaths } = gatewayOn('listens-while-stopping');
      const started = gateway.start();
      await until('the worker is there', () => phases.includes('starting'));
      await new Promise((resolve) => setImmediate(resolve));
      await Promise.all([gateway.stop(), started]);
      assert.deepEqual(phases, ['starting', 'stopped']);
      assert.deepEqual(deaths, []);
    });

    it('ends up with one worker when it is restarted before its options came', async () => {
      const first = Promise.withResolvers<StartOptions>();
      let asked = 0;
      const { gateway, phases, deaths } = gatewayOn('ready', {}, () => (asked++ === 0 ? first.promise : Promise.resolve(OPTIONS)));
      const started = gateway.start();
      const restarted = gateway.restart();
      first.resolve({ ...OPTIONS, port: 1 });
      await Promise.all([started, restarted]);
      assert.deepEqual(gateway.state, { phase: 'running', url: 'http://127.0.0.1:4000', port: 4000 });
      assert.deepEqual(phases, ['starting', 'stopped', 'starting', 'running']);
      assert.deepEqual(deaths, []);
    });

    it('stops once, however often it is told to', async () => {
      const { gateway, phases } = gatewayOn('ready');
      await gateway.stop();
      await gateway.start();
      await Promise.all([gateway.stop(), gateway.stop()]);
      await gateway.stop();
      assert.deepEqual(phases, ['starting', 'running', 'stopped']);
    });

    it('lets the last word count: stop, then start', async () => {
      const { gateway, phases, deaths } = gatewayOn('ready');
      await gateway.start();
      await Promise.all([gateway.stop(), gateway.start()]);
      assert.deepEqual(phases, ['starting', 'running', 'stopped', 'starting', 'running']);
      assert.deepEqual(deaths, [], 'a stop that was asked for is no death');
    });

    it('lets the last word count: stop, start, then stop', async () => {
      const { gateway, phases } = gatewayOn('ready');
      await gateway.start();
      await Promise.all([gateway.stop(), gateway.start(), gateway.stop()]);
      assert.deepEqual(phases, ['starting', 'running', 'stopped']);
    });
  });

  describe('restarted', () => {
    it('answers from a new worker', async () => {
      const { gateway, deaths } = gatewayOn('ready');
      await gateway.start();
      const thread = await threadOf(gateway);
      await gateway.restart();
      assert.notEqual(await threadOf(gateway), thread);
      assert.deepEqual(deaths, []);
    });

    it('takes its options anew', async () => {
      let port = 1;
      const { gateway } = gatewayOn('ready', {}, () => Promise.resolve({ ...OPTIONS, port: port++ }));
      await gateway.start();
      await gateway.restart();
      assert.equal(gateway.state.phase === 'running' && gateway.state.port, 2);
    });

    it('twice at once leaves one worker that answers', async () => {
      const { gateway, phases } = gatewayOn('ready');
      await gateway.start();
      await Promise.all([gateway.restart(), gateway.restart()]);
      assert.match(await threadOf(gateway), /^thread/);
      assert.deepEqual(phases, ['starting', 'running', 'stopped', 'starting', 'running']);
    });
  });

  describe('a gateway that dies', () => {
    it('rejects the questions that were pending, and comes back to answer new ones', async () => {
      const { gateway, phases, deaths } = gatewayOn('dies-when-asked');
      await gateway.start();
      const thread = await threadOf(gateway);
      const pending = [gateway.call('requests', {}), gateway.call('usage', { by: [] })];
      const ends = await Promise.allSettled(pending);
      assert.deepEqual(
        ends.map((end) => end.status === 'rejected' && String(end.reason)),
        ['Error: the gateway stopped', 'Error: the gateway stopped'],
      );
      await until('it runs again', () => gateway.state.phase === 'running');
      assert.notEqual(await threadOf(gateway), thread);
      assert.deepEqual(phases, ['starting', 'running', 'waiting', 'starting', 'running']);
      assert.deepEqual(deaths, [{ reason: 'out of memory', retryMs: 10 }]);
    });

    it('waits longer each time, up to the longest', async () => {
      const { deaths, gateway } = gatewayOn('dies-at-once');
      await gateway.start();
      await until('five deaths', () => deaths.length >= 5);
      assert.deepEqual(
        deaths.slice(0, 5).map(({ retryMs }) => retryMs),
        [10, 20, 30, 30, 30],
      );
    });

    it('really waits that long', async () => {
      const times: number[] = [];
      const { gateway } = gatewayOn('dies-at-once', { backOff: [120] }, undefined, { died: () => times.push(performance.now()) });
      await gateway.start();
      await until('two deaths', () => times.length >= 2);
      assert.ok((times[1] ?? 0) - (times[0] ?? 0) >= 115);
    });

    it('is forgiven its deaths once it has lived long enough', async () => {
      const { gateway, deaths } = gatewayOn('dies-later', { healthy: 20 });
      await gateway.start();
      await until('two deaths', () => deaths.length >= 2);
      assert.deepEqual(
        deaths.slice(0, 2).map(({ retryMs }) => retryMs),
        [10, 10],
      );
    });

    it('is forgiven its deaths when a person restarts it', async () => {
      const { gateway, deaths } = gatewayOn('dies-at-once', { backOff: [10, 5000] });
      await gateway.start();
      await until('two deaths', () => deaths.length === 2);
      await gateway.restart();
      assert.deepEqual(
        deaths.map(({ retryMs }) => retryMs),
        [10, 5000, 10],
      );
    });

    it('starts at once when a person asks while it waits, and not a second time when the wait is over', async () => {
      const { gateway, phases } = gatewayOn('dies-after-start', { backOff: [60, 5000] });
      await gateway.start();
      await until('it waits', () => gateway.state.phase === 'waiting');
      await gateway.start();
      assert.deepEqual(phases.slice(0, 5), ['starting', 'running', 'waiting', 'starting', 'running']);
      await until('it waits again', () => phases.length > 5);
      await new Promise((resolve) => setTimeout(resolve, 80));
      assert.deepEqual(phases.slice(5), ['waiting']);
    });

    it('stays down when it is stopped while it waits', async () => {
      const { gateway, phases } = gatewayOn('dies-at-once', { backOff: [30] });
      await gateway.start();
      assert.equal(gateway.state.phase, 'waiting');
      await gateway.stop();
      await new Promise((resolve) => setTimeout(resolve, 80));
      assert.deepEqual(phases, ['starting', 'waiting', 'stopped']);
    });

    it('stays down when the one who is told of its death stops it', async () => {
      const seen: Seen = gatewayOn('dies-at-once', {}, undefined, { died: () => void seen.gateway.stop() });
      await seen.gateway.start();
      await new Promise((resolve) => setTimeout(resolve, 60));
      assert.deepEqual(seen.phases, ['starting', 'waiting', 'stopped']);
    });
  });

  describe('a gateway that does not start', () => {
    for (const [script, reason] of [
      ['failed', /^the port is taken$/],
      ['missing', /Cannot find module/],
      ['no-javascript', /Unexpected|Unexpected identifier/],
      ['dies-at-once', /^it ended unexpectedly$/],
    ] as const) {
      it(`${script}: says why, lets its caller go on, and is tried again`, async () => {
        const { gateway, phases, deaths } = gatewayOn(script, { backOff: [5000] });
        await gateway.start();
        assert.equal(gateway.state.phase, 'waiting');
        assert.match(deaths[0]?.reason ?? '', reason);
        assert.deepEqual(phases, ['starting', 'waiting']);
      });
    }

    it('says what was thrown, also when it was no error', async () => {
      const { gateway, deaths } = gatewayOn('throws-a-text', { backOff: [5000] });
      await gateway.start();
      await until('it died', () => deaths.length > 0);
      assert.equal(deaths[0]?.reason, 'only a text');
    });

    it('is tried again when its options cannot be read, as with a locked keyring', async () => {
      let asked = 0;
      const options = () => (asked++ === 0 ? Promise.reject(new Error('the keyring is locked')) : Promise.resolve(OPTIONS));
      const { gateway, phases, deaths } = gatewayOn('ready', {}, options);
      await gateway.start();
      assert.deepEqual(deaths, [{ reason: 'the keyring is locked', retryMs: 10 }]);
      await until('it runs', () => gateway.state.phase === 'running');
      assert.deepEqual(phases, ['starting', 'waiting', 'starting', 'running']);
    });

    it('is tried again when its options cannot be sent to another thread', async () => {
      const { gateway, deaths } = gatewayOn('ready', { backOff: [5000] }, () =>
        Promise.resolve({ ...OPTIONS, dataDir: (() => {}) as unknown as string }),
      );
      await gateway.start();
      assert.match(deaths[0]?.reason ?? '', /could not be cloned/);
    });

    it('is not tried again when it was stopped before its options failed', async () => {
      const options = Promise.withResolvers<StartOptions>();
      const { gateway, phases, deaths } = gatewayOn('ready', {}, () => options.promise);
      const started = gateway.start();
      const stopped = gateway.stop();
      options.reject(new Error('the keyring is locked'));
      await Promise.all([started, stopped]);
      assert.deepEqual([phases, deaths], [['starting', 'stopped'], []]);
    });
  });

  describe('a gateway that does not listen to a stop', () => {
    for (const script of ['deaf', 'runs-in-circles'] as const) {
      it(`${script}: is given its time and then ended`, async () => {
        const { gateway, phases, deaths } = gatewayOn(script);
        await gateway.start();
        const before = performance.now();
        await gateway.stop();
        assert.ok(performance.now() - before >= 35);
        assert.deepEqual(phases, ['starting', 'running', 'stopped']);
        assert.deepEqual(deaths, []);
      });
    }
  });
});
