import { anthropicCodec } from '../../src/core/dialects/anthropic-messages/codec.ts';
import type { Codec } from '../../src/core/dialects/codec.ts';
import { geminiCodec } from '../../src/core/dialects/gemini/codec.ts';
import { chatCodec } from '../../src/core/dialects/openai-chat/codec.ts';
import { responsesCodec } from '../../src/core/dialects/openai-responses/codec.ts';
import type { DialectId } from '../../src/core/ir/dialect.ts';

export const CODECS: Readonly<Record<DialectId, Codec>> = {
  'openai-chat': chatCodec,
  'openai-responses': responsesCodec,
  'anthropic-messages': anthropicCodec,
  gemini: geminiCodec,
};
