import { type Fields, listOf, textOf } from './dialect.ts';
import { empty, missing, wrongType } from './openai-faults.ts';

export function checkEmbedding(body: Fields): void {
  if (typeof body['model'] !== 'string') missing('model');
  if (body['input'] === undefined) missing('input');
  if (typeof body['input'] !== 'string' && !Array.isArray(body['input']))
    wrongType('input', 'one of a string or array', body['input']);
  if (body['input'].length === 0) empty('input');
}

export function embeddings(body: Fields): Fields {
  const inputs = typeof body['input'] === 'string' ? [body['input']] : listOf(body['input']);
  const tokens = inputs.reduce<number>((sum, input) => sum + Math.max(1, Math.ceil(textOf(input).length / 4)), 0);
  return {
    object: 'list',
    data: inputs.map((input, index) => {
      const vector = vectorOf(textOf(input));
      // The official SDK asks for base64 and decodes it unseen.
      const base64 = Buffer.from(new Float32Array(vector).buffer).toString('base64');
      return { object: 'embedding', index, embedding: body['encoding_format'] === 'base64' ? base64 : vector };
    }),
    model: body['model'],
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** Deterministic, of unit length; equal texts are equal and similar ones (by letters) are near. */
export function vectorOf(text: string, size = 8): readonly number[] {
  const sums = Array.from({ length: size }, () => 0);
  for (const point of text) {
    const at = (point.codePointAt(0) ?? 0) % size;
    sums[at] = (sums[at] ?? 0) + 1;
  }
  const length = Math.hypot(...sums) || 1;
  return sums.map((each) => each / length);
}
