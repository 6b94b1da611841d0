import { spanAround } from '../../core/ledger/local-time.ts';
import { rangeStart } from './panel-view.ts';
import type { PanelRange, PanelStep } from './messages.ts';

/** What the ledger is asked by: hours and days it knows, weeks and months are sums of days. */
export function unitOf(step: PanelStep): 'hour' | 'day' {
  return step === 'hour' ? 'hour' : 'day';
}

export interface TimeSlots {
  /** Their starts in seconds since the epoch, the oldest first, empty ones included. */
  readonly at: readonly number[];
  /** The slot of an hour or a day as the ledger names it; undefined for what is outside of the range. */
  readonly indexOf: (label: string | undefined) => number | undefined;
}

/** The bars of a range: the first may begin in the middle of its week or month, the last is under way. */
export function timeSlots(range: PanelRange, step: PanelStep, now: Date): TimeSlots {
  const unit = unitOf(step);
  const units = unitStarts(rangeStart(range, now), unit, now);
  const at: number[] = [];
  const index = new Map<string, number>();
  for (const start of units) {
    if (at.length === 0 || begins(start, step)) at.push(start.getTime() / 1000);
    index.set(spanAround(start.getTime(), unit)[unit], at.length - 1);
  }
  return { at, indexOf: (label) => (label === undefined ? undefined : index.get(label)) };
}

function begins(start: Date, step: PanelStep): boolean {
  if (step === 'week') return start.getDay() === 1;
  return step !== 'month' || start.getDate() === 1;
}

function unitStarts(since: number, unit: 'hour' | 'day', now: Date): Date[] {
  const first = new Date(since);
  const [year, month, day] = [first.getFullYear(), first.getMonth(), first.getDate()] as const;
  const starts: Date[] = [];
  for (let n = 0; ; n++) {
    const start = unit === 'hour' ? new Date(year, month, day, n) : new Date(year, month, day + n);
    if (start > now) return starts;
    // An hour that the clock skips has the beginning of the next one, and the hours of a day that never was those of the day after.
    if (start.getTime() > (starts.at(-1)?.getTime() ?? -Infinity)) starts.push(start);
  }
}
