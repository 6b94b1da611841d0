import assert from 'node:assert/strict';
import { anthropicCodec } from '../../../src/core/dialects/anthropic-messages/codec.ts';
import type { WireRequest, WriteOptions } from '../../../src/core/dialects/wire-request.ts';
import type { Call, Tool } from '../../../src/core/ir/call.ts';
import { checkMessages } from '../../support/fake-providers/anthropic-messages-rules.ts';
import { firstFault } from '../../support/fake-providers/dialect.ts';

// What was written is looked into freely; a missing field fails the assertion that reads it.
// oxlint-disable-next-line typescript/no-explicit-any
type Body = Record<string, any>;

const CALL: Call = {
  model: 'claude-sonnet-4-5',
  system: [],
  turns: [{ role: 'user', content: [{ kind: 'text', text: 'hello' }] }],
  tools: [],
  toolChoice: 'auto',
  maxOutputTokens: undefined,
};
const TOOL: Tool = {
  name: 'read',
  description: 'Reads.',
  parameters: { type: 'object', properties: { path: { type: 'string' } } },
};

function write(call: Partial<Call>, options: Partial<WriteOptions> = {}): WireRequest & { readonly json: Body } {
  const written = anthropicCodec.writeRequest({ ...CALL, ...call }, { stream: true, ...options });
  return { ...written, json: JSON.parse(written.body) as Body };
}

const said = (text: string) => ({ kind: 'text', text }) as const;

/** What Anthropic itself would have against it; undefined where nothing. */
function faultOf(json: Body): string | undefined {
  return firstFault(() => checkMessages(json, [], '2023-06-01', false, { issued: new Map(), stored: new Map() }))?.message;
}

describe('writeRequest anthropic-messages: content', () => {
  it('media in their own form; what cannot be read is said to be left out', () => {
    const text = Buffer.from('ü').toString('base64');
    const { json, losses } = write(
      {
        turns: [
          {
            role: 'user',
            content: [
              { kind: 'image', mediaType: 'image/jpg', base64: 'aGk=' },
              { kind: 'document', mediaType: 'application/pdf', base64: 'aGk=', name: 'a.pdf' },
              { kind: 'document', mediaType: 'text/markdown', base64: text },
              { kind: 'remote', what: 'image', url: 'https://example.org/a' },
              { kind: 'remote', what: 'document', url: 'https://example.org/b' },
              { kind: 'audio', mediaType: 'audio/wav', base64: 'aGk=', name: 'a.wav' },
              { kind: 'image', mediaType: 'image/tiff', base64: 'aGk=' },
            ],
          },
        ],
      },
      { cacheBreakpoints: false },
    );
    assert.deepEqual(json['messages'][0].content, [
      { type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'aGk=' } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'aGk=' }, title: 'a.pdf' },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'ü' } },
      { type: 'image', source: { type: 'url', url: 'https://example.org/a' } },
      { type: 'document', source: { type: 'url', url: 'https://example.org/b' } },
      { type: 'text', text: '(A file was left out, because this model cannot read it: a.wav, audio/wav.)' },
      { type: 'text', text: '(A file was left out, because this model cannot read it: image/tiff.)' },
    ]);
    assert.deepEqual(losses, ['dropped-media']);
  });
  it('schemas of tools: an object at the top, whatever it was made of', () => {
    const schema = (parameters: Tool['parameters']) => {
      const { json, losses } = write({ tools: [{ ...TOOL, parameters }] });
      assert.equal(faultOf(json), undefined);
      return [json['tools'][0].input_schema, losses];
    };
    assert.deepEqual(schema({}), [{ properties: {}, type: 'object' }, []]);
    assert.deepEqual(
      schema({
        type: 'object',
        properties: { a: { type: 'string' } },
        required: ['a'],
        anyOf: [{ properties: { b: { type: 'number' }, c: {} }, required: ['b', 'c'] }, { $ref: '#/$defs/other' }],
        $defs: { other: { properties: { b: { type: 'string' } }, required: ['b'] } },
      }),
      [
        {
          type: 'object',
          properties: { a: { type: 'string' }, b: { anyOf: [{ type: 'number' }, { type: 'string' }] }, c: {} },
          required: ['a', 'b'],
          $defs: { other: { properties: { b: { type: 'string' } }, required: ['b'] } },
        },
        ['schema-keywords'],
      ],
    );
    assert.deepEqual(schema({ allOf: [{ properties: { constructor: {} }, required: ['constructor'] }, { required: ['x'] }] })[0], {
      type: 'object',
      properties: { constructor: {} },
      required: ['constructor', 'x'],
    });
    assert.deepEqual(write({ tools: [{ ...TOOL, strict: true }] }).losses, ['field:strict']);
  });
  it('the form of the answer: a closed schema, or words', () => {
    const format = {
      kind: 'schema',
      name: 'a',
      strict: true,
      schema: {
        type: 'object',
        properties: {
          n: { type: 'integer', minimum: 1, description: 'A number.' },
          list: { type: 'array', minItems: 1, items: { type: 'object', additionalProperties: true } },
          one: { oneOf: [{ type: 'string', format: 'email' }, { type: 'null' }] },
        },
      },
    } as const;
    const written = write({ format });
    assert.deepEqual(written.json['output_config'].format, {
      type: 'json_schema',
      schema: {
        type: 'object',
        additionalProperties: false,
        properties: {
          n: { type: 'integer', description: 'A number. (minimum: 1)' },
          list: {
            type: 'array',
            minItems: 1,
            items: { type: 'object', additionalProperties: false, description: '(additionalProperties: true)' },
          },
          one: { anyOf: [{ type: 'string', format: 'email' }, { type: 'null' }] },
        },
      },
    });
    assert.deepEqual(written.losses, ['schema-keywords']);
    for (const [call, words] of [
      [{ format: { kind: 'json' } }, /nothing else/],
      [{ format, model: 'claude-3-5-haiku-20241022' }, /must fit this JSON schema:\n\{"type"/],
    ] as const) {
      const { json, losses } = write({ ...call, system: [said('S')] });
      assert.equal(json['output_config'], undefined);
      assert.match(json['system'][1].text, words);
      assert.deepEqual(losses, ['answer-format']);
    }
  });
});

describe('writeRequest anthropic-messages: cache marks', () => {
  const marks = (json: Body): string[] => {
    const found: string[] = [];
    const look = (value: unknown, where: string): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        if (key === 'cache_control') found.push(`${where} ${(inner as Body)['ttl'] ?? '5m'}`);
        else look(inner, where === '' ? key : where);
      }
    };
    look({ tools: json['tools'], system: json['system'], messages: json['messages'] }, '');
    return found;
  };
  const marked = (text: string, cache: '5m' | '1h') => ({ kind: 'text', text, cache }) as const;
  it("are the call's own, where it has any", () => {
    const { json, losses } = write({ tools: [{ ...TOOL, cache: '1h' }], system: [marked('S', '5m')] });
    assert.deepEqual(marks(json), ['tools 1h', 'system 5m']);
    assert.deepEqual(losses, []);
  });
  it('are four at most, long ones first, and short where the provider knows no others', () => {
    const call: Partial<Call> = {
      tools: [{ ...TOOL, cache: '5m' }],
      system: [marked('S', '1h'), marked('T', '1h')],
      turns: [{ role: 'user', content: [marked('a', '5m'), marked('b', '1h')] }],
    };
    const many = write(call);
    assert.equal(faultOf(many.json), undefined);
    assert.deepEqual(marks(many.json), ['system 1h', 'system 1h', 'messages 5m', 'messages 5m']);
    assert.deepEqual(many.losses, ['cache-marks']);
    assert.deepEqual(marks(write(call, { quirks: { shortCacheOnly: true } }).json), [
      'system 5m',
      'system 5m',
      'messages 5m',
      'messages 5m',
    ]);
  });
  it('are ours where the call has none, unless they are not wanted', () => {
    const call = { tools: [TOOL], system: [said('S')] };
    assert.deepEqual(marks(write(call).json), ['tools 5m', 'system 5m', 'messages 5m']);
    assert.deepEqual(marks(write(call, { cacheBreakpoints: false }).json), []);
  });
});
