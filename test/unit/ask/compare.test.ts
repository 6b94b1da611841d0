import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { readComparison } from '../../../src/vscode/chat/compare.ts';
import { Lanes } from '../../../src/vscode/chat/lanes.ts';
import type { GatewayView } from '../../../src/vscode/gateway-view.ts';
import type { Answerer } from '../../support/fake-providers/script.ts';
import { startFakeProvider, type FakeProvider } from '../../support/fake-providers/server.ts';
import { answerTo, turn } from './answer-to.ts';
import { fakeView, settledRow, TARGET } from './fake-view.ts';
import { KEY, localGateway, TOKEN, type LocalGateway } from './local-gateway.ts';

describe('/compare', () => {
  let provider: FakeProvider;
  let gateway: LocalGateway;
  const byModel: Answerer = ({ body }) => {
    const { model } = body as { model: string };
    if (model === 'fake/broken') return { error: { status: 429, message: 'Slow down.' } };
    if (model === 'fake/slow') return { text: 'slow words', delay: { firstEventMs: 80 } };
    if (model === 'fake/stuck') return { text: 'one two three', pieces: 3, stallAfterEvents: 3 };
    return { text: `words of ${model}` };
  };
  beforeEach(async () => {
    provider = await startFakeProvider({ key: KEY, dialect: 'openai-chat', script: byModel });
    gateway = await localGateway(provider);
  });
  afterEach(async () => {
    await gateway.close();
    await provider.close();
  });
  const asked: string[] = [];
  const view = (change: Partial<GatewayView> = {}) =>
    fakeView({
      connect: (agent) => (asked.push(agent), Promise.resolve({ endpoint: gateway.url, token: TOKEN })),
      settled: () => Promise.resolve(settledRow()),
      ...change,
    });

  it('reads models before a colon only when each of them can be asked', () => {
    const isModel = (name: string) => name.includes('/') || name === 'fast';
    assert.deepEqual(readComparison('a/b, fast: why?\nreally', isModel), { models: ['a/b', 'fast'], question: 'why?\nreally' });
    assert.deepEqual(readComparison('a/b:8b c/d: why: so?', isModel), { models: ['a/b:8b', 'c/d'], question: 'why: so?' });
    assert.deepEqual(readComparison('a/b: why?', isModel).models, []);
    assert.deepEqual(readComparison('note this: why?', isModel), { models: [], question: 'note this: why?' });
    assert.deepEqual(readComparison('a/b fast:', isModel), { models: ['a/b', 'fast'], question: '' });
  });

  it('the uppermost text that grows is written as it comes, the others after it', () => {
    const written: string[] = [];
    const lanes = new Lanes(3, (text) => written.push(text));
    const [first, second, third] = [lanes.lane(0), lanes.lane(1), lanes.lane(2)];
    third.write('c');
    third.end();
    second.write('b1');
    first.write('a');
    first.end();
    second.write('b2');
    second.end();
    assert.deepEqual(written, ['a', 'b1', 'b2', 'c']);
  });

  it('asks all at once; shows each answer, then time, tokens and cost; goes on with one of them, in this chat only', async () => {
    asked.length = 0;
    const first = await answerTo({ command: 'compare', prompt: 'fake/slow, fake/b: which?' }, view());
    assert.equal(first.error, undefined);
    assert.match(first.shown, /^### fake\/slow\n\nslow words\n\n### fake\/b\n\nwords of fake\/b\n\n/);
    assert.match(
      first.shown,
      /- \*\*fake\/b\*\*: complete after \d+\u00a0ms · first output after \d+\u00a0ms · 1,500 in, 56 out · \$0\.0123/,
    );
    assert.deepEqual(asked, ['editor', 'editor']);
    const [slow, quick] = provider.requests;
    assert.ok(slow !== undefined && quick !== undefined);
    assert.ok(quick.times.started < (slow.times.ended ?? 0), 'at once');
    assert.equal(first.metadata.spent?.requests, 2);
    const followUps = first.metadata.followUps ?? [];
    assert.deepEqual(followUps[1], { label: 'Continue with fake/b', prompt: 'fake/b', command: 'agent' });

    const history = turn('fake/slow, fake/b: which?', first.shown, first.metadata, 'compare');
    const chosen = await answerTo({ command: 'agent', prompt: 'fake/b', history }, view());
    assert.match(chosen.shown, /goes on with \*\*fake\/b\*\*/);
    assert.deepEqual([chosen.metadata.agent, chosen.metadata.model], ['chat', 'fake/b']);
    const later = [...history, ...turn('fake/b', chosen.shown, chosen.metadata, 'agent')];
    const next = await answerTo({ prompt: 'Why?', history: later }, view());
    assert.equal(next.error, undefined);
    const body = provider.requests.at(-1)?.body as { model: string; messages: unknown[] } | undefined;
    assert.deepEqual(body?.messages.slice(1), [
      { role: 'user', content: 'which?' },
      { role: 'assistant', content: 'words of fake/b' },
      { role: 'user', content: 'Why?' },
    ]);
    assert.equal(body?.model, 'fake/b');
    assert.equal(next.metadata.model, 'fake/b', 'it stays with this chat');
    const back = await answerTo({ command: 'agent', prompt: 'chat', history: later }, view());
    assert.equal(back.metadata.model, undefined);
  });

  it('says for each model what failed; a model without a key is not asked', async () => {
    const target: GatewayView['target'] = (reference) => ({
      ...TARGET,
      model: reference.slice(5),
      hasKey: reference !== 'fake/nokey',
    });
    const outcome = await answerTo({ command: 'compare', prompt: 'fake/broken fake/nokey fake/c: x' }, view({ target }));
    assert.equal(outcome.error, undefined);
    assert.match(outcome.shown, /### fake\/broken\n\n\n\n\*\*It failed:\*\* Slow down\./);
    assert.match(outcome.shown, /### fake\/nokey\n\n\n\n\*\*It failed:\*\* There is no key for fake yet\./);
    assert.match(outcome.shown, /\*\*fake\/broken\*\*: failed after/);
    assert.deepEqual(outcome.metadata.compared?.answers, [{ model: 'fake/c', text: 'words of fake/c' }]);
    assert.ok(outcome.buttons.includes('Add Key for fake | gatehouse.addKey | fake'));
    const none = await answerTo({ command: 'compare', prompt: 'fake/broken fake/nokey: x' }, view({ target }));
    assert.match(none.error ?? '', /None of the models answered/);
  });

  it('lets models be picked, and asks nobody when none is', async () => {
    const picked = await answerTo({ command: 'compare', prompt: 'x' }, view(), {
      pickModels: () => Promise.resolve(['fake/a', 'fake/b']),
    });
    assert.match(picked.shown, /### fake\/a[^]*### fake\/b/);
    const count = provider.requests.length;
    assert.match((await answerTo({ command: 'compare', prompt: 'x' }, view())).shown, /nobody was asked/);
    assert.match((await answerTo({ command: 'compare', prompt: ' ' }, view())).error ?? '', /Type a question/);
    assert.equal(provider.requests.length, count);
  });

  it('cancelling aborts all of them upstream at once', async () => {
    const controller = new AbortController();
    const running = answerTo({ command: 'compare', prompt: 'fake/stuck fake/stuck2 fake/slow: x' }, view(), {
      signal: controller.signal,
    });
    while (provider.requests.length < 3 || provider.requests[0]?.times.headersSent === undefined) await sleep(2);
    controller.abort();
    const outcome = await running;
    assert.equal(outcome.error, undefined);
    const started = performance.now();
    const stuck = (): boolean => provider.requests.some(({ times }) => times.ended === undefined && times.aborted === undefined);
    while (stuck()) {
      assert.ok(performance.now() - started < 1_000, 'one of them goes on');
      await sleep(2);
    }
    assert.ok(provider.requests.filter(({ aborted }) => aborted).length >= 2);
  });
});

describe('/route and the buttons under an error', () => {
  it('explains the very request that would be made, then the last answer', async () => {
    const questions: string[] = [];
    const view = fakeView({
      explain: ({ agent, model, dialect, body }) => (
        questions.push([agent, model, dialect, body].join(' ')),
        Promise.resolve('# Route of chat\n\n## Rules')
      ),
      trace: (id) => Promise.resolve(`# Route of a request\n\n${id}`),
    });
    const history = turn('q', 'a', { agent: 'chat', request: 'req-7', session: 's' });
    const { shown, metadata } = await answerTo({ command: 'route', prompt: 'next question', history }, view);
    assert.equal(shown, '### Route of chat\n\n#### Rules\n---\n\n### Route of a request\n\nreq-7\n');
    assert.match(questions[0] ?? '', /^chat agent\/chat openai-chat \{.*next question/);
    assert.deepEqual([metadata.command, metadata.session], [true, 's']);
    assert.match((await answerTo({ command: 'route' }, view)).shown, /No message of this chat has been answered yet/);
  });

  it('a refused budget can be raised, a paused agent resumed, a dead gateway started again', async () => {
    const provider = await startFakeProvider({ key: KEY, dialect: 'openai-chat' });
    const gateway = await localGateway(provider);
    try {
      const failing = async (error: string | undefined, status: number, paused = false): Promise<readonly string[]> => {
        provider.script({ error: { status } });
        const view = fakeView(
          {
            connect: () => Promise.resolve({ endpoint: gateway.url, token: TOKEN }),
            settled: () => Promise.resolve(settledRow({ error })),
          },
          [{ id: 'chat', target: TARGET, paused }],
        );
        return (await answerTo({ prompt: 'x' }, view)).buttons.map((button) => button.split(' | ')[0] ?? '');
      };
      assert.deepEqual(await failing('budget-spent', 400), ['Raise Budget', 'Choose Model']);
      assert.deepEqual(await failing('no-key', 401), ['Add Key']);
      assert.deepEqual(await failing('model-not-found', 404), ['Choose Model']);
      assert.deepEqual(await failing('out-of-credit', 402), ['Add Key', 'Choose Model']);
      assert.deepEqual(await failing(undefined, 403, true), ['Resume Agent']);
      assert.deepEqual(await failing(undefined, 401), ['Add Key', 'Show Log']);
    } finally {
      await gateway.close();
      await provider.close();
    }
    const gone = fakeView({ connect: () => Promise.resolve({ endpoint: 'http://127.0.0.1:1', token: TOKEN }) });
    assert.deepEqual((await answerTo({ prompt: 'x' }, gone)).buttons, [
      'Restart Gateway | gatehouse.restartGateway',
      'Show Log | gatehouse.showLog',
    ]);
  });

  it('what is being answered ends when the window goes', async () => {
    const provider = await startFakeProvider({ key: KEY, dialect: 'openai-chat' });
    const gateway = await localGateway(provider);
    try {
      provider.script({ text: 'one two three', pieces: 3, stallAfterEvents: 2 });
      const leaving = new AbortController();
      const view = fakeView({ connect: () => Promise.resolve({ endpoint: gateway.url, token: TOKEN }) });
      const running = answerTo({ prompt: 'x' }, view, { signal: AbortSignal.any([new AbortController().signal, leaving.signal]) });
      while (provider.requests[0]?.times.headersSent === undefined) await sleep(2);
      leaving.abort();
      assert.equal((await running).error, undefined);
      while (!provider.requests[0].aborted) await sleep(2);
    } finally {
      await gateway.close();
      await provider.close();
    }
  });
});
