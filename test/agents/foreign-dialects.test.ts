import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DialectId } from '../../src/core/ir/dialect.ts';
import type { Loss } from '../../src/core/ir/loss.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { type ToolLoop, toolLoop } from '../support/fake-providers/tool-loop.ts';
import { type Gateway, type LedgerRow, startGateway } from './launch/gateway.ts';
import { attemptsToLeave } from './launch/namespace.ts';
import type { AgentName, AgentResult } from './launch/programs.ts';
import { RUN } from './launch/run-agent.ts';
import { generated, refused, requestsHolding, requestsHoldingTags, signaturesIn } from './launch/seen-by-provider.ts';

/** Quotation marks, backslashes, a tab, letters outside ASCII: what arguments that are escaped twice or cut in two would spoil. */
const FIRST_LINES = 'a "quoted" word, C:\\temp\\new,\ta tab\nGrüße, 世界, 🌍 and \\u0041\n';
const SECOND_LINE = 'and a line from the shell\n';
const FIRST_FINAL = 'The file is written.\nIts second line greets "the world".';
const SECOND_FINAL = 'One more line: das war alles, 再见.';
const THOUGHT = 'The user wants a file. I shall write it with the tool for files.';
/** Of each answer that the fake provider gives. */
const TOKENS = { input: 1200, cacheRead: 300, output: 45 };

const ALARMING: readonly Loss[] = ['missing-tool-result', 'unparsed-arguments', 'dropped-answer-block', 'dropped-media'];

interface Case {
  readonly agent: AgentName;
  /** Left out: the dialect that the agent prefers. */
  readonly speaks?: DialectId;
  /** The model that the agent believes to be talking to. */
  readonly asks?: string;
  readonly provider: DialectId;
  readonly model: string;
  /** For models that the price book does not know. */
  readonly priced?: true;
  /** The call that writes `FIRST_LINES` to notes.txt. */
  readonly write: (path: string) => Pick<ToolLoop, 'tool' | 'args' | 'command'>;
  /** Variables that forbid the agent to think, for the second prompt. */
  readonly thoughtless?: Readonly<Record<string, string>>;
  /**
   * On `--resume` Gemini CLI sends each tool result of the old session twice, which the strict Gemini refuses when it is relayed
   * (0.61.0). Translated, the second one is a text, and named as a loss.
   */
  readonly repeatsResults?: true;
}

const write: Case['write'] = (path) => ({
  tool: ['Write', 'write_file', 'write'],
  args: (tool) => ({ [tool === 'write' ? 'filePath' : 'file_path']: path, content: FIRST_LINES }),
});
const writeWithShell: Case['write'] = () => ({ command: `printf '%s' '${FIRST_LINES}' > notes.txt` });
const writeWithPatch: Case['write'] = () => ({ tool: 'apply_patch', args: { input: patchOf(FIRST_LINES) } });
/** The newest models of OpenAI have one tool for everything: a program that calls the others. */
const writeWithProgram: Case['write'] = () => ({ tool: 'functions__exec', args: { input: programOf(writeCommand()) } });

const CLAUDE = { agent: 'claude-code', write, thoughtless: { CLAUDE_CODE_DISABLE_THINKING: '1' } } as const;
const GEMINI = { agent: 'gemini-cli', write, repeatsResults: true } as const;

const CASES: readonly Case[] = [
  { ...CLAUDE, provider: 'openai-responses', model: 'gpt-5.5' },
  { ...CLAUDE, provider: 'gemini', model: 'gemini-3.1-pro-preview' },
  { ...CLAUDE, provider: 'openai-chat', model: 'gpt-5.5' },
  { agent: 'codex', asks: 'gpt-5.5', provider: 'anthropic-messages', model: 'claude-opus-5-5', write: writeWithPatch },
  { agent: 'codex', asks: 'gpt-6.1-sol', provider: 'anthropic-messages', model: 'claude-sonnet-4-5', write: writeWithProgram },
  { agent: 'codex', asks: 'gpt-5.5', provider: 'gemini', model: 'gemini-3.1-pro-preview', write: writeWithPatch },
  { agent: 'codex', asks: 'gpt-5', provider: 'openai-chat', model: 'qwen3', priced: true, write: writeWithShell },
  { ...GEMINI, provider: 'anthropic-messages', model: 'claude-opus-5-5' },
  { ...GEMINI, asks: 'gemini-3.1-pro-preview', provider: 'openai-chat', model: 'gpt-4.1' },
  { agent: 'opencode', provider: 'anthropic-messages', model: 'claude-sonnet-4-5', write },
  { agent: 'opencode', provider: 'gemini', model: 'gemini-3.1-pro-preview', write },
  { agent: 'qwen-code', speaks: 'anthropic-messages', provider: 'openai-responses', model: 'gpt-5.5', write },
  { agent: 'qwen-code', speaks: 'gemini', provider: 'openai-chat', model: 'qwen3', priced: true, write },
];

const PROVIDERS: Readonly<Record<DialectId, { readonly kind: string; readonly basePath: string }>> = {
  'openai-chat': { kind: 'openai', basePath: '/v1' },
  'openai-responses': { kind: 'openai', basePath: '/v1' },
  'anthropic-messages': { kind: 'anthropic', basePath: '' },
  gemini: { kind: 'google', basePath: '' },
};

for (const { agent, speaks, asks, provider, model, priced, write: writing, thoughtless, repeatsResults } of CASES) {
  const spoken = speaks === undefined ? '' : ` speaking ${speaks}`;
  describe(`${agent}${spoken}${asks === undefined ? '' : `, asking for ${asks},`} on ${provider} (${model})`, () => {
    const key = `canary-${randomBytes(18).toString('hex')}`;
    let fake: FakeProvider;
    let gateway: Gateway;
    let first: AgentResult;
    let second: AgentResult;
    let inFirst: number;
    let leaving: number;

    before(async function () {
      this.timeout(180_000);
      const leftBefore = attemptsToLeave();
      fake = await startFakeProvider({ dialect: provider, key });
      const { kind, basePath } = PROVIDERS[provider];
      const prices = priced === undefined ? {} : { prices: { '*': { input: 1, cacheRead: 0.1, output: 4 } } };
      gateway = await startGateway(
        {
          providers: { fake: { kind, baseUrl: fake.url + basePath, dialects: [provider], ...prices } },
          keys: [{ id: 'fake/test', provider: 'fake', env: 'REAL_PROVIDER_KEY' }],
          agents: { [agent]: { model: `fake/${model}` } },
        },
        { REAL_PROVIDER_KEY: key },
      );
      const run = {
        ...gateway.agent(agent),
        workspace: gateway.folder('workspace'),
        home: gateway.folder('home'),
        ...(speaks === undefined ? {} : { dialect: speaks }),
        ...(asks === undefined ? {} : { model: asks }),
      };
      const writeLoop = toolLoop({ ...writing(join(run.workspace, 'notes.txt')), final: FIRST_FINAL });
      fake.script((request) => ({ thinking: THOUGHT, pieces: 5, ...writeLoop(request), usage: TOKENS }));
      first = await RUN[agent]({ ...run, task: 'write notes.txt' });
      inFirst = generated(fake).length;
      const command = `printf '%s' '${SECOND_LINE}' >> notes.txt`;
      const appendLoop = toolLoop({
        command,
        tool: 'functions__exec',
        args: { input: programOf(command) },
        final: SECOND_FINAL,
      });
      fake.script((request) => ({ ...appendLoop(request), usage: TOKENS }));
      const variables = thoughtless === undefined ? {} : { variables: thoughtless };
      second = await RUN[agent]({ ...run, ...variables, task: 'add a line to it', resume: true });
      leaving = attemptsToLeave() - leftBefore;
    });

    after(async () => {
      await gateway?.stop();
      await fake?.close();
      gateway?.remove();
    });

    it('asks a provider as strict as the real one nothing that it refuses', () => {
      assert.ok(inFirst >= 2, `a tool loop takes two requests, not ${inFirst}\n${said(first)}`);
      assert.deepEqual(refused(fake), []);
      assert.deepEqual([...new Set(generated(fake).map(({ read }) => read?.model))], [model]);
    });

    it('edits a file, goes on after a second prompt, and prints both answers', () => {
      for (const [result, final] of [
        [first, FIRST_FINAL],
        [second, SECOND_FINAL],
      ] as const) {
        assert.equal(result.code, 0, said(result));
        assert.equal(result.final, final, said(result));
      }
      assert.equal(readFileSync(join(gateway.folder('workspace'), 'notes.txt'), 'utf8'), FIRST_LINES + SECOND_LINE);
      assert.ok(requestsHolding(fake, 'write notes.txt').length > inFirst, 'the second prompt goes on with the first session');
    });

    it('gives the provider back what it signed, and nothing that is ours', () => {
      assert.deepEqual(requestsHoldingTags(fake), []);
      if (provider === 'openai-chat') return;
      const replayed = generated(fake).slice(0, inFirst).flatMap(signaturesIn);
      assert.notEqual(replayed.length, 0, 'the thinking before the tool call went back with its result');
    });

    it('is booked as translated, each request once, with its tokens and its price', async () => {
      const rows = await gateway.usage('request');
      const each = { settled: 'done', mode: 'translate', target: `fake/${model}`, ...TOKENS, priced: true };
      assert.deepEqual(
        rows.map(figures),
        generated(fake).map(() => each),
      );
      // An agent that keeps to its own dialect gives no cause for these.
      const alarming = repeatsResults === true ? ALARMING : [...ALARMING, 'orphan-tool-result'];
      const losses = new Set(rows.flatMap((row) => String(row['losses']).split(',')));
      assert.deepEqual(
        alarming.filter((loss) => losses.has(loss)),
        [],
      );
    });

    it('keeps the token from the provider, the key from the agent, and dials nothing else', () => {
      assert.deepEqual(requestsHolding(fake, gateway.agent(agent).token), []);
      assert.deepEqual(gateway.placesOf(key), []);
      assert.ok(!(first.stdout + first.stderr + second.stdout + second.stderr).includes(key));
      assert.equal(leaving, 0);
    });
  });
}

function figures(row: LedgerRow): object {
  const { settled, mode, target, input, cacheRead, output } = row;
  return { settled, mode, target, input, cacheRead, output, priced: Number(row['costUsd']) > 0 };
}

function said({ stdout, stderr }: AgentResult): string {
  return `${stderr}\n${stdout}`.slice(-3000);
}

function writeCommand(): string {
  return `printf '%s' '${FIRST_LINES}' > notes.txt`;
}

/** In Codex's own format, which its `apply_patch` takes as plain text. */
function patchOf(content: string): string {
  const lines = content.split('\n').slice(0, -1);
  return ['*** Begin Patch', '*** Add File: notes.txt', ...lines.map((line) => `+${line}`), '*** End Patch', ''].join('\n');
}

function programOf(command: string): string {
  return `const result = await tools.exec_command(${JSON.stringify({ cmd: command })});\ntext(result);`;
}
