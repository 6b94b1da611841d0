import type { BudgetWindow } from './budget.ts';

/** Milliseconds since the epoch; `begins` belongs to it, `ends` does not. */
export interface Span {
  readonly begins: number;
  readonly ends: number;
}

/** What of the book counts towards a window at some moment. */
export type Counted =
  | { readonly kind: 'calendar'; readonly span: Span }
  /** Slots of `width`, from the one that begins at `begins` to the one that begins at `last`, and later ones if there are any. */
  | { readonly kind: 'rolling'; readonly begins: number; readonly last: number; readonly width: number };

const HOUR_MS = 3_600_000;

/**
 * A rolling window is counted in so many slots. The oldest counts until all of it has left the window, so a budget may hold on to
 * money for a sixtieth of its window longer than it must, and never lets go of any too soon.
 */
const SLOTS = 60;

/**
 * What counts, now, together with a request that began at `at`. A rolling window is that of `at` and everything since: whichever hours
 * hold the request hold no more than that. Days are those of the process's time zone.
 */
export function countedAt(window: BudgetWindow, at: number, now = at): Counted {
  if (typeof window !== 'object') return { kind: 'calendar', span: calendarSpan(window, at) };
  const width = (window.hours * HOUR_MS) / SLOTS;
  return { kind: 'rolling', begins: slot(at - window.hours * HOUR_MS, width), last: slot(Math.max(at, now), width), width };
}

/** When that ends which was counted in a slot that ends at `slotEnds`. */
export function leavesAt({ hours }: { readonly hours: number }, slotEnds: number): number {
  return slotEnds + hours * HOUR_MS;
}

/** When all that counts now will have gone. */
export function latestReset(counted: Counted): number {
  return counted.kind === 'calendar' ? counted.span.ends : counted.last + counted.width + counted.width * SLOTS;
}

export function beginsAt(counted: Counted): number {
  return counted.kind === 'calendar' ? counted.span.begins : counted.begins;
}

function slot(at: number, width: number): number {
  return Math.floor(at / width) * width;
}

/**
 * The local day, week (from Monday) or month that holds `at`. The edges are asked of the Date object one by one: a day may have 23,
 * 25 or 24.5 hours, and where clocks are set forward at midnight it begins at one.
 */
export function calendarSpan(unit: 'day' | 'week' | 'month', at: number): Span {
  const date = new Date(at);
  const year = date.getFullYear();
  const month = date.getMonth();
  const day = date.getDate();
  switch (unit) {
    case 'day':
      return { begins: midnight(year, month, day), ends: midnight(year, month, day + 1) };
    case 'week': {
      const monday = day - ((date.getDay() + 6) % 7);
      return { begins: midnight(year, month, monday), ends: midnight(year, month, monday + 7) };
    }
    case 'month':
      return { begins: midnight(year, month, 1), ends: midnight(year, month + 1, 1) };
    default:
      return unit satisfies never;
  }
}

function midnight(year: number, month: number, day: number): number {
  return new Date(year, month, day).getTime();
}

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** A moment to come, for people: `today at 14:20`, `tomorrow at 00:00`, `on Monday at 00:00`, `on 1 December at 00:00`. */
export function whenWords(at: number, now: number): string {
  const date = new Date(at);
  const time = `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`;
  const today = new Date(now);
  const inDays = (days: number) => midnight(today.getFullYear(), today.getMonth(), today.getDate() + days);
  if (at < inDays(1)) return `today at ${time}`;
  if (at < inDays(2)) return `tomorrow at ${time}`;
  if (at < inDays(7)) return `on ${WEEKDAYS[date.getDay()]} at ${time}`;
  return `on ${date.getDate()} ${MONTHS[date.getMonth()]} at ${time}`;
}
