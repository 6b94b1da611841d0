import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FAULTS } from '../support/faults/catalogue.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { wrongOnes } from './routing-expected.ts';
import { routed } from './routing-gateway.ts';
import { lanesOf, runLanes } from './routing-lanes.ts';
import { readAs } from './routing-reading.ts';

/** Each fault in each dialect of the agent, as a stream and whole, with and without a fallback: see `KINDS` in routing-lanes.ts. */
describe('a fault, whatever it is', function () {
  // Time stands still here, but a busy machine makes the judgement late that nothing is under way.
  this.timeout(30_000);

  for (const fault of FAULTS) {
    it(`${fault.name}: the agent gets one right answer or one right error, and pays for what was used`, async () => {
      const clock = new VirtualClock();
      const moving = clock.autoAdvance();
      try {
        assert.deepEqual(wrongOnes(await runLanes(clock, lanesOf(fault))), []);
      } finally {
        moving.stop();
      }
      assert.equal(clock.pending, 0, 'timers are left');
    });
  }
});

describe('counts that spoil their event', function () {
  this.timeout(30_000);

  const step = { text: 'all of it', usage: { wire: { prompt_tokens: Number.NaN, completion_tokens: Number.NaN } } };
  const providerConfig = { only: { dialects: ['openai-chat'] } };

  it('never reach an agent that did not ask for them', async () => {
    await routed({ providers: { only: [step] }, providerConfig }, async ({ ask, rows, fakes }) => {
      const heard = await ask('openai-chat', true);
      assert.match(fakes['only']!.requests[0]!.raw.toString(), /include_usage/);
      const data = heard.body.toString().match(/^data: .*$/gm) ?? [];
      assert.equal(data.pop(), 'data: [DONE]');
      for (const each of data) assert.doesNotThrow(() => JSON.parse(each.slice(6)), each);
      assert.ok(data.length > 5);
      assert.deepEqual(
        (await rows(1)).map(({ settled, estimated }) => [settled, estimated]),
        [['done', true]],
      );
    });
  });

  it('pass as they came where it did', async () => {
    await routed({ providers: { only: [step] }, providerConfig }, async ({ ask, rows }) => {
      const heard = await ask('openai-chat', true, { change: { stream_options: { include_usage: true } } });
      assert.match(heard.body.toString(), /"prompt_tokens":NaN/);
      await rows(1);
    });
  });

  it('do not take the end from an answer that is translated', async () => {
    for (const dialect of ['anthropic-messages', 'openai-responses', 'gemini'] as const) {
      await routed({ providers: { only: [step] }, providerConfig }, async ({ ask, rows }) => {
        const read = readAs(dialect, true, await ask(dialect, true));
        assert.deepEqual([read.kind, read.text], ['answer', 'all of it'], dialect);
        assert.deepEqual(
          (await rows(1)).map(({ settled, estimated }) => [settled, estimated]),
          [['done', true]],
        );
      });
    }
  });
});
