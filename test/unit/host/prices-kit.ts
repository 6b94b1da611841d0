/** A whole list as the price package's source has it, with `opus` dollars for a million tokens of claude-opus-5-5's input. */
export function fetchedList(opus: number): string {
  const model = (id: string, input: number, output: number) => ({
    id,
    match: { equals: id },
    prices: { input_mtok: input, output_mtok: output },
  });
  return JSON.stringify([
    { id: 'anthropic', models: [model('claude-opus-5-5', opus, 20)] },
    { id: 'openai', models: [model('gpt-7', 3, 9)] },
    { id: 'google', models: [model('gemini-9', 1, 2)] },
    { id: 'other', models: Array.from({ length: 600 }, (_, at) => model(`model-${at}`, 1, 2)) },
  ]);
}

/** In our own form. */
export function ownList(input: number): string {
  return JSON.stringify({
    asOf: '2026-11-01',
    models: [
      { provider: 'anthropic', model: 'claude-opus-5-5', input, output: 21 },
      { provider: 'team', model: 'house-1', input: 1, output: 2 },
      { provider: 'team', model: 'house-*', input: 3, output: 4 },
    ],
  });
}
