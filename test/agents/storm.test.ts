import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DialectId } from '../../src/core/ir/dialect.ts';
import { faultNamed } from '../support/faults/catalogue.ts';
import { storm, type Storm } from '../support/faults/storm.ts';
import type { Answerer } from '../support/fake-providers/script.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { toolLoop } from '../support/fake-providers/tool-loop.ts';
import { type Gateway, startGateway } from './launch/gateway.ts';
import type { AgentName } from './launch/programs.ts';
import { RUN } from './launch/run-agent.ts';

const SHARE = 0.3;
/** Each adds its line to the file, so what is done twice shows. */
const LINES = 6;
const FINAL = 'All lines are written, and I have read them back.';
/** Of each answer. What an attempt used that nobody told is estimated with less output; more input, and Codex would begin to compact. */
const TOKENS = { input: 1200, output: 1000 };

interface Provider {
  readonly id: string;
  readonly dialect: DialectId;
  readonly basePath: string;
  readonly model: string;
}

const ANTHROPIC: Provider = { id: 'anthropic', dialect: 'anthropic-messages', basePath: '', model: 'claude-opus-5-5' };
const OPENAI: Provider = { id: 'openai', dialect: 'openai-responses', basePath: '/v1', model: 'gpt-5.5' };
const GOOGLE: Provider = { id: 'google', dialect: 'gemini', basePath: '', model: 'gemini-3.1-pro-preview' };

/** The same vendor's dialect at another address. */
const spare = (provider: Provider): Provider => ({ ...provider, id: 'spare' });

const CASES: readonly { readonly agent: AgentName; readonly first: Provider; readonly second: Provider; readonly seed: number }[] =
  [
    { agent: 'claude-code', first: ANTHROPIC, second: spare(ANTHROPIC), seed: 3 },
    { agent: 'claude-code', first: ANTHROPIC, second: OPENAI, seed: 5 },
    { agent: 'codex', first: OPENAI, second: ANTHROPIC, seed: 7 },
    { agent: 'gemini-cli', first: GOOGLE, second: spare(GOOGLE), seed: 9 },
  ];

/** Writes line after line with the shell, reads the file, says so; by what the conversation already holds. */
const writeAndRead: Answerer = (request) => {
  const { read } = request;
  const done = read.turns.flatMap(({ pieces }) => pieces).filter(({ kind }) => kind === 'tool-result').length;
  const command = done < LINES ? `printf 'line %s\\n' ${done + 1} >> lines.txt` : done === LINES ? 'cat lines.txt' : undefined;
  if (command === undefined) return { text: FINAL, usage: TOKENS };
  // A loop of one call: it is to see a conversation that has had none.
  return { ...toolLoop({ command, final: FINAL })({ ...request, read: { ...read, turns: [] } }), usage: TOKENS };
};

for (const { agent, first, second, seed } of CASES) {
  describe(`${agent} in a storm, on ${first.dialect} with a fallback on ${second.dialect}`, () => {
    const key = `canary-${randomBytes(18).toString('hex')}`;
    const fakes: FakeProvider[] = [];
    const weathers: Storm[] = [];
    let gateway: Gateway | undefined;

    after(async () => {
      await gateway?.stop();
      for (const fake of fakes) await fake.close();
      gateway?.remove();
    });

    it('finishes its task: every tool was run once, and every answer was paid once', async function () {
      this.timeout(120_000);
      for (const [at, { dialect }] of [first, second].entries()) {
        const weather = storm(seed + at, SHARE, writeAndRead);
        weathers.push(weather);
        fakes.push(await startFakeProvider({ dialect, key, countFrom: at * 10_000, script: weather }));
      }
      const kindOf = ({ dialect }: Provider): string =>
        dialect === 'anthropic-messages'
          ? 'anthropic-compatible'
          : dialect === 'gemini'
            ? 'gemini-compatible'
            : 'openai-compatible';
      const prices = { '*': { input: 1, output: 1 } };
      const provider = (of: Provider, fake: FakeProvider | undefined) => ({
        kind: kindOf(of),
        baseUrl: `${fake?.url}${of.basePath}`,
        dialects: [of.dialect],
        prices,
      });
      gateway = await startGateway(
        {
          providers: { [first.id]: provider(first, fakes[0]), [second.id]: provider(second, fakes[1]) },
          keys: [first, second].map(({ id }) => ({ id: `${id}/test`, provider: id, env: 'REAL_PROVIDER_KEY' })),
          agents: { [agent]: { model: `${first.id}/${first.model}`, fallbacks: [`${second.id}/${second.model}`] } },
        },
        { REAL_PROVIDER_KEY: key },
      );
      const result = await RUN[agent]({
        ...gateway.agent(agent),
        workspace: gateway.folder('workspace'),
        home: gateway.folder('home'),
        task: `write ${LINES} lines to lines.txt with the shell, one by one, and read them`,
      });
      const shown = () =>
        `${JSON.stringify(weathers.map(({ given }) => given))}\n${result.stderr}\n${result.stdout}`.slice(0, 3000);
      assert.equal(result.final, FINAL, shown());
      assert.equal(
        readFileSync(join(gateway.folder('workspace'), 'lines.txt'), 'utf8'),
        Array.from({ length: LINES }, (_, at) => `line ${at + 1}\n`).join(''),
        shown(),
      );

      const given = weathers.flatMap((weather) => weather.given);
      const failed = given.filter((name) => name !== undefined && faultNamed(name).right !== 'answer');
      assert.ok(failed.length > 0, `a calm day: ${shown()}`);
      assert.deepEqual(
        fakes.flatMap(({ requests }) => requests.flatMap(({ refusal }) => refusal ?? [])),
        [],
      );

      const told = given.filter(
        (name) => name === undefined || (faultNamed(name).right === 'answer' && name !== 'usage-absent'),
      ).length;
      const rows = await gateway.usage('request');
      const billed = rows.map((row) => Math.floor(Number(row['output']) / TOKENS.output));
      assert.equal(
        billed.reduce((sum, count) => sum + count, 0),
        told,
        `${JSON.stringify(rows)}\n${shown()}`,
      );
    });
  });
}
