import type { Call } from '../ir/call.ts';
import type { DialectId } from '../ir/dialect.ts';
import { decoder as decodeAnthropic } from './anthropic-messages/decode.ts';
import { writeRequest as writeAnthropic } from './anthropic-messages/write-request.ts';
import type { Decoder } from './decoder.ts';
import type { DialectQuirks } from './dialect.ts';
import { decoder as decodeGemini } from './gemini/decode.ts';
import { writeRequest as writeGemini } from './gemini/write-request.ts';
import { decoder as decodeChat } from './openai-chat/decode.ts';
import { writeRequest as writeChat } from './openai-chat/write-request.ts';
import type { WireRequest, WriteOptions } from './wire-request.ts';

/** What it takes to ask in a dialect. */
export interface ClientCodec {
  writeRequest(call: Call, options: WriteOptions): WireRequest;
  decoder(quirks: DialectQuirks): Decoder;
}

const CODECS: Readonly<Partial<Record<DialectId, ClientCodec>>> = {
  'openai-chat': { writeRequest: writeChat, decoder: decodeChat },
  'anthropic-messages': { writeRequest: writeAnthropic, decoder: decodeAnthropic },
  gemini: { writeRequest: writeGemini, decoder: decodeGemini },
};

/** Undefined for a dialect that can only be relayed so far. */
export function clientCodec(dialect: DialectId): ClientCodec | undefined {
  return CODECS[dialect];
}
