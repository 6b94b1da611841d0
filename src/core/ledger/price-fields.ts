import type { PriceCard } from './token-prices.ts';

export interface PricedModel {
  /** A name from the configuration or of the price book; undefined for any provider. */
  readonly provider: string | undefined;
  readonly model: string;
  /** From when on, in milliseconds since the epoch; undefined for always. */
  readonly from: number | undefined;
  readonly card: PriceCard;
}

/** What is wrong in a file, and where: `models[3].input` on line 12. */
export interface PriceFault {
  readonly at: string;
  readonly line: number | undefined;
  readonly message: string;
}

/** Makes a fault of a place in the text. */
export type Located = (path: PricePath, message: string) => PriceFault;

export type PricePath = readonly (string | number)[];

/** The dearest model on record costs 600 dollars a million tokens. More is a slip of the unit. */
export const MOST_USD = 10_000;

export function isPrice(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MOST_USD;
}

export type Json = Readonly<Record<string, unknown>>;
export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function pathText(path: PricePath): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`),
    '',
  );
}
