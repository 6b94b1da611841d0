import type { StopReason } from '../../ir/parts.ts';
import { allInput, type Answer, DEFAULT_PIECES, type Frame, type FrameData, splitText, stopOf } from './answer.ts';

/** The chunks of `:streamGenerateContent`. There is no `event:` field and no closing mark: the last chunk has `finishReason`. */
export function geminiFrames(answer: Answer): readonly Frame[] {
  const pieces = answer.pieces ?? DEFAULT_PIECES;
  const parts: FrameData[] = [
    ...splitText(answer.thinking?.text ?? '', pieces).map((text) => ({ text, thought: true })),
    ...splitText(answer.text, pieces).map((text) => ({ text })),
    ...callsOf(answer),
  ];
  // With no call to carry it, the signature of a streamed answer comes in a last part without text (wire corpus: google-reasoning-gemini3).
  const token = answer.thinking?.token;
  if (token !== undefined && callsOf(answer).length === 0) parts.push({ text: '', thoughtSignature: token });
  if (parts.length === 0) parts.push({ text: '' });
  return parts.map((part, at) => ({ event: undefined, data: chunk(answer, [part], at === parts.length - 1) }));
}

export function geminiWhole(answer: Answer): FrameData {
  const token = answer.thinking?.token;
  const signature = token !== undefined && callsOf(answer).length === 0 ? { thoughtSignature: token } : {};
  const parts: FrameData[] = [];
  if (answer.thinking !== undefined && answer.thinking.text !== '') parts.push({ text: answer.thinking.text, thought: true });
  if (answer.text !== '') parts.push({ text: answer.text, ...signature });
  return chunk(answer, [...parts, ...callsOf(answer)], true);
}

export function geminiError(code: number, status: string, message: string, details: readonly FrameData[] = []): FrameData {
  return { error: { code, message, status, ...(details.length === 0 ? {} : { details }) } };
}

export function geminiModels(ids: readonly string[]): FrameData {
  return { models: ids.map((id) => geminiModel(id)) };
}

export function geminiModel(id: string): FrameData {
  return {
    name: `models/${id}`,
    version: '001',
    displayName: id,
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: ['generateContent', 'countTokens'],
  };
}

const STOP: Readonly<Record<StopReason, string>> = {
  end: 'STOP',
  'max-tokens': 'MAX_TOKENS',
  'tool-use': 'STOP',
  'stop-sequence': 'STOP',
  refusal: 'SAFETY',
  pause: 'STOP',
  'context-window': 'MAX_TOKENS',
  unknown: 'OTHER',
};

/** Only the first call of a step carries the signature. */
function callsOf(answer: Answer): readonly FrameData[] {
  const token = answer.thinking?.token;
  return (answer.toolCalls ?? []).map((call, at) => ({
    functionCall: { ...(call.id === '' ? {} : { id: call.id }), name: call.name, args: JSON.parse(call.arguments) },
    ...(at === 0 && token !== undefined ? { thoughtSignature: token } : {}),
  }));
}

function chunk(answer: Answer, parts: readonly FrameData[], last: boolean): FrameData {
  return {
    candidates: [{ content: { parts, role: 'model' }, ...(last ? { finishReason: STOP[stopOf(answer)] } : {}), index: 0 }],
    usageMetadata: usageOf(answer),
    modelVersion: answer.model,
    responseId: answer.id,
  };
}

function usageOf({ usage }: Answer): FrameData {
  const prompt = allInput(usage);
  return {
    promptTokenCount: prompt,
    ...(usage.cacheRead > 0 ? { cachedContentTokenCount: usage.cacheRead } : {}),
    candidatesTokenCount: usage.output - usage.reasoningWithinOutput,
    ...(usage.reasoningWithinOutput > 0 ? { thoughtsTokenCount: usage.reasoningWithinOutput } : {}),
    totalTokenCount: prompt + usage.output,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: prompt }],
  };
}
