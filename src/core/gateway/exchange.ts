import type { GatewayError } from '../ir/error.ts';

/** One request of an agent and the way back to it, free of any HTTP library. `server/` implements it over node:http. */
export interface Exchange {
  readonly method: string;
  /** Path and query as the agent sent them. */
  readonly target: string;
  /** Flat list of names and values as they came. */
  readonly rawHeaders: readonly string[];
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The whole body, content encoding undone; never more than `limit` bytes. */
  readBody(limit: number): Promise<Uint8Array | GatewayError>;
  readonly answer: Answer;
  /** Calls back once if the agent goes away before the answer has been sent whole. */
  onGone(listener: () => void): void;
}

/** Headers of an answer: names in lower case. */
export type AnswerHeaders = Record<string, string | readonly string[]>;

export interface Answer {
  readonly begun: boolean;
  begin(status: number, headers: AnswerHeaders): void;
  /** False when the agent reads slower than we write: wait for `onDrain`. */
  write(chunk: Uint8Array | string): boolean;
  /** One listener: a later one replaces the former. */
  onDrain(listener: () => void): void;
  end(): void;
  /** Cuts the connection: the only honest end of an answer that is not whole. */
  destroy(): void;
}
