import assert from 'node:assert/strict';
import { geminiCodec } from '../../../src/core/dialects/gemini/codec.ts';
import { tagOfThoughts } from '../../../src/core/dialects/gemini/thought-tag.ts';
import type { ReadCall } from '../../../src/core/dialects/codec.ts';
import { tagOf } from '../../../src/core/ir/carry.ts';
import { isGatewayError } from '../../../src/core/ir/error.ts';

const ASKED = { model: 'm', stream: true };
const HELLO = { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] };
const CLAUDE = { issuer: 'anthropic-messages@anthropic', token: '{"type":"thinking","thinking":"a","signature":"s"}' };
const GEMINI = { issuer: 'gemini@google', token: 'c2ln' };

function read(body: Record<string, unknown>): ReadCall {
  const result = geminiCodec.readCall(body, ASKED);
  if (isGatewayError(result)) assert.fail(result.message);
  return result;
}

function refusal(body: Record<string, unknown>): string {
  const result = geminiCodec.readCall(body, ASKED);
  assert.ok(isGatewayError(result), 'is refused');
  assert.equal(result.code, 'bad-request');
  return result.message;
}

const turnsOf = (...contents: object[]) => read({ contents }).call.turns;
const user = (...parts: object[]) => ({ role: 'user', parts });
const model = (...parts: object[]) => ({ role: 'model', parts });
const config = (generationConfig: object) => read({ ...HELLO, generationConfig }).call;

describe('gemini readCall: the second request of Gemini CLI', () => {
  const { call, losses } = read({
    contents: [
      user({ text: '<session_context>' }, { text: 'the task' }),
      model({
        functionCall: { id: 'run_1_0', name: 'run', args: { command: 'ls' } },
        thoughtSignature: tagOf(GEMINI),
      }),
      user({ functionResponse: { id: 'run_1_0', name: 'run', response: { output: 'a.txt' } } }),
    ],
    systemInstruction: { role: 'user', parts: [{ text: 'Be brief.' }] },
    tools: [
      {
        functionDeclarations: [
          {
            name: 'run',
            description: 'Runs.',
            parametersJsonSchema: { type: 'object', properties: { command: { type: 'string' } } },
          },
        ],
      },
    ],
    generationConfig: {
      temperature: 1,
      topP: 0.95,
      topK: 64,
      thinkingConfig: { includeThoughts: true, thinkingLevel: 'HIGH' },
    },
  });

  it('is understood without a loss', () => {
    assert.deepEqual(losses, []);
    assert.deepEqual(call, {
      model: 'm',
      system: [{ kind: 'text', text: 'Be brief.' }],
      turns: [
        {
          role: 'user',
          content: [
            { kind: 'text', text: '<session_context>' },
            { kind: 'text', text: 'the task' },
          ],
        },
        {
          role: 'assistant',
          content: [{ kind: 'tool-call', callId: 'run_1_0', name: 'run', arguments: '{"command":"ls"}', carry: GEMINI }],
        },
        {
          role: 'user',
          content: [
            { kind: 'tool-result', callId: 'run_1_0', name: 'run', content: [{ kind: 'text', text: 'a.txt' }], isError: false },
          ],
        },
      ],
      tools: [{ name: 'run', description: 'Runs.', parameters: { type: 'object', properties: { command: { type: 'string' } } } }],
      toolChoice: 'auto',
      maxOutputTokens: undefined,
      sampling: { temperature: 1, topP: 0.95, topK: 64 },
      reasoning: { mode: 'on', effort: 'high', shown: true },
    });
  });
});

describe('gemini readCall: contents', () => {
  it('both spellings, one content for a list, and no role for the user', () => {
    const { call } = read({
      contents: { parts: [{ text: 'x' }, { inline_data: { mime_type: 'image/png', data: 'aGk=' } }] },
      system_instruction: 'S',
      generation_config: { max_output_tokens: 5, stop_sequences: ['a'] },
      tool_config: { function_calling_config: { mode: 'none' } },
      tools: { function_declarations: [{ name: 'f' }] },
    });
    assert.deepEqual(call.turns, [
      {
        role: 'user',
        content: [
          { kind: 'text', text: 'x' },
          { kind: 'image', mediaType: 'image/png', base64: 'aGk=' },
        ],
      },
    ]);
    assert.deepEqual(call.system, [{ kind: 'text', text: 'S' }]);
    assert.equal(call.maxOutputTokens, 5);
    assert.deepEqual(call.stop, ['a']);
    assert.equal(call.toolChoice, 'none');
    assert.deepEqual(call.tools, [{ name: 'f', description: '', parameters: { type: 'object', properties: {} } }]);
  });

  it('calls without ids get stable ones, and results find them by name and order', () => {
    const round = [
      model({ functionCall: { name: 'a' } }, { functionCall: { name: 'b' } }, { functionCall: { name: 'a', args: { n: 2 } } }),
      user(
        { functionResponse: { name: 'a', response: { output: 'first' } } },
        { functionResponse: { name: 'a', response: { output: 'second' } } },
        { functionResponse: { name: 'b', response: { output: 'b' } } },
      ),
    ];
    const ids = (contents: object[]) =>
      turnsOf(...contents).flatMap((turn) => turn.content.flatMap((part) => ('callId' in part ? [part.callId] : [])));
    assert.deepEqual(ids([user({ text: 'x' }), ...round]), ['call_1', 'call_2', 'call_3', 'call_1', 'call_3', 'call_2']);
    const longer = ids([user({ text: 'x' }), ...round, ...round]);
    assert.deepEqual(longer.slice(0, 6), ids([user({ text: 'x' }), ...round]));
    assert.deepEqual(longer.slice(6), ['call_4', 'call_5', 'call_6', 'call_4', 'call_6', 'call_5']);
  });

  it('ids that came twice stay apart, and none that was made is one that came', () => {
    const turns = turnsOf(
      model({ functionCall: { id: 'x', name: 'a' } }, { functionCall: { id: 'x', name: 'b' } }, { functionCall: { name: 'c' } }),
      user(
        { functionResponse: { id: 'x', name: 'a', response: {} } },
        { functionResponse: { id: 'x', name: 'b', response: {} } },
        { functionResponse: { name: 'c', response: {} } },
      ),
      model({ functionCall: { id: 'call_2', name: 'd' } }),
    );
    const ids = turns.flatMap((turn) => turn.content.flatMap((part) => (part.kind === 'tool-call' ? [part.callId] : [])));
    assert.equal(new Set(ids).size, 4);
    assert.deepEqual(ids, ['x', 'call_2_', 'call_3', 'call_2']);
    const results = turns.flatMap((turn) => turn.content.flatMap((part) => (part.kind === 'tool-result' ? [part.callId] : [])));
    assert.deepEqual(results, ids.slice(0, 3));
  });

  it('what a tool said, in the shapes of the clients', () => {
    const result = (response: unknown) => {
      const [turn] = turnsOf(user({ functionResponse: { name: 'f', response } }));
      const part = turn?.content[0];
      assert.equal(part?.kind, 'tool-result');
      const said = part.content.map((each) => (each.kind === 'text' ? each.text : each.kind)).join();
      return part.isError ? `! ${said}` : said;
    };
    assert.equal(result({ output: 'ok' }), 'ok');
    assert.equal(result({ error: 'no' }), '! no');
    assert.equal(result({ name: 'f', content: 'ok' }), 'ok');
    assert.equal(result({ result: { a: [1] } }), '{"a":[1]}');
    assert.equal(result({ a: 1, b: 2 }), '{"a":1,"b":2}');
    assert.equal(result({ output: 'x', exitCode: 1 }), '{"output":"x","exitCode":1}');
    assert.equal(result({ error: { code: 5 } }), '! {"code":5}');
    assert.equal(result({}), '');
    assert.equal(result('plain'), 'plain');
    const withMedia = user({
      functionResponse: { name: 'f', response: { output: 'ok' }, parts: [{ inlineData: { mimeType: 'image/png', data: 'aGk=' } }] },
    });
    const [turn] = turnsOf(withMedia);
    assert.deepEqual(turn?.content[0]?.kind === 'tool-result' ? turn.content[0].content : [], [
      { kind: 'text', text: 'ok' },
      { kind: 'image', mediaType: 'image/png', base64: 'aGk=' },
    ]);
  });

  it('media by type; video is said in words', () => {
    const inline = (mimeType: string) => ({ inlineData: { mimeType, data: 'aGk=' } });
    const { call, losses } = read({
      contents: [
        user(inline('application/pdf'), inline('audio/wav'), inline('text/csv'), inline('application/json'), inline('video/mp4')),
      ],
    });
    const kinds = call.turns[0]?.content.map((part) => `${part.kind} ${'mediaType' in part ? part.mediaType : ''}`);
    assert.deepEqual(kinds, ['document application/pdf', 'audio audio/wav', 'document text/csv', 'document text/plain', 'text ']);
    assert.deepEqual(losses, ['dropped-media']);
  });

  it('files at an address pass; those that only Google can read are refused', () => {
    const file = (fileUri: string, mimeType?: string) => ({ contents: [user({ fileData: { fileUri, mimeType } })] });
    assert.deepEqual(read(file('https://x.test/a.png')).call.turns[0]?.content, [
      { kind: 'remote', what: 'image', url: 'https://x.test/a.png' },
    ]);
    assert.deepEqual(read(file('https://x.test/a', 'application/pdf')).call.turns[0]?.content, [
      { kind: 'remote', what: 'document', url: 'https://x.test/a' },
    ]);
    assert.deepEqual(read(file('https://youtu.be/x')).losses, ['dropped-media']);
    for (const uri of ['files/abc', 'https://generativelanguage.googleapis.com/v1beta/files/abc', 'gs://b/o'])
      assert.match(refusal(file(uri, 'image/png')), /only Google can read/);
  });

  it("thoughts: Gemini's own signatures are opaque, tagged ones are carries, pieces are put together", () => {
    const turns = turnsOf(
      user({ text: 'x' }),
      model({ text: 'Hm, ', thought: true }),
      model({ text: 'well.', thought: true, thoughtSignature: tagOf(CLAUDE) }),
      model({ text: 'Hel' }),
      model({ text: 'lo' }),
      model({ text: '', thoughtSignature: tagOf(GEMINI) }),
      model({ functionCall: { name: 'f' }, thoughtSignature: 'bmF0aXZl' }),
    );
    assert.deepEqual(turns[1]?.content, [
      { kind: 'reasoning', text: 'Hm, well.', carry: CLAUDE },
      { kind: 'text', text: 'Hello', carry: GEMINI },
      { kind: 'tool-call', callId: 'call_1', name: 'f', arguments: '{}' },
    ]);
  });

  it('thoughts of another model that came on a call go back to where they stood, once', () => {
    const second = { ...CLAUDE, token: 'second' };
    const thoughtSignature = tagOfThoughts([
      { carry: CLAUDE, at: 0 },
      { carry: second, at: 4 },
    ]);
    const call = { functionCall: { name: 'f' }, thoughtSignature };
    const last = { kind: 'tool-call', callId: 'call_1', name: 'f', arguments: '{}' };
    // Gemini CLI: no thoughts, and the texts around the second one as one.
    assert.deepEqual(turnsOf(model({ text: 'One.Two.' }, call))[0]?.content, [
      { kind: 'reasoning', text: '', carry: CLAUDE },
      { kind: 'text', text: 'One.' },
      { kind: 'reasoning', text: '', carry: second },
      { kind: 'text', text: 'Two.' },
      last,
    ]);
    // The AI SDK: thoughts as they came.
    const thought = (text: string, carry: typeof CLAUDE) => ({ text, thought: true, thoughtSignature: tagOf(carry) });
    const whole = [thought('a', CLAUDE), { text: 'One.' }, thought('b', second), { text: 'Two.' }, call];
    assert.deepEqual(turnsOf(model(...whole))[0]?.content, [
      { kind: 'reasoning', text: 'a', carry: CLAUDE },
      { kind: 'text', text: 'One.' },
      { kind: 'reasoning', text: 'b', carry: second },
      { kind: 'text', text: 'Two.' },
      last,
    ]);
  });

  it('what Google ran itself is left out by name', () => {
    const { call, losses } = read({
      contents: [
        user({ text: 'x' }),
        model(
          { executableCode: { language: 'PYTHON', code: '1' } },
          { codeExecutionResult: { outcome: 'OUTCOME_OK' } },
          { text: 'y' },
        ),
      ],
    });
    assert.deepEqual(call.turns[1]?.content, [{ kind: 'text', text: 'y' }]);
    assert.deepEqual(losses, ['field:parts.executableCode', 'field:parts.codeExecutionResult']);
  });
});

describe('gemini readCall: tools', () => {
  const declare = (...names: string[]) => [{ functionDeclarations: names.map((name) => ({ name })) }];
  const choose = (functionCallingConfig: object, ...names: string[]) =>
    read({ ...HELLO, tools: declare(...names), toolConfig: { functionCallingConfig } }).call;

  it("Google's own schema becomes JSON Schema", () => {
    const parameters = {
      type: 'OBJECT',
      properties: {
        type: { type: 'STRING', format: 'enum', enum: ['a', 'b'], nullable: true },
        list: { type: 'ARRAY', items: { type: 'INTEGER', format: 'int32' }, minItems: '1', max_items: '3' },
        any: { any_of: [{ type: 'NUMBER' }, { type: 'BOOLEAN' }], nullable: true },
        none: { type: 'TYPE_UNSPECIFIED', example: 1 },
      },
      required: ['type'],
      propertyOrdering: ['type', 'list'],
    };
    const { call } = read({ ...HELLO, tools: [{ functionDeclarations: [{ name: 'f', parameters }] }] });
    assert.deepEqual(call.tools[0]?.parameters, {
      type: 'object',
      properties: {
        type: { type: ['string', 'null'], enum: ['a', 'b', null] },
        list: { type: 'array', items: { type: 'integer', format: 'int32' }, minItems: 1, maxItems: 3 },
        any: { anyOf: [{ type: 'number' }, { type: 'boolean' }, { type: 'null' }] },
        none: { examples: [1] },
      },
      required: ['type'],
    });
  });

  it('modes and allowed names', () => {
    assert.equal(choose({}, 'a').toolChoice, 'auto');
    assert.equal(choose({ mode: 'VALIDATED' }, 'a').toolChoice, 'auto');
    assert.equal(choose({ mode: 'ANY' }, 'a').toolChoice, 'required');
    assert.deepEqual(choose({ mode: 'ANY', allowedFunctionNames: ['b'] }, 'a', 'b').toolChoice, { name: 'b' });
    const several = choose({ mode: 'ANY', allowedFunctionNames: ['a', 'c'] }, 'a', 'b', 'c');
    assert.deepEqual([several.toolChoice, several.tools.map((tool) => tool.name)], ['required', ['a', 'c']]);
    const stranger = { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['z'] } };
    assert.match(refusal({ ...HELLO, tools: declare('a'), toolConfig: stranger }), /"z"/);
    assert.match(refusal({ ...HELLO, toolConfig: { functionCallingConfig: { mode: 'X' } } }), /mode is "X"/);
    assert.match(refusal({ ...HELLO, tools: declare('a', 'a') }), /declared twice/);
  });

  it("Google's own tools are left out beside functions, and refused alone", () => {
    const { call, losses } = read({ ...HELLO, tools: [...declare('a'), { googleSearch: {} }, { urlContext: {} }] });
    assert.deepEqual([call.tools.length, losses], [1, ['tool:googleSearch', 'tool:urlContext']]);
    assert.match(refusal({ ...HELLO, tools: [{ googleSearch: {} }] }), /"googleSearch" runs at its own provider/);
  });
});

describe('gemini readCall: settings', () => {
  it('thinking', () => {
    const wish = (thinkingConfig: object) => config({ thinkingConfig }).reasoning;
    assert.deepEqual(wish({ includeThoughts: true, thinkingBudget: 8192 }), { mode: 'on', budgetTokens: 8192, shown: true });
    assert.deepEqual(wish({ includeThoughts: true, thinkingBudget: 0 }), { mode: 'off', shown: false });
    assert.deepEqual(wish({ thinkingBudget: -1 }), { mode: 'adaptive', shown: false });
    assert.deepEqual(wish({ thinkingLevel: 'low' }), { mode: 'on', effort: 'low', shown: false });
    const qwen = { includeThoughts: true, thinkingLevel: 'THINKING_LEVEL_UNSPECIFIED' };
    assert.deepEqual(wish(qwen), { mode: 'adaptive', shown: true });
    assert.equal(config({}).reasoning, undefined);
    assert.match(refusal({ ...HELLO, generationConfig: { thinkingConfig: { thinkingLevel: 'ULTRA' } } }), /ULTRA/);
  });

  it('a JSON answer, as Gemini CLI asks its router model', () => {
    const { format } = config({
      responseMimeType: 'application/json',
      responseJsonSchema: { type: 'OBJECT', properties: { choice: { type: 'STRING', enum: ['flash', 'pro'] } } },
    });
    assert.deepEqual(format, {
      kind: 'schema',
      name: 'answer',
      schema: { type: 'object', properties: { choice: { type: 'string', enum: ['flash', 'pro'] } } },
      strict: false,
    });
    assert.deepEqual(config({ responseMimeType: 'application/json' }).format, { kind: 'json' });
    assert.equal(config({ responseMimeType: 'text/plain' }).format, undefined);
  });

  it('what has no meaning elsewhere is refused by name', () => {
    const refused = (generationConfig: object) => refusal({ ...HELLO, generationConfig });
    assert.match(refused({ candidateCount: 2 }), /candidateCount is 2/);
    assert.match(refused({ responseModalities: ['TEXT', 'IMAGE'] }), /IMAGE/);
    assert.match(refused({ responseMimeType: 'text/x.enum' }), /responseMimeType/);
    assert.match(refused({ temperature: 'hot' }), /temperature must be a number/);
    assert.match(refused({ maxOutputTokens: 0 }), /maxOutputTokens/);
    assert.match(refused({ stopSequences: 'x' }), /stopSequences/);
    assert.match(refusal({ ...HELLO, cachedContent: 'cachedContents/x' }), /cachedContent/);
    assert.match(refusal({}), /contents/);
    assert.match(refusal({ contents: [] }), /contents/);
    assert.match(refusal({ contents: [{ role: 'system', parts: [{ text: 'x' }] }] }), /contents\[0\]\.role is "system"/);
    assert.match(refusal({ contents: [user({ functionCall: { name: 'f' } })] }), /only the model/);
    assert.match(refusal({ contents: [model({ functionCall: { name: 'f', args: [1] } })] }), /args must be an object/);
    assert.match(refusal({ contents: [user({ inlineData: { mimeType: 'image/png' } })] }), /inlineData/);
  });

  it('the rest is named', () => {
    const { call, losses } = read({
      ...HELLO,
      model: 'models/m',
      labels: { a: 'b' },
      safetySettings: [],
      serviceTier: 'FLEX',
      brandNew: null,
      generationConfig: { candidateCount: 1, responseModalities: ['TEXT'], speechConfig: {}, seed: 7 },
    });
    assert.deepEqual(losses, ['field:labels', 'field:safetySettings', 'field:generationConfig.speechConfig']);
    assert.equal(call.serviceTier, 'flex');
    assert.deepEqual(call.sampling, { seed: 7 });
  });
});
