import fc from 'fast-check';
import type {
  AnswerFormat,
  AssistantContent,
  Call,
  ReasoningWish,
  Sampling,
  TextContent,
  Tool,
  ToolChoice,
  ToolResult,
  Turn,
  UserContent,
} from '../../src/core/ir/call.ts';
import type { Block, Part, StopReason } from '../../src/core/ir/parts.ts';
import type { Usage } from '../../src/core/ir/usage.ts';

/** Well-formed calls and answers of any kind, for whatever must hold for all of them. */

/** Never empty: an empty delta is no delta. Among them what frames and parsers might take for their own. */
const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 }) },
  fc.constantFrom('Grüße 🧱', '\n', ' ', '"', '\\', '[DONE]', 'data: {}\n\n', '</think>', '\u2028', '{"a":'),
);

/** Not blank: providers refuse blank text in requests, so it is left out there. */
const visibleText = text.filter((value) => value.trim() !== '');

const toolName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_-]{0,12}$/);
const callId = fc.stringMatching(/^[a-zA-Z0-9_-]{1,24}$/);

const argument: fc.Arbitrary<unknown> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom<unknown>(null, [], {}, [1, 'a'], { deep: { er: [{}] } }, 0.1, 'ünï"\\\n', '}'),
);
/** JSON text of an object. */
const toolArguments: fc.Arbitrary<string> = fc
  .dictionary(fc.constantFrom('path', 'n', 'ünïcode', '', 'a b', '1', 'true'), argument, { maxKeys: 3 })
  .map((value) => JSON.stringify(value));

const count = fc.nat(100_000);
const usage: fc.Arbitrary<Usage> = fc
  .record({
    input: fc.integer({ min: 1, max: 100_000 }),
    cacheRead: count,
    short: count,
    long: count,
    rest: count,
    thoughts: count,
  })
  .map(({ input, cacheRead, short, long, rest, thoughts }) => ({
    input,
    cacheRead,
    cacheWrite5m: short,
    cacheWrite1h: long,
    output: rest + thoughts,
    reasoningWithinOutput: thoughts,
    units: {},
    source: 'reported',
  }));

const PROSE_STOPS: readonly StopReason[] = ['end', 'max-tokens', 'stop-sequence', 'refusal', 'pause', 'context-window', 'unknown'];
const CALL_STOPS: readonly StopReason[] = ['tool-use', 'tool-use', 'max-tokens', 'refusal'];

type BlockPlan = { readonly deltas: readonly string[]; readonly token: string | undefined } & (
  | { readonly kind: 'text' }
  | { readonly kind: 'reasoning'; readonly form: 'full' | 'summary' | 'redacted' }
  | { readonly kind: 'tool-call'; readonly callId: string; readonly name: string }
);

const deltas = fc.array(text, { minLength: 1, maxLength: 3 });
const sealed = fc.base64String({ minLength: 4, maxLength: 40 });
const token = fc.option(sealed, { nil: undefined });
/** Gemini signs text and tool calls, others only their thoughts. */
const block: fc.Arbitrary<BlockPlan> = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), deltas, token: fc.option(sealed, { freq: 1, nil: undefined }) }),
  fc.record({ kind: fc.constant('reasoning' as const), form: fc.constantFrom('full' as const, 'summary' as const), deltas, token }),
  fc.record({
    kind: fc.constant('reasoning' as const),
    form: fc.constant('redacted' as const),
    deltas: fc.constant([]),
    token: sealed,
  }),
  fc
    .record({ callId, name: toolName, json: toolArguments, size: fc.integer({ min: 1, max: 9 }), token })
    .map(({ json, size, ...rest }) => ({ kind: 'tool-call' as const, ...rest, deltas: pieces(json, size) })),
);

function pieces(json: string, size: number): string[] {
  return Array.from({ length: Math.ceil(json.length / size) }, (_, n) => json.slice(n * size, (n + 1) * size));
}

/** A whole answer that ends well. Its carries are of the given issuer; they and the call ids are unique. */
export function answer(issuer: string): fc.Arbitrary<readonly Part[]> {
  return fc.record({ blocks: fc.array(block, { maxLength: 6 }), usage, chance: fc.nat(100) }).map(({ blocks, usage, chance }) => {
    const stops = blocks.some(({ kind }) => kind === 'tool-call') ? CALL_STOPS : PROSE_STOPS;
    const reason = stops[chance % stops.length] ?? 'end';
    return [
      { type: 'response-start', id: 'answer1', model: 'served-model' },
      ...blocks.flatMap((plan, at) => partsOf(plan, at, issuer)),
      { type: 'usage', usage },
      { type: 'response-end', stop: { reason, raw: reason } },
    ];
  });
}

function partsOf(plan: BlockPlan, at: number, issuer: string): Part[] {
  const opened: Block =
    plan.kind === 'tool-call'
      ? { kind: plan.kind, callId: `${plan.callId}_${at}`, name: plan.name }
      : plan.kind === 'text'
        ? { kind: plan.kind }
        : { kind: plan.kind, form: plan.form };
  return [
    { type: 'block-start', at, block: opened },
    ...plan.deltas.map((delta): Part => ({ type: 'block-delta', at, text: delta })),
    { type: 'block-end', at, ...(plan.token === undefined ? {} : { carry: { issuer, token: `${plan.token}.${at}` } }) },
  ];
}

const textContent: fc.Arbitrary<TextContent> = visibleText.map((value) => ({ kind: 'text', text: value }));
const IMAGE = { kind: 'image', mediaType: 'image/png', base64: 'aVZCT1I=' } as const;

const TOOLS: readonly Tool[] = [
  {
    name: 'read',
    description: 'Reads a file.',
    parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
  },
  { name: 'list', description: 'Lists files.', parameters: { type: 'object', properties: {} } },
];

/** A round of calls with all their results, in any order, and what was said with them. */
const toolRound = fc.record({
  said: fc.array(textContent, { maxLength: 1 }),
  calls: fc.array(
    fc.record({
      name: fc.constantFrom('read', 'list'),
      json: toolArguments,
      output: fc.oneof({ weight: 3, arbitrary: visibleText }, fc.constant('')),
      failed: fc.boolean(),
      pictured: fc.boolean(),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  reversed: fc.boolean(),
});
type ToolRound = typeof toolRound extends fc.Arbitrary<infer Round> ? Round : never;

/** `round` keeps the ids of two rounds apart. */
function turnsOf({ said, calls, reversed }: ToolRound, round: number): Turn[] {
  const idAt = (n: number): string => `call_${round}_${n}`;
  const called = calls.map(({ name, json }, n): AssistantContent => ({
    kind: 'tool-call',
    callId: idAt(n),
    name,
    arguments: json,
  }));
  const results = calls.map(({ name, output, failed, pictured }, n): ToolResult => ({
    kind: 'tool-result',
    callId: idAt(n),
    name,
    content: [{ kind: 'text', text: output }, ...(pictured ? [IMAGE] : [])],
    isError: failed,
  }));
  return [
    { role: 'assistant', content: [...said, ...called] },
    { role: 'user', content: reversed ? results.toReversed() : results },
  ];
}

const userTurn: fc.Arbitrary<Turn> = fc
  .array(fc.oneof<fc.Arbitrary<UserContent>[]>(textContent, fc.constant(IMAGE)), { minLength: 1, maxLength: 2 })
  .map((content) => ({ role: 'user', content }));
const assistantTurn: fc.Arbitrary<Turn> = textContent.map((content) => ({ role: 'assistant', content: [content] }));
const systemTurn: fc.Arbitrary<Turn> = textContent.map((content) => ({ role: 'system', content: [content] }));

const sampling: fc.Arbitrary<Sampling> = fc.record(
  {
    temperature: fc.constantFrom(0, 0.5, 1, 1.7),
    topP: fc.constantFrom(0.1, 1),
    topK: fc.constantFrom(1, 40),
    seed: fc.nat(9),
    presencePenalty: fc.constantFrom(-1, 0.5),
    frequencyPenalty: fc.constantFrom(-1, 0.5),
  },
  { requiredKeys: [] },
);

const optional = fc.record(
  {
    parallelToolCalls: fc.boolean(),
    reasoning: fc.constantFrom<ReasoningWish[]>(
      { mode: 'off', shown: false },
      { mode: 'on', effort: 'high', shown: true },
      { mode: 'on', budgetTokens: 2048, shown: true },
      { mode: 'adaptive', effort: 'xhigh', shown: false },
    ),
    sampling,
    stop: fc.constantFrom<string[][]>(['END'], ['a', 'b', 'c', 'd', 'e', 'f'], [' ']),
    format: fc.constantFrom<AnswerFormat[]>(
      { kind: 'json' },
      {
        kind: 'schema',
        name: 'answer',
        schema: {
          type: 'object',
          properties: { ok: { type: 'boolean' } },
          required: ['ok'],
          additionalProperties: false,
        },
        strict: true,
      },
    ),
    verbosity: fc.constantFrom<('low' | 'high')[]>('low', 'high'),
    serviceTier: fc.constantFrom('auto', 'priority', 'standard_only'),
    user: fc.constant('u-1'),
    cacheKey: fc.constant('k-1'),
  },
  { requiredKeys: [] },
);

const round = fc.oneof(
  { weight: 2, arbitrary: toolRound },
  fc.tuple(assistantTurn, userTurn),
  systemTurn.map((turn) => [turn]),
);

/** A conversation that begins with the user, whose calls all have results: what a sound agent sends. */
export const call: fc.Arbitrary<Call> = fc
  .record({
    system: fc.array(textContent, { maxLength: 2 }),
    first: userTurn,
    rounds: fc.array(round, { maxLength: 4 }),
    toolChoice: fc.constantFrom<ToolChoice[]>('auto', 'none', 'required', { name: 'read' }),
    maxOutputTokens: fc.constantFrom(undefined, 16, 4096, 200_000),
    optional,
  })
  .map(({ system, first, rounds, toolChoice, maxOutputTokens, optional }) => ({
    model: 'm',
    system,
    turns: [first, ...rounds.flatMap((each, n) => ('calls' in each ? turnsOf(each, n) : each))],
    tools: TOOLS,
    toolChoice,
    maxOutputTokens,
    ...optional,
  }));
