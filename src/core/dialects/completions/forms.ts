/** The shapes in which editors ask for text between a prompt and a suffix, and in which providers take that. */
export type CompletionForm =
  /** OpenAI's `/completions`; also vLLM, Ollama, LM Studio, OpenRouter. */
  | 'legacy'
  /** Mistral's `/fim/completions`, which answers in the shape of a chat. */
  | 'mistral-fim'
  /** DeepSeek's `/beta/completions`, beside the versioned API and not below it. */
  | 'deepseek-beta';

export interface FormTraits {
  /** Below the provider's base URL. */
  readonly path: string;
  /** `text`: `choices[0].text`. `chat`: `choices[0].message` and `choices[0].delta`. */
  readonly answer: 'text' | 'chat';
  /** Fields that not every form takes. */
  readonly takes: ReadonlySet<'min_tokens' | 'presence_penalty' | 'frequency_penalty' | 'user'>;
  /** What the seed is called, where there is one. */
  readonly seed: 'seed' | 'random_seed' | undefined;
  /** Whether a stream brings usage only when `stream_options` asks for it. The others refuse the field. */
  readonly asksForUsage: boolean;
  readonly highestTemperature: number;
  readonly mostStops: number;
  readonly mostTokens: number;
  /** How much is written where a request does not say; undefined: as much as the model likes. */
  readonly defaultTokens: number | undefined;
}

export const COMPLETION_FORMS: Readonly<Record<CompletionForm, FormTraits>> = {
  legacy: {
    path: '/completions',
    answer: 'text',
    takes: new Set(['presence_penalty', 'frequency_penalty', 'user']),
    seed: 'seed',
    asksForUsage: true,
    highestTemperature: 2,
    // OpenAI takes 4 and says so to more. The local servers, which most editors ask, take any number and need them all.
    mostStops: Infinity,
    mostTokens: Infinity,
    // OpenAI and vLLM.
    defaultTokens: 16,
  },
  'mistral-fim': {
    path: '/fim/completions',
    answer: 'chat',
    takes: new Set(['min_tokens']),
    seed: 'random_seed',
    asksForUsage: false,
    highestTemperature: 1.5,
    mostStops: Infinity,
    mostTokens: Infinity,
    defaultTokens: undefined,
  },
  'deepseek-beta': {
    path: '/beta/completions',
    answer: 'text',
    takes: new Set(['presence_penalty', 'frequency_penalty']),
    seed: undefined,
    asksForUsage: true,
    highestTemperature: 2,
    mostStops: 16,
    // "The max tokens of FIM completion is 4K."
    mostTokens: 4096,
    defaultTokens: undefined,
  },
};

/** The form that a path is served in: a request target, or the part below a base URL. Undefined for paths of other operations. */
export function completionForm(path: string): CompletionForm | undefined {
  const segments = path
    .split('?', 1)[0]!
    .split('/')
    .filter((segment) => segment !== '');
  if (segments.pop() !== 'completions') return undefined;
  switch (segments.pop()) {
    case 'chat':
      return undefined;
    case 'fim':
      return 'mistral-fim';
    case 'beta':
      return 'deepseek-beta';
    default:
      return 'legacy';
  }
}
