/** Money is an integer of nano-dollars. Safe integers reach nine million dollars; a float would not add up to the cent. */
const NANO_PER_USD = 1_000_000_000;
const NANO_PER_CENT = 10_000_000;

/** Nine decimal places, the shape that programs read: `0.054399000`. `nano` is a safe integer and may be negative. */
export function usdString(nano: number): string {
  const size = Math.abs(nano);
  const whole = Math.floor(size / NANO_PER_USD);
  const rest = String(size % NANO_PER_USD).padStart(9, '0');
  return `${nano < 0 ? '-' : ''}${whole}.${rest}`;
}

/** For people: `$0.05`, `$12.30`, `<$0.01` for anything between nothing and a cent. */
export function shortUsd(nano: number): string {
  const sign = nano < 0 ? '-' : '';
  const size = Math.abs(nano);
  if (size > 0 && size < NANO_PER_CENT) return `${sign}<$0.01`;
  const cents = Math.floor((size + NANO_PER_CENT / 2) / NANO_PER_CENT);
  return `${sign}$${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

/** The one place where a price in dollars becomes money. Undefined for what no amount can be: negative, NaN, beyond nine million. */
export function nanoFromUsd(usd: number): number | undefined {
  const nano = Math.round(usd * NANO_PER_USD);
  return Number.isSafeInteger(nano) && nano >= 0 ? nano : undefined;
}
