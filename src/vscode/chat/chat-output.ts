import type { AnswerMetadata } from './history.ts';

/** Where an answer appears, piece by piece. */
export interface ChatOutput {
  markdown(text: string): void;
  progress(text: string): void;
  /** False where the editor does not let us show thoughts. */
  thinking(text: string): boolean;
  button(title: string, command: string, argument?: string): void;
}

export interface ChatOutcome {
  readonly error?: string;
  readonly metadata: AnswerMetadata;
}
