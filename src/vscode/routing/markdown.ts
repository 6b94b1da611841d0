/** Names come from agents, providers and settings and may hold anything: here they are one line of plain text. */
const UNSEEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** A name in Markdown, in a table as well: it opens no link, no image, no code span and no tag. */
export function plain(name: string): string {
  return name.replace(UNSEEN, '\ufffd').replace(/[\\`*_[\]<>|&~$]/g, String.raw`\$&`);
}

/**
 * A table, or nothing where it has no rows. Columns in which no row has anything are left out. Cells are Markdown already; columns whose
 * head ends with a colon stand right.
 */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return [];
  const filled = heads.map((_head, at) => rows.some((row) => row[at] !== ''));
  const line = (cells: readonly string[]): string => `| ${cells.filter((_cell, at) => filled[at]).join(' | ')} |`;
  return [
    line(heads.map((head) => head.replace(/:$/, ''))),
    line(heads.map((head) => (head.endsWith(':') ? '---:' : '---'))),
    ...rows.map(line),
    '',
  ];
}

/** `850 ms`, `12.4 s`, `3 min 5 s`; the blanks are such that no line breaks at them. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}\u00a0ms`;
  if (ms < 100_000) return `${(ms / 1000).toFixed(1)}\u00a0s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}\u00a0min\u00a0${seconds % 60}\u00a0s`;
}

/** `14:02`, and the day before it where it is not that of `now`. In the user's own time. */
export function clockTime(at: number, now: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

/** `1,234`, whatever the language of the machine. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}
