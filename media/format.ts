import * as l10n from '@vscode/l10n';

interface Formats {
  readonly grouped: Intl.NumberFormat;
  readonly compacted: Intl.NumberFormat;
  readonly percent: Intl.NumberFormat;
  readonly tenths: Intl.NumberFormat;
  readonly dollars: (places: number) => Intl.NumberFormat;
  readonly clock: Intl.DateTimeFormat;
  readonly hour: Intl.DateTimeFormat;
  readonly day: Intl.DateTimeFormat;
  readonly month: Intl.DateTimeFormat;
  readonly weekday: Intl.DateTimeFormat;
  readonly full: Intl.DateTimeFormat;
}

/** Made when first used: the editor's language is known by then, and making them takes 20 ms of a first state. */
let made: Formats | undefined;
let language = 'en';

/** Numbers and dates are written from now on as it is usual in the language, a BCP 47 tag. */
export function formatIn(tag: string): void {
  const [known] = supported(tag);
  language = known ?? 'en';
  made = undefined;
}

function supported(tag: string): readonly string[] {
  try {
    return Intl.NumberFormat.supportedLocalesOf(tag);
  } catch {
    return [];
  }
}

function formats(): Formats {
  if (made !== undefined) return made;
  // Dates name the month, so that no one has to guess its place; English ones are those of most of the world.
  const dates = language === 'en' ? 'en-GB' : language;
  const numbers = language === 'en' ? 'en-US' : language;
  const number = (options: Intl.NumberFormatOptions) => new Intl.NumberFormat(numbers, options);
  const date = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(dates, options);
  const dollars = new Map<number, Intl.NumberFormat>();
  made = {
    grouped: number({ maximumFractionDigits: 0 }),
    compacted: number({ notation: 'compact', maximumSignificantDigits: 3 }),
    percent: number({ style: 'percent', maximumFractionDigits: 0 }),
    tenths: number({ minimumFractionDigits: 1, maximumFractionDigits: 1 }),
    dollars(places) {
      let format = dollars.get(places);
      if (format === undefined) {
        const digits = { minimumFractionDigits: places, maximumFractionDigits: places };
        format = number({ style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol', ...digits });
        dollars.set(places, format);
      }
      return format;
    },
    clock: date({ hour: '2-digit', minute: '2-digit', second: '2-digit' }),
    hour: date({ hour: '2-digit', minute: '2-digit' }),
    day: date({ day: 'numeric', month: 'short' }),
    month: date({ month: 'short', year: 'numeric' }),
    weekday: date({ weekday: 'short', day: 'numeric', month: 'short' }),
    full: date({ dateStyle: 'full', timeStyle: 'long' }),
  };
  return made;
}

const dollar = 1_000_000_000n;

/** Nano-dollars of a decimal string; undefined when it is none. Never by way of a float. */
export function nanos(usd: string | undefined): bigint | undefined {
  const found = /^(\d+)(?:\.(\d{1,9})\d*)?$/.exec(usd ?? '');
  if (found === null) return undefined;
  return BigInt(found[1] ?? '0') * dollar + BigInt((found[2] ?? '').padEnd(9, '0'));
}

/** The same of an amount that may be below zero. */
export function signedNanos(usd: string): bigint | undefined {
  if (!usd.startsWith('-')) return nanos(usd);
  const size = nanos(usd.slice(1));
  return size === undefined ? undefined : -size;
}

export function nanosOfNumber(usd: number): bigint {
  return Number.isFinite(usd) ? BigInt(Math.round(usd * 1e9)) : 0n;
}

/** Two places from one dollar up, four below. What would round to nothing is said to be less than the smallest step. */
export function money(nano: bigint): string {
  if (nano === 0n) return fixed(0n, 2);
  const size = nano < 0n ? -nano : nano;
  if (size < 50_000n) return nano < 0n ? `>${fixed(-100_000n, 4)}` : `<${fixed(100_000n, 4)}`;
  return fixed(nano, placesOf(nano));
}

/** How many places `money` shows of an amount. */
export function placesOf(nano: bigint): 2 | 4 {
  return nano === 0n || nano >= dollar || nano <= -dollar ? 2 : 4;
}

/** A tick of the cost axis: as many places as the steps between ticks need. */
export function moneyTick(usd: number, step: number): string {
  if (usd === 0) return fixed(0n, 0);
  const places = step >= 1 ? 0 : Math.min(9, Math.ceil(-Math.log10(step) - 1e-9));
  return fixed(nanosOfNumber(usd), places === 1 ? 2 : places);
}

/** All nine places. */
export function exactMoney(nano: bigint): string {
  return fixed(nano, 9);
}

/** Rounded half up as integers; the format gets a decimal text, which it takes to the last digit. */
function fixed(nano: bigint, places: number): string {
  const unit = 10n ** BigInt(9 - places);
  const size = nano < 0n ? -nano : nano;
  const rounded = (size + unit / 2n) / unit;
  const scale = 10n ** BigInt(places);
  const rest = places === 0 ? '' : `.${(rounded % scale).toString().padStart(places, '0')}`;
  const text = `${nano < 0n ? '-' : ''}${rounded / scale}${rest}`;
  return formats()
    .dollars(places)
    .format(text as `${number}`);
}

export function count(n: number): string {
  return formats().grouped.format(n);
}

export function compact(n: number): string {
  return n < 10_000 ? count(n) : formats().compacted.format(n);
}

export function share(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number((part * 10_000n) / whole) / 10_000;
}

/** A share of nearly nothing is not nothing, and one of nearly all is not all. */
export function percentage(fraction: number): string {
  const { percent } = formats();
  if (fraction > 0 && fraction < 0.005) return `<${percent.format(0.01)}`;
  return fraction > 0.995 && fraction < 1 ? `>${percent.format(0.99)}` : percent.format(fraction);
}

export function duration(ms: number): string {
  if (ms < 1000) return l10n.t('{0} ms', count(Math.round(ms)));
  const seconds = ms / 1000;
  if (seconds < 59.95) return l10n.t('{0} s', formats().tenths.format(seconds));
  const whole = Math.round(seconds);
  return l10n.t('{0} min {1} s', count(Math.floor(whole / 60)), whole % 60);
}

/** The time alone for today, with its day before that. */
export function moment(at: number, now: number): string {
  const { clock, day, hour } = formats();
  const date = new Date(at);
  return date.toDateString() === new Date(now).toDateString() ? clock.format(date) : `${day.format(date)}, ${hour.format(date)}`;
}

export function clockTime(at: number): string {
  return formats().clock.format(new Date(at));
}

/** Of a moment to come: the day where it is not today, and the hour. */
export function upcoming(at: number, now: number): string {
  const { weekday, hour } = formats();
  const date = new Date(at);
  return date.toDateString() === new Date(now).toDateString() ? hour.format(date) : `${weekday.format(date)}, ${hour.format(date)}`;
}

export function fullMoment(at: number): string {
  return formats().full.format(new Date(at));
}

export type Step = 'hour' | 'day' | 'week' | 'month';

/** `seconds` is a bar's start. */
export function bucketTick(seconds: number, step: Step): string {
  const date = new Date(seconds * 1000);
  const { hour, day, month } = formats();
  return (step === 'hour' ? hour : step === 'month' ? month : day).format(date);
}

export function bucketName(seconds: number, step: Step): string {
  const date = new Date(seconds * 1000);
  const { weekday, hour, day, month } = formats();
  switch (step) {
    case 'hour':
      return `${weekday.format(date)}, ${hour.format(date)}`;
    case 'day':
      return weekday.format(date);
    case 'week':
      return l10n.t('Week of {0}', day.format(date));
    case 'month':
      return month.format(date);
    default:
      return step satisfies never;
  }
}
