/** Midnight of today in the user's time zone, in milliseconds since the epoch. */
export function startOfToday(now = new Date()): number {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
}

/** The next midnight after `now`. */
export function endOfToday(now: number): number {
  const date = new Date(now);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime();
}

/** Midnight `days` days before today; calendar days, so a day with 23 or 25 hours counts as one. */
export function startOfDaysAgo(days: number, now = new Date()): number {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - days).getTime();
}
