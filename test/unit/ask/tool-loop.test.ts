import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ToolResultContent } from '../../../src/core/ir/call.ts';
import type { DialectId } from '../../../src/core/ir/dialect.ts';
import { MOST_ROUNDS } from '../../../src/vscode/chat/tool-loop.ts';
import { chooseTools, DeclinedTool, MOST_RESULT, type ToolBox } from '../../../src/vscode/chat/tools.ts';
import { keptRounds, Transcripts, turnsOfRounds } from '../../../src/vscode/chat/transcripts.ts';
import type { TargetView } from '../../../src/vscode/gateway-view.ts';
import type { Step } from '../../support/fake-providers/script.ts';
import { startFakeProvider, type FakeProvider } from '../../support/fake-providers/server.ts';
import { answerTo, turn } from './answer-to.ts';
import { fakeView, settledRow, TARGET } from './fake-view.ts';
import { KEY, localGateway, TOKEN, type LocalGateway } from './local-gateway.ts';

const READ = {
  name: 'read.file',
  description: 'Reads a file.',
  inputSchema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
};
const CALL = { name: 'read_file', args: { path: 'a.ts' } };

describe('@gatehouse with tools', () => {
  let provider: FakeProvider;
  let gateway: LocalGateway;
  let ran: { name: string; input: object }[];
  async function start(dialect: DialectId): Promise<void> {
    provider = await startFakeProvider({ key: KEY, dialect });
    gateway = await localGateway(provider);
    ran = [];
  }
  afterEach(async () => {
    await gateway?.close();
    await provider?.close();
  });

  const view = (target: Partial<TargetView> = {}) =>
    fakeView(
      {
        connect: () => Promise.resolve({ endpoint: gateway.url, token: TOKEN }),
        settled: () => Promise.resolve(settledRow()),
      },
      [{ id: 'chat', target: { ...TARGET, ...target } }],
    );
  const boxOf = (invoke: (name: string, input: object, signal: AbortSignal) => Promise<readonly ToolResultContent[]>): ToolBox => ({
    all: () => [READ],
    invoke: (name, input, signal) => {
      ran.push({ name, input });
      return invoke(name, input, signal);
    },
  });
  const said = (text: string): ToolBox => boxOf(() => Promise.resolve([{ kind: 'text', text }]));
  const bodies = (): string[] => provider.requests.map((request) => request.raw.toString());

  for (const [dialect, model] of [
    ['openai-chat', 'gpt-5.6'],
    ['openai-responses', 'gpt-5.6'],
    ['anthropic-messages', 'claude-opus-5-5'],
    ['gemini', 'gemini-3-pro-preview'],
  ] as const) {
    it(`${dialect}: calls by a name that the dialect takes, carries what was thought, answers with what it found`, async () => {
      await start(dialect);
      const calls = [CALL, { ...CALL, args: { path: 'b.ts' } }];
      provider.script({ text: 'Looking.', thinking: 'Which file?', toolCalls: calls }, { text: 'It says one.' });
      const transcripts = new Transcripts();
      const first = await answerTo({ prompt: 'What is in a.ts?' }, view({ dialect, model }), { box: said('one'), transcripts });
      assert.equal(first.error, undefined);
      assert.match(first.shown, /^Looking\.\n\nIt says one\.\n\n---\nfake\/served · 2 requests · 3,000 in/);
      assert.deepEqual(ran, [
        { name: 'read.file', input: { path: 'a.ts' } },
        { name: 'read.file', input: { path: 'b.ts' } },
      ]);
      assert.match(bodies()[0] ?? '', /"name":"read_file/);
      assert.deepEqual(
        provider.requests.map(({ refusal }) => refusal),
        [undefined, undefined],
      );
      assert.equal(first.metadata.spent?.requests, 2);
      // One session, and the same beginning: that is what keeps a conversation with one target and in its prompt cache.
      assert.equal(new Set(provider.requests.map(({ headers }) => headers['x-session-id'])).size, 1);

      // The next message says all of it again, also when the window was reloaded and only the chat's own history is left.
      for (const known of [transcripts, new Transcripts()]) {
        provider.script({ text: 'Yes.' });
        const again = await answerTo(
          { prompt: 'Sure?', history: turn('What is in a.ts?', first.shown, first.metadata) },
          view({ dialect, model }),
          {
            box: said(''),
            transcripts: known,
          },
        );
        assert.equal(again.error, undefined);
        const body = bodies().at(-1) ?? '';
        for (const words of ['What is in a.ts?', 'Looking.', 'b.ts', 'one', 'It says one.', 'Sure?'])
          assert.ok(body.includes(words), words);
        assert.equal(body.includes('requests ·'), false, 'our own line goes to the model');
        assert.equal(again.metadata.session, first.metadata.session);
      }
    });
  }

  it('an image that a tool gives reaches the model', async () => {
    await start('anthropic-messages');
    provider.script({ toolCalls: [CALL] }, { text: 'A bridge.' });
    const box = boxOf(() => Promise.resolve([{ kind: 'image', mediaType: 'image/png', base64: 'aGk=' }]));
    await answerTo({ prompt: 'Look.' }, view({ dialect: 'anthropic-messages', model: 'claude-opus-5-5' }), { box });
    assert.match(
      bodies()[1] ?? '',
      /"tool_result".*"type":"image","source":\{"type":"base64","media_type":"image\/png","data":"aGk="\}/,
    );
  });

  it('tells the model what went wrong with a tool, and goes on', async () => {
    await start('openai-chat');
    provider.script({ toolCalls: [CALL, { name: 'nonsense' }, { name: 'read_file', args: '{"path":' }] }, { text: 'Sorry.' });
    const box = boxOf(() => Promise.reject(new Error('ENOENT: a.ts')));
    const outcome = await answerTo({ prompt: 'x' }, view(), { box });
    assert.match(outcome.shown, /^Sorry\./);
    const body = bodies()[1] ?? '';
    assert.match(body, /The tool failed: ENOENT: a\.ts/);
    assert.match(body, /There is no tool \\"nonsense\\"/);
    assert.match(body, /arguments are not a JSON object\. They were: \{\\"path\\":/);
    assert.equal(ran.length, 1, 'broken arguments run nothing');
  });

  it('stops when the user declines a tool, and the model hears of it with the next message', async () => {
    await start('openai-chat');
    provider.script({ text: 'I will read.', toolCalls: [CALL] });
    const transcripts = new Transcripts();
    const declined = await answerTo({ prompt: 'x' }, view(), { box: boxOf(() => Promise.reject(new DeclinedTool())), transcripts });
    assert.equal(declined.error, undefined);
    assert.match(declined.shown, /It stopped because you declined a tool\./);
    assert.equal(provider.requests.length, 1);
    assert.deepEqual(declined.metadata.followUps, [{ label: 'Go on', prompt: 'Go on.' }]);
    provider.script({ text: 'Fine.' });
    await answerTo({ prompt: 'Then do without.', history: turn('x', declined.shown, declined.metadata) }, view(), { transcripts });
    assert.match(bodies()[1] ?? '', /The user declined this call\./);
    assert.equal(provider.requests[1]?.refusal, undefined);
  });

  it('ends after so many rounds and offers to go on', async () => {
    await start('openai-chat');
    provider.script(...Array.from({ length: MOST_ROUNDS + 1 }, (): Step => ({ toolCalls: [CALL] })));
    const outcome = await answerTo({ prompt: 'x' }, view(), { box: said('again') });
    assert.equal(provider.requests.length, MOST_ROUNDS);
    assert.match(outcome.shown, new RegExp(`It stopped after ${MOST_ROUNDS} rounds with tools`));
    assert.equal(outcome.error, undefined);
    assert.deepEqual(outcome.metadata.followUps, [{ label: 'Go on', prompt: 'Go on.' }]);
  });

  it('is cancelled while a tool runs: the tool hears of it, and nothing more is asked', async () => {
    await start('openai-chat');
    provider.script({ toolCalls: [CALL] });
    const controller = new AbortController();
    let heard = false;
    const box = boxOf(async (_name, _input, signal) => {
      setTimeout(() => controller.abort(), 5);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      heard = true;
      throw new Error('cancelled');
    });
    const outcome = await answerTo({ prompt: 'x' }, view(), { box, signal: controller.signal });
    await sleep(20);
    assert.deepEqual([outcome.error, heard, provider.requests.length], [undefined, true, 1]);
  });

  it('what tools have done before an error is not forgotten', async () => {
    await start('openai-chat');
    provider.script({ toolCalls: [CALL] }, { error: { status: 503 } }, { text: 'Done.' });
    const transcripts = new Transcripts();
    const failed = await answerTo({ prompt: 'first words' }, view(), { box: said('it was deleted'), transcripts });
    assert.ok(failed.error);
    assert.equal(failed.metadata.spent?.requests, 1);
    for (const known of [transcripts, new Transcripts()]) {
      const next = await answerTo({ prompt: 'Go on.', history: turn('first words', failed.shown, failed.metadata) }, view(), {
        transcripts: known,
      });
      assert.equal(next.error, undefined);
      assert.match(bodies().at(-1) ?? '', /first words.*it was deleted.*Go on\./);
    }
    assert.equal(ran.length, 1);
  });

  it('a result that is too long is cut, and one with nothing in it says so', async () => {
    await start('openai-chat');
    provider.script({ toolCalls: [CALL] }, { toolCalls: [CALL] }, { text: 'Done.' });
    let round = 0;
    const box = boxOf(() => Promise.resolve(round++ === 0 ? [{ kind: 'text', text: 'x'.repeat(MOST_RESULT + 7) }] : []));
    await answerTo({ prompt: 'x' }, view(), { box });
    assert.match(bodies()[1] ?? '', /x\\n\(The rest, 7 characters, was cut\.\)/);
    assert.match(bodies()[2] ?? '', /\(The tool gave nothing back\.\)/);
  });

  it('offers no tools to a model that is known to call none', async () => {
    await start('openai-chat');
    await answerTo({ prompt: 'x' }, view({ toolCalling: false }), { box: said('') });
    assert.equal(bodies()[0]?.includes('"tools"'), false);
  });
});

describe('the choice of tools', () => {
  const tool = (name: string) => ({ name, description: name });
  it('takes all that fit, in their order; else those that were named go first', () => {
    const all = ['a', 'b', 'c', 'a', 'runSubagent'].map(tool);
    assert.deepEqual(
      chooseTools(all, ['c']).tools.map(({ name }) => name),
      ['a', 'b', 'c'],
    );
    const few = chooseTools(all, ['c'], 2);
    assert.deepEqual([few.tools.map(({ name }) => name), few.dropped], [['c', 'a'], 1]);
    assert.deepEqual(few.tools[0]?.parameters, { type: 'object', properties: {} });
  });
});

describe('what is kept of a chat', () => {
  const text = (value: string) => ({ kind: 'text', text: value }) as const;
  const round = (id: string, size = 1) =>
    [
      { role: 'assistant', content: [text('Hm.'), { kind: 'tool-call', callId: id, name: 't', arguments: '{}' }] },
      {
        role: 'user',
        content: [{ kind: 'tool-result', callId: id, name: 't', content: [text('r'.repeat(size))], isError: false }],
      },
    ] as const;
  it('rounds survive in short, the newest first', () => {
    const turns = [
      { role: 'user', content: [text('q')] } as const,
      ...round('1'),
      { role: 'assistant', content: [text('a')] } as const,
    ];
    assert.deepEqual(turnsOfRounds(keptRounds(turns)), [...round('1')]);
    const many = Array.from({ length: 40 }, (_, n) => round(String(n), 9_000)).flat();
    const kept = keptRounds(many);
    assert.ok(kept.length > 5 && kept.length < 40 && JSON.stringify(kept).length < 60_100, String(kept.length));
    assert.equal(kept.at(-1)?.calls[0]?.id, '39');
  });
  it('the memory of transcripts forgets the oldest', () => {
    const transcripts = new Transcripts(10);
    transcripts.keep('a', [{ role: 'user', content: [text('12345')] }]);
    transcripts.keep('b', [{ role: 'user', content: [text('123456')] }]);
    assert.deepEqual([transcripts.get('a'), transcripts.get('b')?.length], [undefined, 1]);
  });
});
