import type { Call } from '../../ir/call.ts';
import { fieldLoss, type Loss } from '../../ir/loss.ts';
import type { ClaudeTraits } from './claude-traits.ts';
import type { Json } from './write-messages.ts';

/**
 * Sampling values in the dialect's range. Beside thinking only a temperature of 1 is allowed, which is what happens unasked;
 * later models take no values at all. A value that is the default anyway is no loss.
 */
export function writeSampling(call: Call, thinks: boolean, traits: ClaudeTraits, losses: Set<Loss>): Json {
  const { temperature, topP, topK, seed, presencePenalty, frequencyPenalty } = call.sampling ?? {};
  if (seed !== undefined) losses.add(fieldLoss('seed'));
  if (presencePenalty !== undefined && presencePenalty !== 0) losses.add(fieldLoss('presence_penalty'));
  if (frequencyPenalty !== undefined && frequencyPenalty !== 0) losses.add(fieldLoss('frequency_penalty'));
  if (thinks || traits.sampling === 'none') {
    if (temperature !== undefined && temperature !== 1) losses.add(fieldLoss('temperature'));
    if (topP !== undefined && topP !== 1) losses.add(fieldLoss('top_p'));
    if (topK !== undefined) losses.add(fieldLoss('top_k'));
    return {};
  }
  const written: Json = {};
  if (temperature !== undefined) written['temperature'] = within(temperature, 0, 1, losses);
  if (topP !== undefined) {
    // From 4.1 on both together are refused.
    if (temperature !== undefined && traits.sampling === 'one') {
      if (topP !== 1) losses.add(fieldLoss('top_p'));
    } else {
      written['top_p'] = within(topP, 0, 1, losses);
    }
  }
  if (topK !== undefined) written['top_k'] = within(Math.trunc(topK), 1, Number.MAX_SAFE_INTEGER, losses);
  return written;
}

function within(value: number, least: number, most: number, losses: Set<Loss>): number {
  const moved = Math.min(most, Math.max(least, value));
  if (moved !== value) losses.add('clamped-sampling');
  return moved;
}
