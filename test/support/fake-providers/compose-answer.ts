import type { Answer, AnswerUsage, Frame, FrameData } from '../../../src/core/providers/demo/answer.ts';
import { tokensOf } from '../../../src/core/providers/demo/compose.ts';
import { type FakeDialect, isObject, type Memory } from './dialect.ts';
import type { FakeRequest, Step } from './script.ts';

const DEFAULT_TEXT = 'This is a scripted answer from a fake provider.';

interface Asked {
  readonly request: FakeRequest;
  readonly dialect: FakeDialect;
  readonly memory: Memory;
  readonly step: Step;
  /** Of the request; ids are made from it. */
  readonly number: number;
}

/** What the step makes the model say. */
export function answerOf({ request, dialect, memory, step, number }: Asked): Answer {
  const calls = step.toolCalls ?? [];
  const said = step.text ?? (calls.length > 0 ? '' : DEFAULT_TEXT);
  const text = step.repeatText === undefined ? said : REPEAT_MARK;
  const id = `Fake${String(number).padStart(20, '0')}`;
  const thinking = step.thinking === undefined ? undefined : think(step, dialect, request, memory, id);
  const toolCalls = calls.map((call, at) => ({
    id: call.id ?? dialect.callId(number * 100 + at),
    name: call.name,
    arguments: typeof call.args === 'string' ? call.args : JSON.stringify(call.args ?? {}),
    custom: call.custom === true,
    ...(call.namespace === undefined ? {} : { namespace: call.namespace }),
  }));
  // Gemini 3 signs the first call of a step even where it shows no thought.
  const signs = dialect.id === 'gemini' && thinking === undefined && calls.length > 0 && /gemini-3/.test(request.read?.model ?? '');
  const shown = signs ? { text: '', token: issue(memory, id, '') } : thinking;
  const characters = text.length + (step.thinking?.length ?? 0) + toolCalls.reduce((sum, call) => sum + call.arguments.length, 0);
  return {
    id,
    model: step.model ?? request.read?.model ?? '',
    created: Math.floor(Date.now() / 1000),
    text,
    ...(shown === undefined ? {} : { thinking: shown }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    ...(step.stop === undefined ? {} : { stop: step.stop }),
    ...(step.pieces === undefined ? {} : { pieces: step.pieces }),
    usage: usageOf(step, tokensOf(request.read?.characters ?? 0), tokensOf(characters)),
  };
}

function think(step: Step, dialect: FakeDialect, request: FakeRequest, memory: Memory, id: string): Answer['thinking'] {
  const full = { text: step.thinking ?? '', token: issue(memory, id, ''), redacted: step.redacted === true };
  const shown = dialect.thinking(request, full);
  // The signature vouches for what was shown, for that is what comes back.
  if (shown?.token !== undefined) memory.issued.set(shown.token, shown.redacted === true ? '' : shown.text);
  return shown;
}

/** A token that only this fake made; base64 alphabet, as all vendors' are. */
function issue(memory: Memory, id: string, text: string): string {
  const token = `${Buffer.from(`fake signature ${memory.name ?? ''} ${id} ${memory.issued.size}`)
    .toString('base64')
    .replace(/=+$/, '')}AA==`;
  memory.issued.set(token, text);
  return token;
}

function usageOf(step: Step, input: number, output: number): AnswerUsage {
  const given = step.usage === 'absent' || (isObject(step.usage) && 'wire' in step.usage) ? {} : (step.usage ?? {});
  return { input, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output, reasoningWithinOutput: 0, ...given };
}

const USAGE_FIELDS = ['usage', 'usageMetadata'];

/** A frame with the usage that the step wants, and nothing else changed. */
export function withUsage(frame: Frame, step: Step): Frame {
  return typeof frame.data === 'string' ? frame : { ...frame, data: withWireUsage(frame.data, step) };
}

/** Replaces or drops the usage object where a dialect keeps it: at the top, in `message`, in `response`. `null` stays. */
export function withWireUsage(data: FrameData, step: Step): FrameData {
  const { usage } = step;
  if (usage !== 'absent' && !(isObject(usage) && 'wire' in usage)) return data;
  return Object.fromEntries(
    Object.entries(data).flatMap(([name, value]) => {
      if (USAGE_FIELDS.includes(name) && value !== null) return usage === 'absent' ? [] : [[name, markNaN(usage.wire)]];
      return [[name, (name === 'message' || name === 'response') && isObject(value) ? withWireUsage(value, step) : value]];
    }),
  );
}

/** No text that anybody writes holds these characters. */
const NAN_MARK = '\u{e000}NaN';
const REPEAT_MARK = '\u{e001}';

function markNaN(value: unknown): unknown {
  if (typeof value === 'number') return Number.isNaN(value) ? NAN_MARK : value;
  if (Array.isArray(value)) return value.map(markNaN);
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, markNaN(inner)])) : value;
}

/**
 * The JSON of an answer or event with what only its text can hold: a bare NaN, and millions of characters, which would take a second to
 * be cut into pieces.
 */
export function spellOut(json: string, { text = DEFAULT_TEXT, repeatText = 1 }: Step): string {
  const spelt = json.replaceAll(`"${NAN_MARK}"`, 'NaN');
  return spelt.includes(REPEAT_MARK) ? spelt.replaceAll(REPEAT_MARK, JSON.stringify(text).slice(1, -1).repeat(repeatText)) : spelt;
}
