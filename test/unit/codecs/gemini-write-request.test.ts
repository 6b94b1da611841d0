import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { WireRequest, WriteOptions } from '../../../src/core/dialects/wire-request.ts';
import { geminiCodec } from '../../../src/core/dialects/gemini/codec.ts';
import type { Call, ReasoningWish, Tool, Turn } from '../../../src/core/ir/call.ts';
import { firstFault, type Memory } from '../../support/fake-providers/dialect.ts';
import { checkContents } from '../../support/fake-providers/gemini-rules.ts';

// What the writer wrote is looked into freely; a missing field fails the assertion that reads it.
// oxlint-disable-next-line typescript/no-explicit-any
type Body = Record<string, any>;

const ISSUER = 'gemini@google';
const CALL: Call = {
  model: 'gemini-3.1-pro-preview',
  system: [],
  turns: [],
  tools: [],
  toolChoice: 'auto',
  maxOutputTokens: undefined,
};
const TOOL: Tool = {
  name: 'read',
  description: 'Reads.',
  parameters: { type: 'object', properties: { path: { type: 'string' } } },
};
const STAND_IN = 'skip_thought_signature_validator';

const said = (text: string) => ({ kind: 'text', text }) as const;
const user = (text: string): Turn => ({ role: 'user', content: [said(text)] });
const own = (token: string) => ({ issuer: ISSUER, token });

function write(call: Partial<Call>, options: Partial<WriteOptions> = {}): WireRequest & { readonly json: Body } {
  const written = geminiCodec.writeRequest({ ...CALL, ...call }, { stream: true, issuer: ISSUER, ...options });
  return { ...written, json: JSON.parse(written.body) as Body };
}

function faultOf(json: Body, model: string, ...issued: string[]): string | undefined {
  const memory: Memory = { issued: new Map(issued.map((token) => [token, ''])), stored: new Map() };
  return firstFault(() => checkContents(json, model, memory))?.message;
}

const parametersOf = (parameters: Record<string, unknown>) => {
  const { json, losses } = write({ tools: [{ ...TOOL, parameters }] });
  return { schema: json['tools'][0].functionDeclarations[0].parametersJsonSchema as Body, losses };
};

describe('gemini writeRequest: contents', () => {
  it('own signatures go back to their parts, others and their thoughts do not', () => {
    const content = [
      { kind: 'reasoning', text: 'hm', carry: own('dA==') },
      { kind: 'reasoning', text: 'foreign', carry: { issuer: 'other', token: 'x' } },
      { ...said('Reading.'), carry: own('dB==') },
      { kind: 'tool-call', callId: '1', name: 'read', arguments: '{"path":"a"}', carry: own('dC==') },
      { kind: 'tool-call', callId: '2', name: 'read', arguments: '{"path":', carry: { issuer: 'other', token: 'x' } },
    ] as const;
    const { json, losses } = write({ turns: [user('x'), { role: 'assistant', content }] });
    assert.deepEqual(json['contents'][1], {
      role: 'model',
      parts: [
        { text: 'hm', thought: true, thoughtSignature: 'dA==' },
        { text: 'Reading.', thoughtSignature: 'dB==' },
        { functionCall: { name: 'read', args: { path: 'a' } }, thoughtSignature: 'dC==' },
        { functionCall: { name: 'read', args: { unparsed_arguments: '{"path":' } } },
      ],
    });
    assert.equal(faultOf(json, 'gemini-3.1-pro-preview', 'dA==', 'dB==', 'dC=='), undefined);
    assert.deepEqual(new Set(losses), new Set(['dropped-reasoning', 'unparsed-arguments', 'missing-tool-result']));
  });

  it('Gemini 3 gets a stand-in on the first call of a turn where there is no signature', () => {
    const signatures = (model: string, ...tokens: (string | undefined)[]) => {
      const content = tokens.map((token, n) => ({
        ...({ kind: 'tool-call', callId: `${n}`, name: 'read', arguments: '{}' } as const),
        ...(token === undefined ? {} : { carry: own(token) }),
      }));
      const { json } = write({ model: 'agent/x', turns: [user('x'), { role: 'assistant', content }] }, { servedBy: model });
      return json['contents'][1].parts.map((part: Body) => part['thoughtSignature']);
    };
    assert.deepEqual(signatures('gemini-3-pro', 'abc', undefined), ['abc', undefined]);
    assert.deepEqual(signatures('gemini-3-pro', undefined, undefined), [STAND_IN, undefined]);
    assert.deepEqual(signatures('gemini-flash-latest', undefined), [STAND_IN]);
    assert.deepEqual(signatures('gemini-2.5-pro', undefined), [undefined]);
    assert.deepEqual(signatures('gemini-2.5-pro', 'abc'), ['abc']);
  });

  it('media: bytes inline, addresses where the model fetches them, the rest in words', () => {
    const content = [
      { kind: 'image', mediaType: 'image/jpg', base64: 'aGk=' },
      { kind: 'image', mediaType: 'image/gif', base64: 'aGk=' },
      { kind: 'document', mediaType: 'application/pdf', base64: 'aGk=', name: 'a.pdf' },
      { kind: 'audio', mediaType: 'audio/wav', base64: 'aGk=' },
      { kind: 'remote', what: 'image', url: 'https://x.test/a.png?s=1' },
      { kind: 'remote', what: 'document', url: 'https://x.test/a' },
      { kind: 'remote', what: 'image', url: 'http://x.test/a.png' },
    ] as const;
    const { json, losses } = write({ turns: [{ role: 'user', content }] });
    assert.deepEqual(json['contents'][0].parts, [
      { inlineData: { mimeType: 'image/jpeg', data: 'aGk=' } },
      { text: '(An image of the type image/gif was left out: the model cannot take it.)' },
      { text: '(The file a.pdf:)' },
      { inlineData: { mimeType: 'application/pdf', data: 'aGk=' } },
      { inlineData: { mimeType: 'audio/wav', data: 'aGk=' } },
      { fileData: { fileUri: 'https://x.test/a.png?s=1', mimeType: 'image/png' } },
      { fileData: { fileUri: 'https://x.test/a', mimeType: 'application/pdf' } },
      { text: '(An image at http://x.test/a.png was left out: the model cannot take it.)' },
    ]);
    assert.deepEqual(losses, ['dropped-media']);
    const old = write({ turns: [{ role: 'user', content: [content[4]] }] }, { servedBy: 'gemini-2.0-flash' });
    assert.match(old.body, /left out/);
  });
});

describe('gemini writeRequest: settings', () => {
  const config = (call: Partial<Call>, model = 'gemini-3.1-pro-preview', options: Partial<WriteOptions> = {}) => {
    const { json, losses } = write({ model, ...call }, options);
    return [json['generationConfig'], losses] as const;
  };
  const thinking = (reasoning: Partial<ReasoningWish>, model: string) => {
    const [written, losses] = config({ reasoning: { mode: 'on', shown: true, ...reasoning } }, model);
    return [written?.thinkingConfig, losses.includes('reasoning-effort')];
  };

  it('thinking by level', () => {
    const shown = { includeThoughts: true };
    assert.deepEqual(thinking({ effort: 'high' }, 'gemini-3-pro-preview'), [{ ...shown, thinkingLevel: 'HIGH' }, false]);
    assert.deepEqual(thinking({ effort: 'medium' }, 'gemini-3-pro-preview'), [{ ...shown, thinkingLevel: 'LOW' }, true]);
    assert.deepEqual(thinking({ effort: 'medium' }, 'gemini-3.1-pro'), [{ ...shown, thinkingLevel: 'MEDIUM' }, false]);
    assert.deepEqual(thinking({ effort: 'max' }, 'gemini-3.8-flash'), [{ ...shown, thinkingLevel: 'HIGH' }, true]);
    assert.deepEqual(thinking({ budgetTokens: 5000 }, 'gemini-3-flash'), [{ ...shown, thinkingLevel: 'LOW' }, false]);
    assert.deepEqual(thinking({ mode: 'adaptive' }, 'gemini-3-flash'), [shown, false]);
    assert.deepEqual(thinking({ mode: 'off' }, 'gemini-3-flash'), [{ thinkingLevel: 'MINIMAL' }, true]);
    assert.deepEqual(thinking({ mode: 'off' }, 'gemini-3.1-pro'), [{ thinkingLevel: 'LOW' }, true]);
  });

  it('thinking by budget, and not at all', () => {
    const shown = { includeThoughts: true };
    assert.deepEqual(thinking({ budgetTokens: 40_000 }, 'gemini-2.5-pro'), [{ ...shown, thinkingBudget: 32_768 }, true]);
    assert.deepEqual(thinking({ budgetTokens: 2000, shown: false }, 'gemini-2.5-flash'), [{ thinkingBudget: 2000 }, false]);
    assert.deepEqual(thinking({ mode: 'adaptive' }, 'gemini-2.5-flash'), [{ ...shown, thinkingBudget: -1 }, false]);
    assert.deepEqual(thinking({ mode: 'off' }, 'gemini-2.5-flash-lite'), [{ thinkingBudget: 0 }, false]);
    assert.deepEqual(thinking({ mode: 'off' }, 'gemini-2.5-pro'), [{ thinkingBudget: 128 }, true]);
    assert.deepEqual(thinking({ effort: 'high' }, 'gemini-2.0-flash'), [undefined, true]);
  });

  it('sampling, stops and limits are brought into range by name', () => {
    const sampling = { temperature: 3, topP: 0.9, topK: 40, seed: 1, presencePenalty: 1, frequencyPenalty: 0 };
    assert.deepEqual(config({ sampling }), [
      { temperature: 2, topP: 0.9, topK: 40, seed: 1 },
      ['clamped-sampling', 'field:presencePenalty'],
    ]);
    assert.equal(config({ sampling }, 'gemini-2.0-flash')[0].presencePenalty, 1);
    assert.deepEqual(config({ stop: ['a', '', 'b', 'c', 'd', 'e', 'f'] }), [
      { stopSequences: ['a', 'b', 'c', 'd', 'e'] },
      ['stop-sequences'],
    ]);
    assert.deepEqual(config({ maxOutputTokens: 900 }, undefined, { maxOutputTokens: 500 }), [
      { maxOutputTokens: 500 },
      ['clamped-max-tokens'],
    ]);
    assert.deepEqual(config({}), [undefined, []]);
  });

  it('a JSON answer is a field, or words where functions forbid the field', () => {
    const format = { kind: 'schema', name: 'a', strict: true, schema: { type: 'object', $schema: 'x', not: {} } } as const;
    assert.deepEqual(config({ format }), [
      { responseMimeType: 'application/json', responseJsonSchema: { type: 'object' } },
      ['schema-keywords'],
    ]);
    const { json, losses } = write({ model: 'gemini-2.5-pro', format, tools: [TOOL], system: [said('S')] });
    assert.equal(json['generationConfig'], undefined);
    assert.match(json['systemInstruction'].parts[0].text, /^S\n\n.*JSON schema/s);
    assert.deepEqual(losses, ['answer-format']);
    assert.deepEqual(config({ format: { kind: 'json' } })[0], { responseMimeType: 'application/json' });
  });

  it('tool choice, tier, and what cannot be said', () => {
    const calling = (call: Partial<Call>) => write({ tools: [TOOL], ...call }).json['toolConfig']?.functionCallingConfig;
    assert.equal(calling({}), undefined);
    assert.deepEqual(calling({ toolChoice: 'none' }), { mode: 'NONE' });
    assert.deepEqual(calling({ toolChoice: 'required' }), { mode: 'ANY' });
    assert.deepEqual(calling({ toolChoice: { name: 'read' } }), { mode: 'ANY', allowedFunctionNames: ['read'] });
    assert.deepEqual(calling({ toolChoice: { name: 'gone' } }), { mode: 'ANY' });
    assert.equal(calling({ tools: [], toolChoice: 'required' }), undefined);
    assert.equal(write({ serviceTier: 'priority' }).json['serviceTier'], 'priority');
    const { losses, json } = write({
      tools: [{ ...TOOL, cache: '5m' }],
      parallelToolCalls: false,
      serviceTier: 'default',
      verbosity: 'low',
      user: 'u',
      cacheKey: 'k',
    });
    assert.deepEqual(losses, ['parallel-tool-calls', 'field:verbosity', 'field:user', 'field:prompt_cache_key', 'cache-marks']);
    assert.equal('serviceTier' in json, false);
  });

  it('tool names are made fit, and known again', () => {
    const { json, toolNames } = write({
      tools: [
        { ...TOOL, name: '1/x y' },
        { ...TOOL, name: 'n'.repeat(80) },
      ],
    });
    const names = json['tools'][0].functionDeclarations.map((each: Body) => each['name']) as string[];
    for (const name of names) assert.match(name, /^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/);
    assert.deepEqual([...toolNames.values()].sort(), ['1/x y', 'n'.repeat(80)]);
  });
});

describe('gemini writeRequest: schemas', () => {
  it('VS Code Copilot and Claude Code: annotations go, meaning stays', () => {
    const { schema, losses } = parametersOf({
      $schema: 'http://json-schema.org/draft-07/schema#',
      $comment: 'x',
      type: 'object',
      additionalProperties: false,
      properties: {
        mode: { type: 'string', enum: ['a', 'b'], enumDescriptions: ['A', 'B'], deprecated: true },
        size: { type: 'string', enum: [1, 2] },
        kind: { const: 'file' },
        count: { type: 'integer', exclusiveMinimum: 0, multipleOf: 5 },
        uri: { type: 'string', format: 'uri' },
        list: { type: 'array', uniqueItems: true },
        $ref: { type: 'boolean' },
        env: {
          type: 'object',
          propertyNames: { type: 'string' },
          patternProperties: { '^x': {} },
          additionalProperties: { type: 'string' },
        },
      },
      required: ['mode', 'gone', 'mode'],
    });
    assert.deepEqual(schema, {
      type: 'object',
      additionalProperties: false,
      properties: {
        mode: { type: 'string', enum: ['a', 'b'] },
        size: { type: 'string', enum: ['1', '2'] },
        kind: { type: 'string', enum: ['file'] },
        count: { type: 'integer', minimum: 1 },
        uri: { type: 'string' },
        list: { type: 'array', items: {} },
        $ref: { type: 'boolean' },
        env: { type: 'object', additionalProperties: { type: 'string' } },
      },
      required: ['mode'],
    });
    assert.deepEqual(losses, ['schema-keywords']);
  });

  it('references: to definitions only, with what stands beside them around them', () => {
    const { schema, losses } = parametersOf({
      $ref: '#/definitions/Root',
      definitions: {
        Root: {
          type: 'object',
          properties: {
            a: { $ref: '#/definitions/Leaf', description: 'A leaf.' },
            b: { allOf: [{ $ref: '#/definitions/Leaf' }] },
            c: { $ref: '#/properties/a' },
          },
        },
        Leaf: { type: ['string', 'null'], minLength: 1 },
      },
    });
    assert.deepEqual(schema['properties'], {
      a: { description: 'A leaf.', anyOf: [{ $ref: '#/$defs/Leaf' }] },
      b: { $ref: '#/$defs/Leaf' },
      c: {},
    });
    assert.deepEqual(schema['$defs']['Leaf'], { type: ['string', 'null'], minLength: 1 });
    assert.equal(schema['$ref'], undefined);
    assert.deepEqual(losses, ['schema-keywords']);
  });

  it('a plain schema is said without a loss', () => {
    const plain = {
      type: 'object',
      properties: { a: { anyOf: [{ type: 'string' }, { type: 'number', minimum: 0 }] }, t: { type: 'array', prefixItems: [{}] } },
      required: ['a'],
    };
    assert.deepEqual(parametersOf(plain), { schema: plain, losses: [] });
    assert.deepEqual(parametersOf({}), { schema: { type: 'object', properties: {} }, losses: [] });
  });

  it('any JSON at all becomes a schema of known keywords, whose root is an object', () => {
    const keyword = fc.constantFrom(
      'type',
      'properties',
      'required',
      'items',
      'anyOf',
      'oneOf',
      'allOf',
      '$ref',
      '$defs',
      'definitions',
      'enum',
      'const',
      'not',
      'if',
      'format',
      'nullable',
      'additionalProperties',
      'prefixItems',
      'exclusiveMinimum',
      '__proto__',
      'x-vendor',
    );
    const { hostile } = fc.letrec<{ hostile: unknown }>((tie) => ({
      hostile: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom<unknown>(
          true,
          false,
          null,
          1,
          'string',
          'object',
          'array',
          '#/$defs/a',
          ['string', 'null'],
          ['a', 1, null, ''],
        ),
        fc.array(tie('hostile'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(keyword, fc.constantFrom('a', 'b')), tie('hostile'), { maxKeys: 4 }),
      ),
    }));
    const known = new Set(
      [
        'type',
        'format',
        'title',
        'description',
        'enum',
        'items',
        'prefixItems',
        'anyOf',
        'properties',
        'additionalProperties',
      ].concat(
        ['required', '$ref', '$defs', 'default', 'pattern', 'minimum', 'maximum', 'minItems', 'maxItems', 'minLength', 'maxLength'],
        ['minProperties', 'maxProperties'],
      ),
    );
    const check = (schema: Body): void => {
      for (const key of Object.keys(schema)) assert.ok(known.has(key), key);
      assert.equal(Object.hasOwn(schema, '$ref') && Object.keys(schema).length > 1, false, 'nothing beside a $ref');
      const properties = Object.keys(schema['properties'] ?? {});
      for (const name of schema['required'] ?? []) assert.ok(properties.includes(name));
      for (const map of [schema['properties'], schema['$defs']]) Object.values(map ?? {}).forEach((each) => check(each as Body));
      for (const list of [schema['anyOf'], schema['prefixItems']]) for (const each of list ?? []) check(each);
      for (const one of [schema['items'], schema['additionalProperties']]) if (typeof one === 'object') check(one);
    };
    fc.assert(
      fc.property(fc.dictionary(fc.oneof(keyword, fc.constant('a')), hostile), (parameters) => {
        const { schema } = parametersOf(parameters);
        assert.equal(schema['type'], 'object');
        check(schema);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('gemini writeRequest: any call is one that the provider takes', () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.constantFrom('', ' ', 'Hallo'));
  const id = fc.constantFrom('a', 'b', 'call|x', '');
  const name = fc.constantFrom('read', 'mcp__x.y/z', '9lives');
  const carry = fc.constantFrom(undefined, own('c2ln'), { issuer: 'other', token: 'x' });
  const signed = <Part extends object>(part: fc.Arbitrary<Part>) =>
    fc.tuple(part, carry).map(([each, token]) => (token === undefined ? each : { ...each, carry: token }));
  const media = fc.constantFrom(
    { kind: 'image', mediaType: 'image/jpg', base64: 'aGk=' } as const,
    { kind: 'document', mediaType: 'text/plain', base64: 'aGk=', name: 'n' } as const,
    { kind: 'audio', mediaType: 'audio/mp3', base64: 'aGk=' } as const,
    { kind: 'remote', what: 'image', url: 'https://x.test/a' } as const,
  );
  const assistant = fc.array(
    fc.oneof(
      signed(text.map(said)),
      signed(text.map((each) => ({ kind: 'reasoning', text: each }) as const)),
      signed(
        fc.record({
          kind: fc.constant('tool-call' as const),
          callId: id,
          name,
          arguments: fc.constantFrom('', '{}', '{"path":"x"}', '{"pa', '[1]', 'null'),
        }),
      ),
    ),
    { maxLength: 4 },
  );
  const results = fc.record({
    kind: fc.constant('tool-result' as const),
    callId: id,
    name,
    content: fc.array(fc.oneof(text.map(said), media), { maxLength: 2 }),
    isError: fc.boolean(),
  });
  const turn: fc.Arbitrary<Turn> = fc.oneof(
    assistant.map((content): Turn => ({ role: 'assistant', content })),
    fc.array(fc.oneof(text.map(said), media, results), { maxLength: 4 }).map((content): Turn => ({ role: 'user', content })),
    fc.array(text.map(said), { maxLength: 2 }).map((content): Turn => ({ role: 'system', content })),
  );
  const effort = fc.constantFrom('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max');
  const call = fc.record(
    {
      system: fc.array(text.map(said), { maxLength: 2 }),
      turns: fc.array(turn, { maxLength: 6 }),
      tools: fc.constantFrom(
        [],
        [TOOL],
        [
          { ...TOOL, name: '9lives' },
          { ...TOOL, name: 'mcp__x.y/z', parameters: {} },
        ],
      ),
      toolChoice: fc.constantFrom('auto' as const, 'required' as const, 'none' as const, { name: '9lives' }),
      maxOutputTokens: fc.constantFrom(undefined, 100),
      stop: fc.array(text, { maxLength: 7 }),
      sampling: fc.record({ temperature: fc.double({ min: 0, max: 9, noNaN: true }) }),
      reasoning: fc.record(
        {
          mode: fc.constantFrom('off' as const, 'on' as const, 'adaptive' as const),
          shown: fc.boolean(),
          effort,
          budgetTokens: fc.nat(90_000),
        },
        { requiredKeys: ['mode', 'shown'] },
      ),
      format: fc.constantFrom({ kind: 'json' as const }, { kind: 'schema' as const, name: 'a', strict: true, schema: { not: {} } }),
    },
    { requiredKeys: ['system', 'turns', 'tools', 'toolChoice', 'maxOutputTokens'] },
  );
  for (const model of ['gemini-3.1-pro-preview', 'gemini-2.5-flash', 'gemini-2.0-flash']) {
    it(model, () => {
      fc.assert(
        fc.property(call, (random) => {
          const { json } = write({ ...(random as Partial<Call>), model });
          assert.equal(faultOf(json, model, 'c2ln'), undefined, JSON.stringify(json));
        }),
        { numRuns: 700 },
      );
    });
  }
});
