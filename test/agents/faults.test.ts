import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { DialectId } from '../../src/core/ir/dialect.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import type { Step } from '../support/fake-providers/script.ts';
import { type Gateway, startGateway } from './launch/gateway.ts';
import type { AgentName, AgentResult } from './launch/programs.ts';
import { RUN } from './launch/run-agent.ts';

const FIRST_HALF = 'Of the four gates of the town the northern one is closed at dusk, and';
const SECOND_HALF = 'the other three at midnight.';
const TOKENS = { input: 900, output: 30 };

interface Case {
  readonly agent: AgentName;
  readonly provider: string;
  readonly dialect: DialectId;
  readonly basePath: string;
  readonly model: string;
  /** What this provider says when it has too much to do. */
  readonly overloaded: number;
}

const ANTHROPIC = {
  provider: 'anthropic',
  dialect: 'anthropic-messages',
  basePath: '',
  model: 'claude-opus-5-5',
  overloaded: 529,
} as const;
const OPENAI = { provider: 'openai', dialect: 'openai-responses', basePath: '/v1', model: 'gpt-5.5', overloaded: 503 } as const;
const GOOGLE = { provider: 'google', dialect: 'gemini', basePath: '', model: 'gemini-3.1-pro-preview', overloaded: 503 } as const;

/** Relayed, then translated: what an agent does about a failure hangs on how its own dialect would have told it. */
const CASES: readonly Case[] = [
  { agent: 'claude-code', ...ANTHROPIC },
  { agent: 'claude-code', ...OPENAI },
  { agent: 'claude-code', ...GOOGLE },
  { agent: 'codex', ...ANTHROPIC },
];

for (const { agent, provider, dialect, basePath, model, overloaded } of CASES) {
  describe(`${agent}, when ${provider} fails`, () => {
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
      fake = await startFakeProvider({ dialect, key, script: [first] });
      fake.script(() => ({ ...then, usage: TOKENS }));
      gateway = await startGateway(
        {
          providers: { [provider]: { kind: provider, baseUrl: fake.url + basePath, dialects: [dialect] } },
          keys: [{ id: `${provider}/test`, provider, env: 'REAL_PROVIDER_KEY' }],
          agents: { [agent]: { model: `${provider}/${model}` } },
        },
        { REAL_PROVIDER_KEY: key },
      );
      return RUN[agent]({
        ...gateway.agent(agent),
        workspace: gateway.folder('workspace'),
        home: gateway.folder('home'),
        task: 'when do the gates close?',
      });
    }

    const settled = async (): Promise<readonly unknown[]> =>
      ((await gateway?.usage('request')) ?? []).map((row) => row['settled']).toReversed();

    for (const cut of ['reset', 'eof'] as const) {
      it(`never takes half an answer for the whole one: the stream ends in the middle (${cut})`, async () => {
        // After the events that open an answer, in each dialect, and before those that end it: the cut falls into visible text.
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

    it(`gets over a provider that is overloaded for a moment (${overloaded}), which costs nothing`, async () => {
      const result = await ask({ error: { status: overloaded } }, { text: FIRST_HALF });
      assert.equal(result.final, FIRST_HALF, result.stdout + result.stderr);
      assert.deepEqual(
        fake?.requests.filter(({ operation }) => operation === 'generate').map(({ status }) => status),
        [overloaded, 200],
      );
      assert.equal((await settled()).at(-1), 'done');
      const [row] = (await gateway?.usage('agent')) ?? [];
      assert.deepEqual({ input: row?.['input'], output: row?.['output'] }, TOKENS);
    });
  });
}
