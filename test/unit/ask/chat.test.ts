import assert from 'node:assert/strict';
import type { GatewayView, AgentView } from '../../../src/vscode/gateway-view.ts';
import { exchanges, turnsWithin } from '../../../src/vscode/chat/history.ts';
import { MAX_REFERENCE, readReferences } from '../../../src/vscode/chat/references.ts';
import { costList, dollars } from '../../../src/vscode/chat/wording.ts';
import { startFakeProvider, type FakeProvider } from '../../support/fake-providers/server.ts';
import { answerTo, file, READER, turn } from './answer-to.ts';
import { fakeView, settledRow, TARGET } from './fake-view.ts';
import { KEY, localGateway, TOKEN, type LocalGateway } from './local-gateway.ts';

describe('@gatehouse', () => {
  let provider: FakeProvider;
  let gateway: LocalGateway;
  beforeEach(async () => {
    provider = await startFakeProvider({ key: KEY, dialect: 'openai-chat' });
    gateway = await localGateway(provider);
  });
  afterEach(async () => {
    await gateway.close();
    await provider.close();
  });
  const live = (change: Partial<GatewayView> = {}, agents?: readonly AgentView[]) =>
    fakeView(
      {
        connect: () => Promise.resolve({ endpoint: gateway.url, token: TOKEN }),
        settled: () => Promise.resolve(settledRow()),
        ...change,
      },
      agents,
    );
  const lastBody = () => provider.requests.at(-1)?.body as { model: string; messages: unknown[] } | undefined;

  it('answers with who answered and what it cost, and does not feed that line back to the model', async () => {
    provider.script({ text: 'It is one.', pieces: 3, thinking: 'Hm.' });
    const first = await answerTo({ prompt: 'What is a?', references: [file('/w/a.ts')] }, live());
    assert.equal(first.error, undefined);
    assert.match(first.shown, /^It is one\.\n\n---\nfake\/served · 1,500 in \(300 cached\), 56 out · \$0\.0123\n$/);
    assert.ok(first.pieces > 2, 'it streams');
    assert.deepEqual([first.metadata.footer, first.metadata.request], [first.shown.slice('It is one.'.length), 'req-1']);
    assert.deepEqual(first.metadata.spent, { requests: 1, input: 1_500, output: 56, costNano: 12_345_678, unpriced: 0 });
    assert.ok(first.metadata.session);

    const second = await answerTo(
      { prompt: 'Sure?', history: turn('What is a?', first.shown, first.metadata, undefined, [file('/w/a.ts')]) },
      live(),
    );
    assert.equal(second.error, undefined);
    assert.deepEqual(lastBody()?.messages.slice(1), [
      { role: 'user', content: 'a.ts:\n```\nconst a = 1;\n```\n\nWhat is a?' },
      { role: 'assistant', content: 'It is one.' },
      { role: 'user', content: 'Sure?' },
    ]);
  });

  it('shows no price where there is none, and none at all while the ledger has no row', async () => {
    assert.match(
      (await answerTo({ prompt: 'x' }, live({ settled: () => Promise.resolve(settledRow({ costNano: undefined })) }))).shown,
      / · unpriced\n$/,
    );
    assert.match(
      (await answerTo({ prompt: 'x' }, live({ settled: () => Promise.resolve(settledRow({ estimated: true })) }))).shown,
      / · about \$0\.0123\n$/,
    );
    assert.match((await answerTo({ prompt: 'x' }, live({ settled: () => Promise.resolve(undefined) }))).shown, / out\n$/);
    assert.match((await answerTo({ prompt: 'x' }, live({ settled: () => Promise.reject(new Error('closed')) }))).shown, / out\n$/);
  });

  it('switches the agent for this chat, and says who is there', async () => {
    const agents = [
      { id: 'chat', target: TARGET },
      { id: 'claude-code', target: { ...TARGET, model: 'claude|x', hasKey: false } },
      { id: 'empty', target: undefined },
    ];
    const list = await answerTo({ command: 'agent' }, live({}, agents));
    assert.match(
      list.shown,
      /\| chat \(this chat\) \| fake\/fake-large \|\n\| claude-code \| fake\/claude\\\|x, no key yet \|\n\| empty \| no model chosen \|/,
    );
    const chosen = await answerTo({ command: 'agent', prompt: ' Empty ' }, live({}, agents));
    assert.deepEqual(chosen.metadata, { agent: 'empty', command: true });
    const history = turn('empty', chosen.shown, chosen.metadata, 'agent');
    assert.match((await answerTo({ command: 'agent', history }, live({}, agents))).shown, /\| empty \(this chat\) \|/);
    const asked = await answerTo({ prompt: 'x', history }, live({}, agents));
    assert.match(asked.error ?? '', /No model is chosen for the agent "empty"/);
    assert.deepEqual(asked.buttons, ['Choose Model | gatehouse.chooseModel | empty', 'Add Key | gatehouse.addKey']);
    const wrong = await answerTo({ command: 'agent', prompt: 'nobody', history }, live({}, agents));
    assert.deepEqual([wrong.error, wrong.metadata.agent], ['There is no agent and no model "nobody".', 'empty']);
    const gone = await answerTo({ prompt: 'x', history }, live());
    assert.match(gone.error ?? '', /no agent "empty" any more/);
  });

  it('asks as the agent that was chosen', async () => {
    const asked: string[] = [];
    const agents = [
      { id: 'chat', target: TARGET },
      { id: 'other', target: TARGET },
    ];
    const view = live({ connect: (id) => (asked.push(id), Promise.resolve({ endpoint: gateway.url, token: TOKEN })) }, agents);
    await answerTo({ prompt: 'x', history: turn('other', '', { agent: 'other', command: true }, 'agent') }, view);
    assert.deepEqual(asked, ['other']);
    assert.equal(lastBody()?.model, 'agent/other');
  });

  it('says what is wrong with the button that mends it', async () => {
    assert.deepEqual((await answerTo({ prompt: 'x' }, live({ state: () => 'off' }))).buttons, [
      'Restart Gateway | gatehouse.restartGateway',
      'Show Log | gatehouse.showLog',
    ]);
    const noKey = await answerTo({ prompt: 'x' }, live({}, [{ id: 'chat', target: { ...TARGET, hasKey: false } }]));
    assert.deepEqual(
      [noKey.error, noKey.buttons],
      ['There is no key for fake yet. Add one, then ask again.', ['Add Key | gatehouse.addKey | fake']],
    );
    provider.script({ error: { status: 401, message: 'Bad key.' } });
    const refused = await answerTo({ prompt: 'x' }, live());
    assert.equal(refused.error, 'Bad key.');
    assert.deepEqual(refused.buttons, ['Add Key | gatehouse.addKey | fake', 'Show Log | gatehouse.showLog']);
    assert.match((await answerTo({ prompt: ' ' }, live())).error ?? '', /Type a question/);
    provider.script({ text: '', stop: 'refusal' });
    assert.match((await answerTo({ prompt: 'x' }, live())).error ?? '', /refused/);
  });

  it('a stopped answer is no error, and what was said before an error stays', async () => {
    const stopped = await answerTo({ prompt: 'x' }, live(), { signal: AbortSignal.abort() });
    assert.deepEqual([stopped.error, stopped.shown, stopped.buttons], [undefined, '', []]);
    provider.script({ text: 'one two three', pieces: 3, cut: 'eof', afterEvents: 3 });
    const cut = await answerTo({ prompt: 'x' }, live());
    assert.match(cut.shown, /^one/);
    assert.match(cut.error ?? '', /cut off/);
  });

  it('/cost is a list that never says $0 for what has no price', async () => {
    const cost = { requests: 2, inputTokens: 10_000, outputTokens: 30, costNano: 0, unpriced: 2 };
    const { shown } = await answerTo(
      { command: 'cost' },
      live({
        costToday: () =>
          Promise.resolve([
            { agent: 'a', ...cost, costNano: 2e9, unpriced: 1 },
            { agent: 'b', ...cost },
          ]),
      }),
    );
    assert.match(
      shown,
      /- \*\*a\*\*: \$2\.00 \+ 1 unpriced · 2 requests · 10,000 in, 30 out\n- \*\*b\*\*: 2 unpriced · 2 requests · 10,000 in, 30 out\n- \*\*all\*\*: \$2\.00 \+ 3 unpriced · 4 requests · 20,000 in, 60 out/,
    );
    assert.equal(costList([]), 'No requests today.\n');
    assert.deepEqual([0, 49_999, 50_000, 999_900_000, 1e9, 1.234e9, undefined].map(dollars), [
      '$0.00',
      '< $0.0001',
      '$0.0001',
      '$0.9999',
      '$1.00',
      '$1.23',
      'unpriced',
    ]);
  });
});

describe('what @gatehouse sends along', () => {
  it('commands and their answers are no part of the conversation', () => {
    const history = [
      ...turn('', 'table', { command: true }, 'agent'),
      ...turn('q', 'a!', { footer: '!' }),
      { prompt: 'unanswered', references: [] },
    ];
    assert.deepEqual(
      exchanges(history).map(({ prompt, answer }) => [prompt, answer]),
      [
        ['q', 'a'],
        ['unanswered', ''],
      ],
    );
  });

  it('the oldest exchanges go first when there is no room, the question never', () => {
    const content = (text: string) => [{ kind: 'text', text } as const];
    const exchange = (text: string) => [
      { role: 'user', content: content(text) } as const,
      { role: 'assistant', content: content(text) } as const,
    ];
    const question = { content: content('question') };
    const { turns, dropped } = turnsWithin([exchange('aaaa'), exchange('bbbb'), exchange('cc')], question, 21);
    assert.equal(dropped, 1);
    assert.deepEqual(
      turns.map((each) => each.content[0]),
      ['bbbb', 'bbbb', 'cc', 'cc', 'question'].map((text) => ({ kind: 'text', text })),
    );
    assert.equal(turnsWithin([exchange('a')], question, 1).turns.length, 1);
  });

  it('reads files, selections, texts and images; says what it cut, left out or could not read', async () => {
    const selection = { value: { uri: { scheme: 'file', path: '/w/a.ts' }, range: { start: { line: 2 }, end: { line: 4 } } } };
    const pasted = { id: 'pasted', value: { mimeType: 'image/png', data: () => Promise.resolve(Buffer.from('hi')) } };
    const big = { id: 'big', value: { mimeType: 'image/png', data: () => Promise.resolve(Buffer.alloc(6 * 1024 * 1024)) } };
    const { content, notes } = await readReferences(
      [
        file('/w/a.ts'),
        file('/w/a.ts'),
        selection,
        { id: 'note', value: 'plain' },
        file('/w/fence.md'),
        file('/w/p.png'),
        pasted,
        big,
        file('/w/x.bin'),
        file('/w/huge.bin'),
        { id: 'odd', value: 7 },
        undefined,
      ],
      READER,
    );
    const image = { kind: 'image', mediaType: 'image/png', base64: 'aGk=' };
    const text = (value: string) => ({ kind: 'text', text: value });
    assert.deepEqual(content, [
      text('a.ts:\n```\nconst a = 1;\n```'),
      text('a.ts, lines 3 to 5:\n```\nconst a = 1; [2-4]\n```'),
      text('note:\n```\nplain\n```'),
      text('fence.md:\n`````\n````\ncode\n````\n`````'),
      text('p.png:'),
      image,
      text('pasted:'),
      image,
    ]);
    assert.deepEqual(notes, [
      'big is larger than 5 MB and was not sent.',
      'x.bin could not be read.',
      'huge.bin is larger than 5 MB and was not sent.',
      'odd is of a kind that cannot be sent.',
      'attachment is of a kind that cannot be sent.',
    ]);
  });

  it('cuts what is too long, alone and together', async () => {
    const { content, notes } = await readReferences(
      [file('/w/long.txt'), file('/w/a.ts'), file('/w/fence.md')],
      READER,
      MAX_REFERENCE + 5,
    );
    assert.equal(content.length, 2);
    assert.match(content[0]?.kind === 'text' ? content[0].text : '', /^long\.txt \(the beginning\):/);
    assert.deepEqual(notes, [
      'long.txt is too long: only the first 100,000 characters were sent.',
      'a.ts is too long: only the first 5 characters were sent.',
      'fence.md was not sent: the attachments are too large together.',
    ]);
  });
});
