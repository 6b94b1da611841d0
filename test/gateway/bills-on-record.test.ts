import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, it } from 'mocha';
import type { DialectId } from '../../src/core/ir/dialect.ts';
import { framed, ownStream } from '../properties/recorded-streams.ts';
import type { Step } from '../support/fake-providers/script.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { ask, eventually, KEY, PRICES, startGateway, type TestGateway } from '../support/gateway.ts';

const wire = (usage: object): Step => ({ usage: { wire: usage } });
const played = (name: string): Step => ({ raw: { chunks: [framed(ownStream('anthropic-messages', name))] } });
const reported = (input: number, read: number, write: number, output: number): Step =>
  wire({ input_tokens: input, cache_read_input_tokens: read, cache_creation_input_tokens: write, output_tokens: output });

/** A bill that another gateway got wrong: what the provider said, and what is right, in nano-dollars worked out by hand. */
interface Bill {
  readonly bug: string;
  readonly kind: string;
  readonly spoken: DialectId;
  readonly model: string;
  readonly step: Step;
  readonly nano: number;
  /** Prices of the user's own. */
  readonly prices?: object;
}

const BILLS: readonly Bill[] = [
  {
    bug: 'BerriAI/litellm #9812: cache writes as input on top, $0.0913',
    kind: 'anthropic',
    spoken: 'anthropic-messages',
    model: 'claude-3-7-sonnet-20250219',
    step: reported(3, 0, 12_304, 550),
    nano: 54_399_000,
  },
  {
    bug: 'BerriAI/litellm #6575, #40006: cached tokens once more at prices of the user, 1.9 times the input',
    kind: 'anthropic',
    spoken: 'anthropic-messages',
    model: 'claude-opus-5-5',
    step: reported(10, 5000, 1000, 20),
    prices: { '*': PRICES },
    nano: 10 * 3000 + 5000 * 300 + 1000 * 3750 + 20 * 15_000,
  },
  {
    bug: 'BerriAI/litellm #14849: cache hits twice, $0.7642, and a tier that holds for all of a request',
    kind: 'google',
    spoken: 'gemini',
    model: 'gemini-2.5-pro',
    step: wire({
      promptTokenCount: 262_960,
      cachedContentTokenCount: 257_955,
      candidatesTokenCount: 1744,
      totalTokenCount: 264_704,
    }),
    nano: 103_161_250,
  },
  {
    bug: 'maximhq/bifrost #3451: what the start and the end of a stream both say of the cache, twice, $1.86',
    kind: 'anthropic',
    spoken: 'anthropic-messages',
    model: 'claude-opus-4-5-20251101',
    step: reported(6, 0, 159_217, 2745),
    nano: 1_063_761_250,
  },
  {
    bug: 'maximhq/bifrost #5354, #5510: cache reads of Kimi twice, 346,362 tokens for 173,306',
    kind: 'anthropic-compatible',
    spoken: 'anthropic-messages',
    model: 'kimi-k3',
    step: played('usage-kimi'),
    prices: { '*': PRICES },
    nano: 250 * 3000 + 173_056 * 300 + 20 * 15_000,
  },
  {
    bug: 'maximhq/bifrost PR #5355, PR #6598: cache reads of Qwen twice',
    kind: 'anthropic-compatible',
    spoken: 'anthropic-messages',
    model: 'qwen3.7-plus',
    step: played('usage-qwen'),
    prices: { '*': PRICES },
    nano: 18 * 3000 + 8831 * 300 + 426 * 15_000,
  },
  {
    bug: 'CLIProxyAPI PR #2111, ccs PR #1574: zeros at the end of a stream',
    kind: 'anthropic-compatible',
    spoken: 'anthropic-messages',
    model: 'm',
    step: played('usage-zeros-at-end'),
    prices: { '*': PRICES },
    nano: 640 * 3000 + 60 * 300 + 12 * 15_000,
  },
  {
    bug: 'freellmapi PR #845: 1 in and 23 out by an estimate, where the provider counted 3263 and 15',
    kind: 'openai-compatible',
    spoken: 'openai-chat',
    model: 'm',
    step: wire({ prompt_tokens: 3263, completion_tokens: 15, total_tokens: 3278 }),
    prices: { '*': PRICES },
    nano: 3263 * 3000 + 15 * 15_000,
  },
];

describe('bills on record', function () {
  this.timeout(20_000);
  let fake: FakeProvider;
  let gateway: TestGateway;
  afterEach(async () => {
    await gateway.close();
    await fake.close();
  });

  async function start(kind: string, model: string, step: Step, more: object = {}, budgets: readonly object[] = []): Promise<void> {
    fake = await startFakeProvider({ key: KEY, script: () => step });
    const base = /anthropic|google|gemini/.test(kind) ? fake.url : `${fake.url}/v1`;
    gateway = await startGateway({
      provider: fake.url,
      config: { providers: { fake: { kind, baseUrl: base, ...more } }, budgets },
      agent: { model: `fake/${model}` },
    });
  }

  for (const { bug, kind, spoken, model, step, nano, prices } of BILLS) {
    it(bug, async () => {
      await start(kind, model, step, prices && { prices });
      const forms = step.raw === undefined ? [true, false] : [true];
      const others = spoken === 'anthropic-messages' ? 'openai-chat' : 'anthropic-messages';
      let count = 0;
      for (const dialect of [spoken, others] as const) {
        for (const stream of forms) {
          const { status, text } = await ask(gateway, dialect, stream);
          assert.equal(status, 200, text);
          const row = (await gateway.rows(++count)).at(-1)!;
          assert.deepEqual([row.costNano, row.estimated, row.settled], [nano, false, 'done'], `${dialect}, ${stream}`);
          assert.equal(row.mode, dialect === spoken ? 'relay' : 'translate');
        }
      }
      assert.equal(gateway.running.ledger.usage({ by: [] })[0]?.costNano, count * nano);
    });
  }

  const billed = wire({ prompt_tokens: 100, completion_tokens: 10, total_tokens: 110, cost: 0.00095 });
  const printed = (by: string) => {
    const args = ['src/cli.ts', 'usage', '--data', gateway.dataDir, '--json', '--by', by];
    const { stdout } = spawnSync(process.execPath, args, { cwd: path.resolve(import.meta.dirname, '../..') });
    return JSON.parse(stdout.toString()).rows[0];
  };

  it('what has no price costs what its provider billed: in its row, in the sums, under a budget, and it says so', async () => {
    await start('openrouter', 'nobody/knows-1', billed, {}, [{ scope: {}, window: 'day', usd: 1, unpriced: 'allow' }]);
    for (const stream of [true, false]) assert.equal((await ask(gateway, 'openai-chat', stream)).status, 200);
    for (const row of await gateway.rows(2))
      assert.deepEqual([row.costNano, row.billedNano, row.estimated], [950_000, 950_000, false]);
    const { ledger } = gateway.running;
    const [standing] = ledger.budgets.standings();
    assert.deepEqual([standing?.spent, standing?.unpriced, standing?.reserved], [1_900_000, 0, 0]);
    const request = printed('request');
    assert.deepEqual(
      [request.costUsd, request.billedUsd, request.asBilled, request.unpriced],
      ['0.000950000', '0.000950000', 1, 0],
    );
    const model = printed('model');
    assert.deepEqual([model.costUsd, model.unpriced], ['0.001900000', 0]);
  });

  it('what has a price costs that, with the bill beside it', async () => {
    await start('openrouter', 'nobody/knows-1', billed, { prices: { '*': PRICES } });
    await ask(gateway, 'openai-chat', true);
    const row = await gateway.row();
    assert.deepEqual([row.costNano, row.billedNano], [100 * 3000 + 10 * 15_000, 950_000]);
    const request = printed('request');
    assert.deepEqual([request.costUsd, request.billedUsd, request.asBilled], ['0.000450000', '0.000950000', 0]);
  });

  it('an attempt before the last costs what its own tier costs', async () => {
    const usage = { input_tokens: 1000, output_tokens: 10, service_tier: 'batch' };
    fake = await startFakeProvider({
      key: KEY,
      script: [
        { errorEvent: { status: 529 }, afterEvents: 1, usage: { wire: usage } },
        wire({ ...usage, service_tier: 'standard' }),
      ],
    });
    gateway = await startGateway({
      provider: fake.url,
      config: { providers: { fake: { kind: 'anthropic', baseUrl: fake.url } }, retries: { attempts: 1 } },
    });
    assert.equal((await ask(gateway, 'anthropic-messages', true)).status, 200);
    const [row] = await eventually(
      () => gateway.running.ledger.requests({}),
      (all) => all.length > 0,
    );
    // Claude Opus 5.5 costs 4 and 20 dollars a million tokens: half of that in a batch.
    const once = 1000 * 4000 + 10 * 20_000;
    assert.deepEqual([row?.attempts, row?.costNano, row?.trace?.tries[0]?.costNano], [2, once / 2 + once, once / 2]);
  });
});
