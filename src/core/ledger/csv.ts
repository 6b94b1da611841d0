export type Cell = string | number | boolean | undefined;

/** RFC 4180: lines end with CRLF, and what has a comma, a quote or a line end in it stands in quotes. UTF-8 without a mark at its begin. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/**
 * Names come from agents, so a text that a spreadsheet would run as a formula is made plain text by an apostrophe; a number stays one.
 * Some programs take the wide forms of the signs for the signs.
 */
function csvCell(cell: Cell): string {
  if (cell === undefined) return '';
  if (typeof cell !== 'string') return String(cell);
  const safe = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
