import type { DialectId, Operation } from '../../../src/core/ir/dialect.ts';
import type { Answer, Frame, FrameData } from '../../../src/core/providers/demo/answer.ts';
import type { FakeRequest, StepError } from './script.ts';

/** What one fake provider knows of its wire: addresses, credentials, the rules it refuses by, and how it writes. */
export interface FakeDialect {
  readonly id: DialectId;
  /** Undefined: no such address. */
  route(method: string, path: string): Operation | undefined;
  /** The provider's own refusal of a missing or wrong key. */
  authorise(request: FakeRequest, keys: readonly string[]): Refusal | undefined;
  /** Everything about a request body that the provider answers 4xx to. */
  check(request: FakeRequest, operation: Operation, memory: Memory): Refusal | undefined;
  /** Called once with each answer that goes out: what the provider will know of it later. */
  remember(request: FakeRequest, answer: Answer, memory: Memory): void;
  /** What the request asks to be done with scripted thinking; undefined drops it. */
  thinking(request: FakeRequest, thinking: NonNullable<Answer['thinking']>): Answer['thinking'];
  /** Id of a tool call whose step names none. */
  callId(number: number): string;
  frames(request: FakeRequest, answer: Answer): readonly Frame[];
  whole(request: FakeRequest, answer: Answer): FrameData;
  /** What the vendor puts on every answer: request and organisation ids, rate limits, cookies. A step's own headers win. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes that go between two events of a stream; Gemini's server writes CRLF. */
  readonly newline: string;
  /** GET of the model list, or of one model. */
  models(path: string, ids: readonly string[]): FrameData;
  /** An answer to `count` and `embed`. */
  count(request: FakeRequest, tokens: number): FrameData;
  embed(request: FakeRequest): FrameData;
  error(error: StepError): Refusal;
  errorFrames(error: StepError, sent: readonly Frame[]): readonly Frame[];
  notFound(path: string): Refusal;
  unknownModel(model: string): Refusal;
}

export interface Refusal {
  readonly status: number;
  readonly body: FrameData;
  readonly message: string;
}

/** What a provider remembers between requests. */
export interface Memory {
  /** Tells the tokens of one fake from those of all others. */
  readonly name?: string;
  /** Tokens this fake issued (signatures, encrypted reasoning), and the thinking text that each one vouches for. */
  readonly issued: Map<string, string>;
  /** Responses: stored answers by id, with the call ids that still wait for an output. */
  readonly stored: Map<string, { readonly body: FrameData; readonly openCalls: readonly string[] }>;
}

/** A fault that a rule found. `type`, `param` and `code` where the vendor's body has them. */
export interface Fault {
  readonly message: string;
  readonly status?: number;
  readonly type?: string;
  readonly param?: string | null;
  readonly code?: string | null;
}

/** Thrown inside the rules of a dialect and turned into a refusal at their end: a deep check stops at its first fault, as providers do. */
class FaultFound extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault.message);
    this.fault = fault;
  }
}

export function refuse(message: string, rest: Omit<Fault, 'message'> = {}): never {
  throw new FaultFound({ message, ...rest });
}

export function firstFault(check: () => void): Fault | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof FaultFound) return error.fault;
    throw error;
  }
}

export type Fields = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
export const fieldsOf = (value: unknown): Fields => (isObject(value) ? value : {});
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A long list of names, written as prose. */
export const words = (names: string): readonly string[] => names.trim().split(/\s+/);

/** A faulty value as an error message shows it. */
export const wordOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'None'));

/** JSON's word for what a value is. */
export function kindOf(value: unknown): string {
  return value === null
    ? 'null'
    : Array.isArray(value)
      ? 'an array'
      : typeof value === 'object'
        ? 'an object'
        : `a ${typeof value}`;
}
