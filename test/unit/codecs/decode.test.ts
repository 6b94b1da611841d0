import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { DIALECT_IDS, type DialectId } from '../../../src/core/ir/dialect.ts';
import { CODECS } from '../../../src/core/dialects/codecs.ts';
import { CORPUS, corpusStreams, cuts, decodeAll, fixture, fold, hasCorpus, wire, type Folded } from './support.ts';

function decode(dialect: DialectId, chunks: Iterable<Uint8Array>): Folded {
  return fold(decodeAll(CODECS[dialect].decoder({}), chunks));
}

function decodeLines(dialect: DialectId, ...payloads: readonly object[]): Folded {
  return decode(dialect, [
    wire(
      payloads.map((payload) => JSON.stringify(payload)),
      dialect,
    ),
  ]);
}

const chatDelta = (delta: object, finish: string | null = null) => ({
  id: 'c1',
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const chatCall = (call: object) => chatDelta({ tool_calls: [call] });

describe('decoders: hand-written streams', () => {
  const expected: Readonly<Record<string, readonly [DialectId, Folded]>> = {
    'chat-interleaved-tools.txt': [
      'openai-chat',
      {
        model: 'served-model',
        blocks: [
          'reasoning: Two files. Read both – ünïcode 🧱.',
          'text: Reading both.',
          'call_a read {"path":"a.ts"}',
          'call_b read {"path":"b.ts"}',
          'call_chatcmpl77_1 now {}',
        ],
        end: 'tool-use (stop)',
        usage: '100+200 in, 40 out, reported',
      },
    ],
    'anthropic-thinking-tools.txt': [
      'anthropic-messages',
      {
        model: 'claude-served',
        blocks: [
          'reasoning: Look first.  <anthropic-messages {"type":"thinking","thinking":"Look first. ","signature":"c2lnbmF0dXJl"}>',
          'reasoning:  <anthropic-messages {"type":"redacted_thinking","data":"b3BhcXVl"}>',
          'text: Ich prüfe das – 🧱.',
          'toolu_1 now {}',
          'toolu_2 read {"path": "a.ts"}',
          'toolu_3 list {"dir":"src"}',
        ],
        end: 'tool-use (tool_use)',
        usage: '20+300 in, 77 out, reported',
      },
    ],
    'responses-reasoning-tools.txt': [
      'openai-responses',
      {
        model: 'gpt-served',
        blocks: [
          'reasoning: **Plan**\n\nRead it – ünïcode 🧱. <openai-responses {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"**Plan**"},{"type":"summary_text","text":"Read it – ünïcode 🧱."}],"encrypted_content":"c2VhbGVk"}>',
          'text: Reading.',
          'call_a read {"path":"a.ts"}',
          'call_b patch {"input":"*** Begin\\n\\"x\\""}',
          'call_c now {}',
        ],
        end: 'tool-use (completed)',
        usage: '20+30 in, 29 out, reported',
      },
    ],
    'gemini-thought-calls.txt': [
      'gemini',
      {
        model: 'gemini-served',
        blocks: [
          'reasoning: **Plan**\nRead it – ünïcode 🧱.',
          'text: Reading.',
          'call_Rsp1x_1 read {"path":"a.ts"} <gemini c2ln>',
          'call_Rsp1x_2 read {"path":"b.ts"}',
          'own_id now {}',
        ],
        end: 'tool-use (STOP)',
        usage: '20+30 in, 29 out, reported',
      },
    ],
  };
  for (const [name, [dialect, folded]] of Object.entries(expected)) {
    it(`${name} says the same at every cut`, () => {
      const bytes = fixture(name, dialect);
      for (const chunks of cuts(bytes)) assert.deepEqual(decode(dialect, chunks), folded);
    });
    it(`${name} with CRLF and comments says the same`, () => {
      const crlf = Buffer.from(fixture(name, dialect).toString('utf8').replaceAll('\n\n', '\r\n\r\n: keep-alive\r\n\r\n'));
      assert.deepEqual(decode(dialect, [crlf]), folded);
    });
    it(`${name} cut off anywhere before its end is an error, and no call is ever made up`, () => {
      const text = fixture(name, dialect).toString('utf8');
      const events = text.split('\n\n').slice(0, -1);
      // The finish reason makes an answer whole; everything before it does not.
      const whole = events.findIndex((event) =>
        /"(?:finish_reason|finishReason|stop_reason)":"|"type":"response.completed"/.test(event),
      );
      for (let kept = 0; kept <= whole; kept++) {
        const parts = decodeAll(CODECS[dialect].decoder({}), [
          Buffer.from(
            events
              .slice(0, kept)
              .map((event) => `${event}\n\n`)
              .join(''),
          ),
        ]);
        const cut = fold(parts);
        assert.match(cut.end, /^upstream-broken: The answer was cut off/);
        const full = folded.blocks;
        for (const part of parts) {
          if (part.type === 'block-end') assert.equal(cut.blocks[part.at], full[part.at], 'what is closed is whole');
        }
      }
    });
  }
});

describe('decoders: recorded answers', () => {
  before(function () {
    if (!hasCorpus) {
      console.log('    skipped: the recorded provider answers are not on this machine');
      this.skip();
    }
  });
  for (const dialect of DIALECT_IDS) {
    for (const [name, bytes] of corpusStreams(dialect)) {
      it(`${name} ends well`, () => {
        const whole = decode(dialect, [bytes]);
        if (name.includes('spliced')) assert.match(whole.end, /a second time/);
        else if (name.includes('openai-error')) assert.match(whole.end, /^out-of-credit: /);
        else assert.match(whole.end, /^(?:end|tool-use|refusal|max-tokens|pause) /, whole.end);
        for (const block of whole.blocks) {
          const json = /^(?!reasoning: |text: )\S+ \S+ (.*?)(?: <.*>)?$/s.exec(block)?.[1];
          if (json !== undefined && !name.includes('spliced')) assert.equal(typeof JSON.parse(json), 'object', block);
        }
      });
    }
  }
  it('Gemini puts streamed arguments together', () => {
    const [, bytes] = corpusStreams('gemini').find(([name]) => name.includes('nested')) ?? [];
    assert.ok(bytes);
    const call = decode('gemini', [bytes]).blocks.find((block) => block.includes('cookRecipe'));
    const json = JSON.parse(call?.slice(call.indexOf('{'), call.lastIndexOf('}') + 1) ?? '') as {
      recipe: { ingredients: { amount: string; name: string }[]; steps: string[] };
    };
    assert.deepEqual(json.recipe.ingredients[0], { amount: '16 oz', name: 'Lasagna noodles' });
    assert.equal(json.recipe.steps[9], 'Let stand for 15 minutes before serving.');
  });
  it('reads whole tool calls in xAI, Groq and Mistral dress', () => {
    const call = (part: string) => {
      const [, bytes] = corpusStreams('openai-chat').find(([name]) => name.includes(part)) ?? [];
      assert.ok(bytes);
      return decode('openai-chat', [bytes]).blocks.at(-1);
    };
    assert.equal(call('xai-tool-call'), 'call_79382389 weather {"location":"San Francisco"}');
    assert.equal(call('groq-tool-call'), 'tk85n1k4m weather {}');
    assert.equal(call('mistral-incremental'), 'chatcmpl-tool-9f149c74c42f265b webSearchTool {"query": "current Berlin weather"}');
    assert.equal(call('anthropic-fallback'), 'toolu_sanitized read_file {"path": "a.txt"}');
    assert.ok(readFileSync(`${CORPUS}/README.md`, 'utf8').length > 0);
  });
});

describe('decoder openai-chat: habits of providers', () => {
  const done = chatDelta({}, 'tool_calls');
  it('parallel calls that all have the index 0 stay apart', () => {
    const one = { index: 0, id: 'a', function: { name: 'x', arguments: '{"n":1}' } };
    const two = { index: 0, id: 'b', function: { name: 'x', arguments: '{"n":2}' } };
    assert.deepEqual(decodeLines('openai-chat', chatCall(one), chatCall(two), done).blocks, ['a x {"n":1}', 'b x {"n":2}']);
  });
  it('calls without index and without id stay apart, and get ids', () => {
    const one = { function: { name: 'x', arguments: { n: 1 } } };
    const two = { function: { name: 'y', arguments: {} } };
    assert.deepEqual(decodeLines('openai-chat', chatCall(one), chatCall(two), done).blocks, [
      'call_c1_1 x {"n":1}',
      'call_c1_2 y {}',
    ]);
  });
  it('a name and an id that are repeated in each fragment do not begin another call', () => {
    const piece = (json: string) => chatCall({ index: 0, id: 'a', function: { name: 'x', arguments: json } });
    assert.deepEqual(decodeLines('openai-chat', piece(''), piece('{"n"'), piece(':1}'), piece(''), done).blocks, ['a x {"n":1}']);
  });
  it('a name that comes after the id and the first arguments', () => {
    const folded = decodeLines(
      'openai-chat',
      chatCall({ index: 0, id: 'a', function: { arguments: '{"n"' } }),
      chatCall({ index: 0, function: { name: 'x', arguments: ':1}' } }),
      done,
    );
    assert.deepEqual(folded.blocks, ['a x {"n":1}']);
  });
  it('a call without any name is an error, not a call', () => {
    assert.match(
      decodeLines('openai-chat', chatCall({ index: 0, id: 'a', function: { arguments: '{}' } }), done).end,
      /without the name/,
    );
  });
  it('text between two calls comes between them', () => {
    const folded = decodeLines(
      'openai-chat',
      chatCall({ index: 0, id: 'a', function: { name: 'x', arguments: '{}' } }),
      chatDelta({ content: 'then' }),
      chatCall({ index: 1, id: 'b', function: { name: 'y', arguments: '{}' } }),
      done,
    );
    assert.deepEqual(folded.blocks, ['a x {}', 'text: then', 'b y {}']);
  });
  it('text inside an unfinished call waits for it', () => {
    const folded = decodeLines(
      'openai-chat',
      chatCall({ index: 0, id: 'a', function: { name: 'x', arguments: '{"n"' } }),
      chatDelta({ content: 'aside' }),
      chatCall({ index: 0, function: { arguments: ':1}' } }),
      done,
    );
    assert.deepEqual(folded.blocks, ['a x {"n":1}', 'text: aside']);
  });
  it('arguments that go on after a call was complete are an error', () => {
    const folded = decodeLines(
      'openai-chat',
      chatCall({ index: 0, id: 'a', function: { name: 'x', arguments: '{}' } }),
      chatDelta({ content: 'then' }),
      chatCall({ index: 0, function: { arguments: '{"n":1}' } }),
      done,
    );
    assert.match(folded.end, /went on with a tool call/);
  });
  it('[DONE] may be missing, and a finish reason may be', () => {
    const text = (lines: readonly object[], tail: string) =>
      decode('openai-chat', [Buffer.from(lines.map((line) => `data: ${JSON.stringify(line)}\n\n`).join('') + tail)]).end;
    assert.equal(text([chatDelta({ content: 'x' }), chatDelta({}, 'stop')], ''), 'end (stop)');
    assert.equal(text([chatDelta({ content: 'x' })], 'data: [DONE]\n\n'), 'unknown ()');
    assert.match(text([chatDelta({ content: 'x' })], ''), /cut off/);
  });
  it('stop reasons by the table', () => {
    const end = (finish: string, delta: object = { content: 'x' }) =>
      decodeLines('openai-chat', chatDelta(delta), chatDelta({}, finish)).end;
    assert.equal(end('length'), 'max-tokens (length)');
    assert.equal(end('content_filter'), 'refusal (content_filter)');
    assert.equal(end('stop', { refusal: 'No.' }), 'refusal (stop)');
    assert.equal(end('novelty'), 'unknown (novelty)');
  });
  it('errors inside the stream, in three forms', () => {
    const end = (payload: object) => decodeLines('openai-chat', chatDelta({ content: 'x' }), payload).end;
    assert.equal(
      end({ error: { message: 'Too busy', type: 'overloaded_error' } }),
      'upstream-overloaded: The provider broke off its answer: Too busy',
    );
    assert.equal(
      end({ error: { message: 'slow down', code: 429 } }),
      'upstream-rate-limited: The provider broke off its answer: slow down',
    );
    assert.match(end({ error: 'it broke' }), /^upstream-error: .*it broke$/);
    assert.match(end({ object: 'error', message: 'old vLLM', code: 400 }), /old vLLM$/);
  });
  it('an event that is not JSON is an error', () => {
    assert.match(decode('openai-chat', [Buffer.from('data: <html>\n\ndata: [DONE]\n\n')]).end, /not JSON/);
  });
});

describe('decoder anthropic-messages: habits of providers', () => {
  const start = { type: 'message_start', message: { id: 'm1', model: 'c', usage: { input_tokens: 1, output_tokens: 1 } } };
  const stop = (reason: string) => [
    { type: 'message_delta', delta: { stop_reason: reason }, usage: { output_tokens: 2 } },
    { type: 'message_stop' },
  ];
  const text = (index: number, value: string) => [
    { type: 'content_block_start', index, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index, delta: { type: 'text_delta', text: value } },
  ];
  it('stop reasons by the table', () => {
    for (const [raw, reason] of Object.entries({
      end_turn: 'end',
      max_tokens: 'max-tokens',
      stop_sequence: 'stop-sequence',
      refusal: 'refusal',
      pause_turn: 'pause',
      model_context_window_exceeded: 'context-window',
      novelty: 'unknown',
    })) {
      assert.equal(decodeLines('anthropic-messages', start, ...text(0, 'x'), ...stop(raw)).end, `${reason} (${raw})`);
    }
  });
  it('a block that was never closed is closed at the end, and one that begins inside it follows it', () => {
    const folded = decodeLines('anthropic-messages', start, ...text(0, 'one'), ...text(1, 'two'), ...stop('end_turn'));
    assert.deepEqual(folded.blocks, ['text: one', 'text: two']);
  });
  it('a repeated start does no harm; a second answer in the first is an error', () => {
    assert.equal(decodeLines('anthropic-messages', start, start, ...text(0, 'x'), ...stop('end_turn')).end, 'end (end_turn)');
    assert.match(decodeLines('anthropic-messages', start, ...text(0, 'x'), start, ...stop('end_turn')).end, /a second time/);
  });
  it('an error event ends the answer with its words', () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    assert.equal(
      decodeLines('anthropic-messages', start, ...text(0, 'x'), error).end,
      'upstream-overloaded: The provider broke off its answer: Overloaded',
    );
  });
});

describe('decoder gemini: habits of providers', () => {
  const chunk = (parts: readonly object[], finishReason?: string) => ({
    candidates: [{ content: { parts }, finishReason }],
    responseId: 'r',
  });
  it('stop reasons by the table; a refused prompt has no candidates', () => {
    assert.equal(decodeLines('gemini', chunk([{ text: 'x' }], 'MAX_TOKENS')).end, 'max-tokens (MAX_TOKENS)');
    for (const raw of ['SAFETY', 'PROHIBITED_CONTENT', 'BLOCKLIST', 'SPII'])
      assert.equal(decodeLines('gemini', chunk([], raw)).end, `refusal (${raw})`);
    assert.equal(decodeLines('gemini', chunk([], 'LANGUAGE')).end, 'unknown (LANGUAGE)');
    assert.equal(decodeLines('gemini', { promptFeedback: { blockReason: 'SAFETY' } }).end, 'refusal (SAFETY)');
  });
  it('a tool call that Gemini could not read is an error', () => {
    assert.match(decodeLines('gemini', chunk([], 'MALFORMED_FUNCTION_CALL')).end, /could not read/);
  });
  it('an error in the stream keeps its kind', () => {
    const folded = decodeLines('gemini', chunk([{ text: 'x' }]), {
      error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'quota' },
    });
    assert.match(folded.end, /^upstream-rate-limited: .*quota$/);
  });
  it('streamed arguments: every kind of value, keys that JavaScript knows, paths that make no sense', () => {
    const args = (partialArgs: readonly object[], willContinue = true) => chunk([{ functionCall: { partialArgs, willContinue } }]);
    const folded = decodeLines(
      'gemini',
      chunk([{ functionCall: { name: 'f', willContinue: true } }]),
      args([
        { jsonPath: "$.a['b c'][1]", numberValue: 2 },
        { jsonPath: '$.ok', boolValue: false },
        { jsonPath: '$.none', nullValue: 'NULL_VALUE' },
      ]),
      args([{ jsonPath: '$.__proto__.x', stringValue: 'one', willContinue: true }]),
      args([{ jsonPath: '$.__proto__.x', stringValue: ' two' }]),
      chunk([{ functionCall: {} }], 'STOP'),
    );
    assert.deepEqual(folded.blocks, ['call_r_1 f {"a":{"b c":[null,2]},"ok":false,"none":null,"__proto__":{"x":"one two"}}']);
    assert.equal(({} as Record<string, unknown>)['x'], undefined);
    for (const jsonPath of ['x', '$', '$.a[99999999]', '$..a', '$[0]']) {
      const broken = decodeLines(
        'gemini',
        chunk([{ functionCall: { name: 'f', willContinue: true } }]),
        args([{ jsonPath, stringValue: 'x' }]),
      );
      assert.match(broken.end, /make no sense/, jsonPath);
    }
  });
});

describe('decoder openai-responses: habits of providers', () => {
  const created = { type: 'response.created', response: { id: 'r', model: 'm', output: [] } };
  const completed = { type: 'response.completed', response: { id: 'r', status: 'completed', output: [] } };
  it('a text without the item around it is not lost', () => {
    const delta = (text: string) => ({ type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: text });
    assert.deepEqual(decodeLines('openai-responses', created, delta('one'), delta(' two'), completed).blocks, ['text: one two']);
  });
  it('reduced streams: whole items, or only the last event', () => {
    const item = { type: 'function_call', call_id: 'a', name: 'x', arguments: '{"n":1}' };
    const done = { type: 'response.output_item.done', output_index: 0, item };
    assert.deepEqual(decodeLines('openai-responses', created, done, completed).blocks, ['a x {"n":1}']);
    const last = { type: 'response.completed', response: { id: 'r', status: 'completed', output: [item] } };
    assert.deepEqual(decodeLines('openai-responses', last).blocks, ['a x {"n":1}']);
  });
  it('stop reasons by the table', () => {
    const end = (reason: string) =>
      decodeLines('openai-responses', created, {
        type: 'response.incomplete',
        response: { id: 'r', status: 'incomplete', incomplete_details: { reason } },
      }).end;
    assert.equal(end('max_output_tokens'), 'max-tokens (max_output_tokens)');
    assert.equal(end('content_filter'), 'refusal (content_filter)');
    assert.equal(end('novelty'), 'unknown (novelty)');
  });
});

describe('decoders: call ids of the conversation so far', () => {
  const streams: Readonly<Record<DialectId, string>> = {
    'openai-chat': 'chat-interleaved-tools.txt',
    'openai-responses': 'responses-reasoning-tools.txt',
    'anthropic-messages': 'anthropic-thinking-tools.txt',
    gemini: 'gemini-thought-calls.txt',
  };
  for (const dialect of DIALECT_IDS) {
    it(`${dialect}: do not come again`, () => {
      const bytes = fixture(streams[dialect], dialect);
      const idsWith = (usedCallIds: ReadonlySet<string>): string[] =>
        decodeAll(CODECS[dialect].decoder({ usedCallIds }), [bytes]).flatMap((part) =>
          part.type === 'block-start' && part.block.kind === 'tool-call' ? [part.block.callId] : [],
        );
      const first = idsWith(new Set());
      const second = idsWith(new Set(first));
      assert.equal(new Set([...first, ...second]).size, first.length * 2);
      assert.deepEqual(idsWith(new Set(first)), second, 'the same each time');
    });
  }
});
