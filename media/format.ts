/** The panel speaks English, so numbers and dates do too; dates name the month, so no one has to guess its place. */
const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const compacted = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });
const percent = new Intl.NumberFormat('en-US', { style: 'percent', maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const hour = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' });
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long' });

const dollar = 1_000_000_000n;

/** Nano-dollars of a decimal string; undefined when it is none. Never by way of a float. */
export function nanos(usd: string | undefined): bigint | undefined {
  const found = /^(\d+)(?:\.(\d{1,9})\d*)?$/.exec(usd ?? '');
  if (found === null) return undefined;
  return BigInt(found[1] ?? '0') * dollar + BigInt((found[2] ?? '').padEnd(9, '0'));
}

export function nanosOfNumber(usd: number): bigint {
  return Number.isFinite(usd) ? BigInt(Math.round(usd * 1e9)) : 0n;
}

/** Two places from one dollar up, four below. What would round to nothing is said to be less than the smallest step. */
export function money(nano: bigint): string {
  if (nano === 0n) return '$0.00';
  if (nano < 50_000n) return '<$0.0001';
  return nano >= dollar ? fixed(nano, 2) : fixed(nano, 4);
}

/** A tick of the cost axis: as many places as the steps between ticks need. */
export function moneyTick(usd: number, step: number): string {
  if (usd === 0) return '$0';
  const places = step >= 1 ? 0 : Math.min(9, Math.ceil(-Math.log10(step) - 1e-9));
  return fixed(nanosOfNumber(usd), places === 1 ? 2 : places);
}

/** All nine places. */
export function exactMoney(nano: bigint): string {
  return fixed(nano, 9);
}

function fixed(nano: bigint, places: number): string {
  const unit = 10n ** BigInt(9 - places);
  const rounded = (nano + unit / 2n) / unit;
  const scale = 10n ** BigInt(places);
  const whole = grouped.format(rounded / scale);
  return places === 0 ? `$${whole}` : `$${whole}.${(rounded % scale).toString().padStart(places, '0')}`;
}

export function count(n: number): string {
  return grouped.format(n);
}

export function compact(n: number): string {
  return n < 10_000 ? grouped.format(n) : compacted.format(n);
}

export function share(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number((part * 10_000n) / whole) / 10_000;
}

export function percentage(fraction: number): string {
  return fraction > 0 && fraction < 0.005 ? '<1%' : percent.format(fraction);
}

export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** The time alone for today, with its day before that. */
export function moment(at: number, now: number): string {
  const date = new Date(at);
  return date.toDateString() === new Date(now).toDateString() ? clock.format(date) : `${day.format(date)}, ${hour.format(date)}`;
}

export function clockTime(at: number): string {
  return clock.format(new Date(at));
}

export function fullMoment(at: number): string {
  return full.format(new Date(at));
}

/** `seconds` is a bucket's start, `step` its length, both in seconds. */
export function bucketTick(seconds: number, step: number): string {
  const date = new Date(seconds * 1000);
  return step < 80_000 ? hour.format(date) : day.format(date);
}

export function bucketName(seconds: number, step: number): string {
  const date = new Date(seconds * 1000);
  return step < 80_000 ? `${weekday.format(date)}, ${hour.format(date)}` : weekday.format(date);
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}
