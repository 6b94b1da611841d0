import type { Sampling } from '../../ir/call.ts';
import type { Loss } from '../../ir/loss.ts';

/** A request for the text between a prompt and a suffix, as meaning. */
export interface CompletionCall {
  /** As the agent named it when an answer is rendered, the target's own when a request is written. */
  readonly model: string;
  readonly prompt: string;
  /** What comes after the text; never empty. */
  readonly suffix?: string;
  /** Undefined: as much as the model likes. */
  readonly maxTokens: number | undefined;
  readonly minTokens?: number;
  readonly sampling: Omit<Sampling, 'topK'>;
  readonly stop: readonly string[];
  readonly stream: boolean;
  /** Whether a stream in the agent's form is to end with usage. */
  readonly includeUsage: boolean;
  readonly user?: string;
}

export interface ReadCompletion {
  readonly call: CompletionCall;
  readonly losses: readonly Loss[];
}

export interface WrittenCompletion {
  /** Below the provider's base URL. */
  readonly path: string;
  readonly body: string;
  readonly losses: readonly Loss[];
}
