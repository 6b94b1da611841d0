/**
 * A cheap guess: the editor asks for each message part, many times a turn, and only wants to know what fits. Four bytes a token
 * is near enough for English and code, and, since letters of wide scripts have three, for those too.
 */
export function estimateTokens(content: string | readonly unknown[]): number {
  if (typeof content === 'string') return Math.ceil(Buffer.byteLength(content) / 4);
  // The frame of a message costs a few tokens as well.
  return content.reduce<number>((sum, part) => sum + partTokens(part), 4);
}

function partTokens(part: unknown): number {
  if (typeof part !== 'object' || part === null) return 0;
  const { value, mimeType, input, name, content } = part as Record<string, unknown>;
  if (typeof value === 'string') return estimateTokens(value);
  if (Array.isArray(content)) return estimateTokens(content);
  if (typeof name === 'string') return estimateTokens(name) + estimateTokens(JSON.stringify(input ?? {}));
  // Providers count an image by its size in pixels, up to about this.
  return typeof mimeType === 'string' && mimeType.startsWith('image/') ? 1_600 : 0;
}
