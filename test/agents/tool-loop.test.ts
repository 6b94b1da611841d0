import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DialectId } from '../../src/core/ir/dialect.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { toolLoop } from '../support/fake-providers/tool-loop.ts';
import { type Gateway, type LedgerRow, startGateway } from './launch/gateway.ts';
import { attemptsToLeave } from './launch/namespace.ts';
import type { AgentName, AgentResult } from './launch/programs.ts';
import { RUN } from './launch/run-agent.ts';

interface Case {
  readonly agent: AgentName;
  readonly dialect: DialectId;
  /** Its kind is its name. */
  readonly provider: string;
  readonly basePath: string;
  readonly model: string;
  /** The header that must carry the real key, and how. */
  readonly credential: (key: string) => readonly [header: string, value: string];
  /** A variable that shows that the tool's environment is the agent's, so that its silence about the key means something. */
  readonly tokenVariable: string;
}

const CASES: readonly Case[] = [
  {
    agent: 'claude-code',
    dialect: 'anthropic-messages',
    provider: 'anthropic',
    basePath: '',
    model: 'claude-opus-5-5',
    credential: (key) => ['x-api-key', key],
    tokenVariable: 'ANTHROPIC_AUTH_TOKEN',
  },
  {
    agent: 'codex',
    dialect: 'openai-responses',
    provider: 'openai',
    basePath: '/v1',
    model: 'gpt-5.5',
    credential: (key) => ['authorization', `Bearer ${key}`],
    tokenVariable: 'GATEHOUSE_TOKEN',
  },
  {
    agent: 'gemini-cli',
    dialect: 'gemini',
    provider: 'google',
    basePath: '',
    model: 'gemini-3.1-pro-preview',
    credential: (key) => ['x-goog-api-key', key],
    tokenVariable: 'GEMINI_API_KEY',
  },
  {
    agent: 'opencode',
    dialect: 'openai-chat',
    provider: 'mistral',
    basePath: '/v1',
    model: 'mistral-large-latest',
    credential: (key) => ['authorization', `Bearer ${key}`],
    tokenVariable: 'OPENAI_API_KEY',
  },
  {
    agent: 'qwen-code',
    dialect: 'openai-chat',
    provider: 'groq',
    basePath: '/v1',
    model: 'qwen/qwen3-32b',
    credential: (key) => ['authorization', `Bearer ${key}`],
    tokenVariable: 'OPENAI_API_KEY',
  },
];

const FINAL = 'The file is written; nothing else was touched.';
const CONTENT = 'written by a real agent';
/** Of each answer that the fake provider gives. */
const TOKENS = { input: 1200, cacheRead: 300, output: 45 };

for (const { agent, dialect, provider, basePath, model, credential, tokenVariable } of CASES) {
  describe(`${agent} through the gateway`, () => {
    const key = `canary-${randomBytes(18).toString('hex')}`;
    let fake: FakeProvider;
    let gateway: Gateway;
    let result: AgentResult;
    let leaving: number;

    before(async function () {
      this.timeout(180_000);
      const leftBefore = attemptsToLeave();
      const loop = toolLoop({ command: `printf '%s' '${CONTENT}' > hello.txt; env > environment.txt`, final: FINAL });
      fake = await startFakeProvider({ dialect, key, script: (request) => ({ ...loop(request), usage: TOKENS }) });
      gateway = await startGateway(
        {
          providers: { [provider]: { kind: provider, baseUrl: fake.url + basePath } },
          keys: [{ id: `${provider}/test`, provider, env: 'REAL_PROVIDER_KEY' }],
          agents: { [agent]: { model: `${provider}/${model}` } },
        },
        { REAL_PROVIDER_KEY: key },
      );
      result = await RUN[agent]({
        ...gateway.agent(agent),
        workspace: gateway.folder('workspace'),
        home: gateway.folder('home'),
        task: 'create hello.txt with the shell',
      });
      leaving = attemptsToLeave() - leftBefore;
    });

    after(async () => {
      await gateway?.stop();
      await fake?.close();
      gateway?.remove();
    });

    const workspaceFile = (name: string): string => readFileSync(join(gateway.folder('workspace'), name), 'utf8');
    const answered = (): FakeProvider['requests'] => fake.requests.filter(({ operation }) => operation === 'generate');

    it('runs the tool it was told to run and prints the final answer', () => {
      assert.equal(result.code, 0, result.stderr + result.stdout);
      assert.equal(workspaceFile('hello.txt'), CONTENT);
      assert.equal(result.final, FINAL);
    });

    it('asks a provider as strict as the real one nothing that it refuses', () => {
      assert.ok(answered().length >= 2, 'a tool loop takes two requests');
      assert.deepEqual(
        fake.requests.map(({ path, status, refusal }) => ({ path, status, refusal })).filter(({ status }) => status !== 200),
        [],
      );
      assert.deepEqual([...new Set(answered().map(({ read }) => read?.model))], [model]);
    });

    it('reaches the provider with the real key and never with the local token', () => {
      const { token } = gateway.agent(agent);
      const [header, value] = credential(key);
      for (const request of fake.requests) {
        assert.equal(request.headers[header], value);
        const everything = [request.path, ...request.rawHeaders, request.raw.toString('utf8')].join('\n');
        assert.ok(!everything.includes(token), `the local token went to the provider in ${request.method} ${request.path}`);
      }
    });

    it('is booked to the token, each request once', async () => {
      const count = answered().length;
      const requests = await gateway.usage('request');
      assert.deepEqual(
        requests.map(({ settled, target }) => ({ settled, target })),
        Array.from({ length: count }, () => ({ settled: 'done', target: `${provider}/${model}` })),
      );
      const [row, ...others] = await gateway.usage('agent,model');
      assert.deepEqual(others, []);
      assert.deepEqual(figures(row), {
        agent,
        model,
        requests: count,
        errors: 0,
        estimated: 0,
        input: TOKENS.input * count,
        cacheRead: TOKENS.cacheRead * count,
        output: TOKENS.output * count,
      });
      assert.ok(Number(row?.['costUsd']) > 0, `a priced model costs something, not ${row?.['costUsd']}`);
    });

    it('leaves the key nowhere: not in output, data, home or workspace, nor in the environment of what the agent runs', () => {
      assert.match(workspaceFile('environment.txt'), new RegExp(`^${tokenVariable}=`, 'm'));
      assert.deepEqual(gateway.placesOf(key), []);
      assert.ok(!(result.stdout + result.stderr).includes(key));
    });

    it('dials nothing but the gateway, not even a look-up', () => {
      assert.equal(leaving, 0);
    });

    it('lets the gateway drain and end by itself, the key still nowhere on disk', async () => {
      assert.equal(await gateway.stop(), 0);
      assert.deepEqual(gateway.placesOf(key), []);
    });
  });
}

function figures(row: LedgerRow | undefined): object {
  const { agent, model, requests, errors, estimated, input, cacheRead, output } = row ?? {};
  return { agent, model, requests, errors, estimated, input, cacheRead, output };
}
