import assert from 'node:assert/strict';
import { ask } from '../../../src/vscode/ask.ts';
import { Transcripts } from '../../../src/vscode/chat/transcripts.ts';
import { CarryMemory } from '../../../src/vscode/model-provider/carry-memory.ts';
import { delivery } from '../../../src/vscode/model-provider/deliver.ts';
import { toCall, type EditorMessage } from '../../../src/vscode/model-provider/messages.ts';
import { startFakeProvider, type FakeProvider } from '../../support/fake-providers/server.ts';
import { answerTo, file, turn } from './answer-to.ts';
import { CLASSES, Text, ToolCall, ToolResult } from './editor-parts.ts';
import { fakeView, settledRow, TARGET } from './fake-view.ts';
import { KEY, localGateway, TOKEN, type LocalGateway } from './local-gateway.ts';

interface Marked {
  cache_control?: unknown;
  content?: unknown;
}
interface Body {
  readonly system: Marked[];
  readonly tools: Marked[];
  readonly messages: { readonly role: string; readonly content: Marked[] }[];
}

/** Where breakpoints stand: `tools.1`, `system.0`, `messages.2`. */
function marksOf(body: Body): string[] {
  const at = (name: string, list: readonly Marked[]): string[] =>
    list.flatMap((each, n) => (each.cache_control === undefined ? [] : [`${name}.${n}`]));
  return [
    ...at('tools', body.tools),
    ...at('system', body.system),
    ...body.messages.flatMap(({ content }, n) =>
      at('', content).map((mark) =>
        mark === `.${content.length - 1}` ? `messages.${n}` : `messages.${n}${mark}, not its last block`,
      ),
    ),
  ];
}

/** The bytes of a request up to its `n`th message, without the marks: what a provider's cache compares. */
function prefix(body: Body, messages: number): string {
  const { tools, system } = body;
  return JSON.stringify({ tools, system, messages: body.messages.slice(0, messages) }).replaceAll(
    /,"cache_control":\{"type":"ephemeral"\}/g,
    '',
  );
}

describe('prompt-cache breakpoints on an Anthropic upstream', () => {
  let provider: FakeProvider;
  let gateway: LocalGateway;
  beforeEach(async () => {
    provider = await startFakeProvider({ key: KEY, dialect: 'anthropic-messages' });
    gateway = await localGateway(provider);
  });
  afterEach(async () => {
    await gateway.close();
    await provider.close();
  });

  it('of @gatehouse stand on the last tool, the system prompt and the last two user turns; what is before them never changes', async () => {
    const target = { ...TARGET, dialect: 'anthropic-messages', model: 'claude-opus-5-5' } as const;
    const view = fakeView(
      { connect: () => Promise.resolve({ endpoint: gateway.url, token: TOKEN }), settled: () => Promise.resolve(settledRow()) },
      [{ id: 'chat', target }],
    );
    const box = {
      all: () => ['a', 'b'].map((name) => ({ name, description: name })),
      invoke: () => Promise.resolve([{ kind: 'text', text: 'one' } as const]),
    };
    const transcripts = new Transcripts();
    provider.script(
      { text: 'Looking.', thinking: 'Hm.', toolCalls: [{ name: 'a' }, { name: 'b' }] },
      { text: 'It is one.' },
      { toolCalls: [{ name: 'b' }] },
      { text: 'Still one.' },
    );
    const first = await answerTo({ prompt: 'What?', references: [file('/w/a.ts')] }, view, { box, transcripts });
    const history = turn('What?', first.shown, first.metadata, undefined, [file('/w/a.ts')]);
    await answerTo({ prompt: 'Sure?', history }, view, { box, transcripts });

    const bodies = provider.requests.map(({ body }) => body as Body);
    assert.equal(bodies.length, 4);
    assert.deepEqual(bodies.map(marksOf), [
      ['tools.1', 'system.0', 'messages.0'],
      ['tools.1', 'system.0', 'messages.0', 'messages.2'],
      ['tools.1', 'system.0', 'messages.2', 'messages.4'],
      ['tools.1', 'system.0', 'messages.4', 'messages.6'],
    ]);
    assert.deepEqual(
      provider.requests.map(({ refusal }) => refusal),
      [undefined, undefined, undefined, undefined],
    );
    for (const [n, body] of bodies.entries()) {
      const next = bodies[n + 1];
      if (next !== undefined)
        assert.equal(prefix(next, body.messages.length), prefix(body, body.messages.length), `request ${n + 1}`);
    }
  });

  it('of the model provider stand in the same places; thoughts come back where they were', async () => {
    const carries = new CarryMemory();
    const messages: EditorMessage[] = [
      { role: 3, content: [new Text('S')] },
      { role: 1, content: [new Text('Read it.')] },
    ];
    provider.script({ text: 'Looking.', thinking: 'Hm.', toolCalls: [{ name: 'a' }] }, { text: 'One.' }, { text: 'Still one.' });
    const round = async (): Promise<(Text | ToolCall)[]> => {
      const got: (Text | ToolCall)[] = [];
      const call = toCall(
        {
          model: 'claude-opus-5-5',
          messages,
          tools: [{ name: 'a', description: 'A.' }],
          toolsRequired: false,
          modelOptions: {},
          keptOf: (id) => carries.get(id),
        },
        CLASSES,
      );
      const answer = delivery({
        text: (value) => got.push(new Text(value)),
        thinking: () => undefined,
        toolCall(callId, name, input, kept) {
          carries.keep(callId, kept);
          got.push(new ToolCall(callId, name, input));
        },
      });
      const onPart = answer.take.bind(answer);
      const signal = new AbortController().signal;
      await ask({ endpoint: gateway.url, token: TOKEN, dialect: 'anthropic-messages', call, signal, onPart });
      return got;
    };
    const first = await round();
    const call = first.find((part) => part instanceof ToolCall);
    messages.push({ role: 2, content: first }, { role: 1, content: [new ToolResult(call?.callId ?? '', [new Text('one')])] });
    messages.push({ role: 2, content: await round() }, { role: 1, content: [new Text('Sure?')] });
    await round();
    const bodies = provider.requests.map(({ body }) => body as Body);
    assert.deepEqual(bodies.map(marksOf), [
      ['tools.0', 'system.0', 'messages.0'],
      ['tools.0', 'system.0', 'messages.0', 'messages.2'],
      ['tools.0', 'system.0', 'messages.2', 'messages.4'],
    ]);
    assert.deepEqual(
      provider.requests.map(({ refusal }) => refusal),
      [undefined, undefined, undefined],
    );
    const [begun, answered, later] = bodies;
    assert.ok(begun !== undefined && answered !== undefined && later !== undefined);
    assert.equal(prefix(answered, 1), prefix(begun, 1));
    assert.equal(prefix(later, 3), prefix(answered, 3));
    assert.deepEqual(
      answered.messages[1]?.content.map((block) => (block as { type?: string }).type),
      ['thinking', 'text', 'tool_use'],
    );
  });
});
