import type { DialectId } from '../ir/dialect.ts';
import { anthropicCodec } from './anthropic-messages/codec.ts';
import type { Codec } from './codec.ts';
import { geminiCodec } from './gemini/codec.ts';
import { chatCodec } from './openai-chat/codec.ts';
import { responsesCodec } from './openai-responses/codec.ts';

export const CODECS: Readonly<Record<DialectId, Codec>> = {
  'openai-chat': chatCodec,
  'openai-responses': responsesCodec,
  'anthropic-messages': anthropicCodec,
  gemini: geminiCodec,
};
