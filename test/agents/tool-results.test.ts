import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DialectId } from '../../src/core/ir/dialect.ts';
import type { Answerer, StepToolCall } from '../support/fake-providers/script.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { type Gateway, startGateway } from './launch/gateway.ts';
import type { AgentName } from './launch/programs.ts';
import { RUN } from './launch/run-agent.ts';
import { generated, refused } from './launch/seen-by-provider.ts';

/** Ten red pixels by ten: the smallest that both agents take for an image. */
const IMAGE = 'iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR4nGP4z8CAB+GTG8HSALfKY52fTcuYAAAAAElFTkSuQmCC';
const FINAL = 'One worked, one failed, and the picture is red.';

/** Sums, so that what they print stands nowhere in the calls. */
const WORKS = 'echo fine-$((1200 + 34))';
const FAILS = 'echo bad-$((1300 + 45)) >&2; exit 3';

/** Three calls at once: one that works, one that fails, one that brings an image. */
const CALLS: Readonly<Partial<Record<AgentName, (picture: string) => readonly StepToolCall[]>>> = {
  'claude-code': (picture) => [
    { name: 'Bash', args: { command: WORKS } },
    { name: 'Bash', args: { command: FAILS } },
    { name: 'Read', args: { file_path: picture } },
  ],
  codex: (picture) => [
    { name: 'exec_command', args: { cmd: WORKS } },
    { name: 'exec_command', args: { cmd: FAILS } },
    { name: 'view_image', args: { path: picture } },
  ],
};

const MODELS: Readonly<Record<DialectId, { readonly kind: string; readonly basePath: string; readonly model: string }>> = {
  'openai-chat': { kind: 'openai', basePath: '/v1', model: 'gpt-5.5' },
  'openai-responses': { kind: 'openai', basePath: '/v1', model: 'gpt-5.5' },
  'anthropic-messages': { kind: 'anthropic', basePath: '', model: 'claude-sonnet-4-5' },
  gemini: { kind: 'google', basePath: '', model: 'gemini-3.1-pro-preview' },
};

const CASES: readonly (readonly [AgentName, DialectId])[] = [
  ['claude-code', 'openai-responses'],
  ['claude-code', 'openai-chat'],
  ['claude-code', 'gemini'],
  ['codex', 'anthropic-messages'],
  ['codex', 'openai-chat'],
  ['codex', 'gemini'],
];

describe('what tools give back to a provider of another dialect', function () {
  this.timeout(60_000);
  let fake: FakeProvider | undefined;
  let gateway: Gateway | undefined;

  afterEach(async () => {
    await gateway?.stop();
    await fake?.close();
    gateway?.remove();
    gateway = undefined;
    fake = undefined;
  });

  async function start(agent: AgentName, dialect: DialectId): Promise<{ readonly fake: FakeProvider; readonly gateway: Gateway }> {
    const key = `canary-${randomBytes(18).toString('hex')}`;
    const { kind, basePath, model } = MODELS[dialect];
    fake = await startFakeProvider({ dialect, key });
    gateway = await startGateway(
      {
        providers: { fake: { kind, baseUrl: fake.url + basePath, dialects: [dialect] } },
        keys: [{ id: 'fake/test', provider: 'fake', env: 'REAL_PROVIDER_KEY' }],
        agents: { [agent]: { model: `fake/${model}` } },
      },
      { REAL_PROVIDER_KEY: key },
    );
    return { fake, gateway };
  }

  for (const [agent, dialect] of CASES) {
    it(`${agent} on ${dialect}: a result, a failure and an image of three calls at once`, async () => {
      const { fake, gateway } = await start(agent, dialect);
      const workspace = gateway.folder('workspace');
      const picture = join(workspace, 'picture.png');
      writeFileSync(picture, Buffer.from(IMAGE, 'base64'));
      const toolCalls = CALLS[agent]?.(picture) ?? [];
      fake.script({ thinking: 'All three at once.', text: 'Let me look.', toolCalls }, { text: FINAL });
      const result = await RUN[agent]({ ...gateway.agent(agent), workspace, home: gateway.folder('home'), task: 'look at all' });

      assert.deepEqual(refused(fake), []);
      assert.equal(result.final, FINAL, result.stderr + result.stdout);
      const [, answered] = generated(fake);
      const body = answered?.raw.toString('utf8') ?? '';
      // Each after the words of the model that led to it, and in the order of the calls.
      const places = ['Let me look.', 'fine-$', 'bad-$', 'fine-1234', 'bad-1345', IMAGE].reduce<readonly number[]>(
        (found, text) => [...found, body.indexOf(text, (found.at(-1) ?? -1) + 1)],
        [],
      );
      assert.ok(!places.includes(-1), `not all of it came, or not in order: ${places.join(', ')}\n${body.slice(-3000)}`);
    });
  }

  it('claude-code on openai-responses: a search that only its own provider runs is refused with the reason, and the turn goes on', async () => {
    const { fake, gateway } = await start('claude-code', 'openai-responses');
    // Claude Code offers its search once it was looked for, and runs it by asking for a tool of Anthropic's server.
    const found: Answerer = ({ read }) =>
      read.tools.some((tool) => tool.name === 'WebSearch')
        ? { toolCalls: [{ name: 'WebSearch', args: { query: 'weather in Rome' } }] }
        : { text: 'WebSearch was not found.' };
    let asked = 0;
    fake.script((request) => {
      asked += 1;
      if (asked === 1) return { toolCalls: [{ name: 'ToolSearch', args: { query: 'select:WebSearch', max_results: 1 } }] };
      return asked === 2 ? found(request) : { text: FINAL };
    });
    const result = await RUN['claude-code']({
      ...gateway.agent('claude-code'),
      workspace: gateway.folder('workspace'),
      home: gateway.folder('home'),
      task: 'how is the weather in Rome?',
    });
    assert.deepEqual(refused(fake), []);
    assert.equal(result.final, FINAL, result.stderr + result.stdout);
    assert.match(
      generated(fake).at(-1)?.raw.toString('utf8') ?? '',
      /runs at its own provider and cannot be used through another one/,
    );
  });
});
