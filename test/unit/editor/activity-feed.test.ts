import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, it } from 'mocha';
import type { RunningRequest } from '../../../src/core/gateway/running-requests.ts';
import type { SettledRequest } from '../../../src/core/ledger/records.ts';
import { ActivityFeed, type FeedHost } from '../../../src/vscode/activity/activity-feed.ts';
import type { ActivityEvent, GatewayState } from '../../../src/vscode/gateway-process.ts';

const running = (id: string): RunningRequest => ({ id }) as RunningRequest;
const settled = (id: string): SettledRequest => ({ id }) as SettledRequest;

/** The editor's side of a gateway, with what it was asked. */
function editor(answers: { running?: readonly RunningRequest[]; latest?: readonly SettledRequest[] } = {}) {
  const calls: string[] = [];
  const heard = { activity: [], settled: [], changed: [] } as Record<string, ((event: never) => void)[]>;
  const listen =
    (name: string) =>
    (listener: (event: never) => void): { dispose(): void } => {
      heard[name]?.push(listener);
      return { dispose: () => (heard[name] = (heard[name] ?? []).filter((each) => each !== listener)) };
    };
  const gateway = {
    state: { phase: 'running', url: '', port: 1 } as GatewayState,
    call(name: string, ask: unknown) {
      calls.push(name === 'watchActivity' ? `watch ${String(ask)}` : name);
      return Promise.resolve(name === 'requests' ? (answers.latest ?? []) : (answers.running ?? []));
    },
  };
  const fire = (name: string, event?: unknown): void => {
    for (const listener of heard[name] ?? []) listener(event as never);
  };
  const host = { gateway, onActivity: listen('activity'), onSettled: listen('settled'), onChanged: listen('changed') };
  let changes = 0;
  const feed = new ActivityFeed(host as unknown as FeedHost, () => changes++);
  return {
    feed,
    calls,
    gateway,
    changes: () => changes,
    ids: () => [feed.running.map(({ id }) => id), feed.latest.map(({ id }) => id)],
    report: (event: Partial<ActivityEvent>) => fire('activity', { event: 'activity', changed: [], ended: [], ...event }),
    settle: (...ids: string[]) => fire('settled', ids.map(settled)),
    change: () => fire('changed'),
    listeners: () => Object.values(heard).flat().length,
  };
}

describe('the feed of the Activity view', () => {
  it('asks and keeps nothing while nobody looks', async () => {
    const { feed, calls, changes, ids, report, settle, change } = editor();
    report({ changed: [running('a')] });
    settle('a');
    change();
    await turn();
    assert.deepEqual([calls, changes(), ids()], [[], 0, [[], []]]);
    feed.dispose();
  });

  it('asks once for what there is when somebody looks, and lets the gateway be quiet when nobody does any more', async () => {
    const { feed, calls, ids } = editor({ running: [running('b')], latest: [settled('a')] });
    feed.look(true);
    feed.look(true);
    await turn();
    assert.deepEqual(
      [calls, ids()],
      [
        ['watch true', 'requests'],
        [['b'], ['a']],
      ],
    );
    feed.look(false);
    assert.deepEqual([calls.at(-1), ids()], ['watch false', [[], []]]);
    feed.dispose();
  });

  it('moves a request over once it is in the ledger, whichever is heard first', async () => {
    const { feed, ids, report, settle } = editor();
    feed.look(true);
    await turn();
    report({ changed: [running('a'), running('b')] });
    report({ ended: ['a'] });
    assert.deepEqual(ids(), [['a', 'b'], []]);
    settle('a');
    settle('b');
    report({ ended: ['b'] });
    assert.deepEqual(ids(), [[], ['b', 'a']]);
    feed.dispose();
  });

  it('lets go of a request that is never booked', async () => {
    const { feed, ids, report, changes } = editor();
    feed.look(true);
    await turn();
    report({ changed: [running('a')] });
    report({ ended: ['a'] });
    const before = changes();
    await new Promise((resolve) => setTimeout(resolve, 2100));
    assert.deepEqual([ids(), changes()], [[[], []], before + 1]);
    feed.dispose();
  }).timeout(5000);

  it('asks another gateway anew, and shows nothing as running that the former one had', async () => {
    const { feed, calls, ids, report, gateway, change, listeners } = editor({ latest: [settled('a')] });
    feed.look(true);
    await turn();
    report({ changed: [running('b')] });
    gateway.state = { phase: 'waiting', reason: 'it ended' };
    change();
    await turn();
    assert.deepEqual(ids(), [[], ['a']]);
    gateway.state = { phase: 'running', url: '', port: 2 };
    change();
    change();
    await turn();
    assert.deepEqual(calls, ['watch true', 'requests', 'watch true', 'requests']);
    feed.dispose();
    assert.equal(listeners(), 0);
  });
});
