import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import type { Step } from '../support/fake-providers/script.ts';
import { runClaudeCode } from './launch/claude-code.ts';
import { type Gateway, startGateway } from './launch/gateway.ts';
import type { AgentResult } from './launch/programs.ts';

const FIRST_HALF = 'Of the four gates of the town the northern one is closed at dusk, and';
const SECOND_HALF = 'the other three at midnight.';
const TOKENS = { input: 900, output: 30 };

describe('claude-code, when the provider fails', () => {
  let fake: FakeProvider | undefined;
  let gateway: Gateway | undefined;

  afterEach(async () => {
    await gateway?.stop();
    await fake?.close();
    gateway?.remove();
    gateway = undefined;
    fake = undefined;
  });

  async function ask(first: Step, then: Step): Promise<AgentResult> {
    const key = `canary-${randomBytes(18).toString('hex')}`;
    fake = await startFakeProvider({ dialect: 'anthropic-messages', key, script: [first] });
    fake.script(() => ({ ...then, usage: TOKENS }));
    gateway = await startGateway(
      {
        providers: { anthropic: { kind: 'anthropic', baseUrl: fake.url } },
        keys: [{ id: 'anthropic/test', provider: 'anthropic', env: 'REAL_PROVIDER_KEY' }],
        agents: { 'claude-code': { model: 'anthropic/claude-opus-5-5' } },
      },
      { REAL_PROVIDER_KEY: key },
    );
    return runClaudeCode({
      ...gateway.agent('claude-code'),
      workspace: gateway.folder('workspace'),
      home: gateway.folder('home'),
      task: 'when do the gates close?',
    });
  }

  const settled = async (): Promise<readonly unknown[]> =>
    ((await gateway?.usage('request')) ?? []).map((row) => row['settled']).toReversed();

  for (const cut of ['reset', 'eof'] as const) {
    it(`never takes half an answer for the whole one: the stream ends in the middle (${cut})`, async () => {
      // message_start, content_block_start, then deltas: the cut falls into visible text.
      const result = await ask({ text: `${FIRST_HALF} ${SECOND_HALF}`, pieces: 12, cut, afterEvents: 8 }, { text: SECOND_HALF });
      assert.ok(
        result.final === undefined || result.final.endsWith(SECOND_HALF),
        `it ended well with ${JSON.stringify(result.final)}\n${result.stderr}`,
      );
      assert.ok((fake?.requests.length ?? 0) >= 2, 'it asked again');
      const [first, ...rest] = await settled();
      assert.equal(first, 'truncated');
      assert.deepEqual([...new Set(rest)], ['done']);
    });
  }

  it('gets over a provider that is overloaded for a moment (529), which costs nothing', async () => {
    const overloaded = { status: 529, type: 'overloaded_error', message: 'Overloaded' };
    const result = await ask({ error: overloaded }, { text: FIRST_HALF });
    assert.equal(result.final, FIRST_HALF, result.stdout + result.stderr);
    assert.deepEqual(
      fake?.requests.filter(({ operation }) => operation === 'generate').map(({ status }) => status),
      [529, 200],
    );
    assert.equal((await settled()).at(-1), 'done');
    const [row] = (await gateway?.usage('agent')) ?? [];
    assert.deepEqual({ input: row?.['input'], output: row?.['output'] }, TOKENS);
  });
});
