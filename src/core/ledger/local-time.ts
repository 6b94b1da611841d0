/** The local day or hour that holds `at`: its names in ISO form and the moment at which it ends. */
export function spanAround(
  at: number,
  unit: 'day' | 'hour',
): { readonly end: number; readonly day: string; readonly hour: string } {
  const date = new Date(at);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const end = unit === 'day' ? endOfDay(date) : at + 3_600_000 - millisecondsIntoHour(date);
  // A clock set back can put an end at or before its beginning; a span always moves on.
  return { end: Math.max(end, at + 1), day, hour: `${day}T${two(date.getHours())}` };
}

function endOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime();
}

/** Local minutes, since some zones are half an hour or a quarter off. */
function millisecondsIntoHour(date: Date): number {
  return (date.getMinutes() * 60 + date.getSeconds()) * 1000 + date.getMilliseconds();
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
