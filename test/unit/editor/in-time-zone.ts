/** Runs with the process in another time zone, as if the editor had been started there. */
export function inTimeZone<T>(zone: string, run: () => T): T {
  const before = process.env['TZ'];
  const home = Intl.DateTimeFormat().resolvedOptions().timeZone;
  process.env['TZ'] = zone;
  try {
    return run();
  } finally {
    // Setting it makes Node read the zone again; deleting it alone does not.
    process.env['TZ'] = before ?? home;
    if (before === undefined) delete process.env['TZ'];
  }
}
