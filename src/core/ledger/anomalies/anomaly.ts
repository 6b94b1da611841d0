/** What can be unlike an agent's own past; each kind is told of, or acted on, by a setting of its own. */
export type AnomalyKind = 'spend' | 'errors' | 'latency';

interface Observed {
  readonly agent: string;
  /** Milliseconds since the epoch: about when it began, to the minute. */
  readonly since: number;
}

export interface SpendAnomaly extends Observed {
  readonly kind: 'spend';
  /** Nano-dollars since then, and over how many minutes. */
  readonly spentNano: number;
  readonly minutes: number;
  /** Nano-dollars of one of its dearest quarters of an hour (the 98th percentile). */
  readonly usualNano: number;
}

export interface ErrorAnomaly extends Observed {
  readonly kind: 'errors';
  /** In the last quarter of an hour. */
  readonly requests: number;
  readonly failed: number;
  /** Between 0 and 1: nine times of ten it was not more. */
  readonly usualShare: number;
  /** The commonest code of those that failed: `upstream-529`. */
  readonly code: string | undefined;
}

export interface LatencyAnomaly extends Observed {
  readonly kind: 'latency';
  /** `provider/model` */
  readonly target: string;
  /** The latest answers: how many they are, what half of them took, and what half of answers of their sizes usually take. */
  readonly answers: number;
  readonly medianMs: number;
  readonly usualMs: number;
}

/** An agent is unlike its own past. */
export type Anomaly = SpendAnomaly | ErrorAnomaly | LatencyAnomaly;
