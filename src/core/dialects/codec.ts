import type { Call } from '../ir/call.ts';
import type { GatewayError } from '../ir/error.ts';
import type { Loss } from '../ir/loss.ts';
import type { Part } from '../ir/parts.ts';
import type { Decoder } from './decoder.ts';
import type { DialectQuirks } from './dialect.ts';
import type { JsonRecord } from './read-json.ts';
import type { WireRequest, WriteOptions } from './wire-request.ts';

/**
 * The translating side of a dialect. Pure: no I/O, no clock, no log, no chance. Readers and encoders speak to agents, writers and
 * decoders to providers.
 */
export interface Codec {
  /** What an agent asks. A request that has no meaning here is an error that names the field and the reason. */
  readCall(body: JsonRecord, asked: Asked): ReadCall | GatewayError;
  writeRequest(call: Call, options: WriteOptions): WireRequest;
  decoder(options: DecodeOptions): Decoder;
  /** An answer that came whole; the same parts as its stream would give. */
  decodeWhole(body: JsonRecord, options: DecodeOptions): readonly Part[];
  encoder(frame: AnswerFrame): Encoder;
  /** `parts` end with a response-end. */
  renderWhole(parts: readonly Part[], frame: AnswerFrame): Record<string, unknown>;
  /** A provider's error answer. `body` is its JSON where it is any, else undefined. */
  readError(status: number, body: JsonRecord | undefined): GatewayError;
  /**
   * A body that is to be relayed, without what other issuers said in it. Carries of `issuer` are put back as the issuer wrote them,
   * other tagged ones are left out; with `untagged: 'drop'` so is opaque state whose issuer is not known. Undefined: nothing to change.
   */
  untag(body: JsonRecord, issuer: string, untagged: 'keep' | 'drop'): Record<string, unknown> | undefined;
}

/** What the path or the gateway knows and a body may not say. */
export interface Asked {
  readonly model: string;
  readonly stream: boolean;
}

export interface ReadCall {
  readonly call: Call;
  /** What the body said and a call cannot hold. */
  readonly losses: readonly Loss[];
}

export interface DecodeOptions {
  readonly quirks?: DialectQuirks;
  /** Written into every carry; see `Carry.issuer`. */
  readonly issuer?: string;
  /** Call ids of the conversation so far. Some providers begin anew with each answer; agents refuse an id that comes twice. */
  readonly usedCallIds?: ReadonlySet<string>;
}

/** What an answer needs besides its parts. */
export interface AnswerFrame {
  /** Unique; each dialect makes its own form of id from it. Letters and digits. */
  readonly id: string;
  /** As the agent named it. */
  readonly model: string;
  /** Seconds since the epoch. */
  readonly createdAt: number;
  /** What was asked: an answer repeats some of it, and calls tools in the form in which they were declared. */
  readonly call: Call;
  /** Chat streams bring usage only where it was asked for. */
  readonly includeUsage: boolean;
}

/** Writes the stream of one answer. Never holds back more than one open block. */
export interface Encoder {
  /** Bytes for the agent; empty where there is nothing to say yet. The frames that end the stream come with `response-end`. */
  push(part: Part): string;
  /** The dialect's error event for an answer that has begun; undefined where agents heed none and the connection must be cut. */
  fail(error: GatewayError): string | undefined;
}
