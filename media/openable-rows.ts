import type { PanelRequest } from '../src/vscode/usage-panel/messages.ts';
import { setAttribute } from './elements.ts';

export interface OpenableRows {
  /** Says which request a row stands for now. */
  fill(row: HTMLElement, request: PanelRequest): void;
  /** To be called when all rows are in their places. */
  settle(): void;
}

/**
 * Rows of a table that can be opened, by a click or, with the focus on one, by Enter. All together are one stop of the Tab key, and the
 * arrows go from one to the next: a hundred stops would bury what comes after the table. `hintId`: what says so to a screen reader.
 */
export function openableRows(body: HTMLElement, hintId: string, open: (request: PanelRequest) => void): OpenableRows {
  const requests = new WeakMap<Element, PanelRequest>();
  let stop: HTMLElement | undefined;

  const openable = (): HTMLElement[] => [...body.children].filter((row): row is HTMLElement => requests.get(row)?.opens === true);
  const rowOf = (event: Event): HTMLElement | undefined => {
    const row = event.target instanceof Element ? event.target.closest('tr') : null;
    return row !== null && requests.get(row)?.opens === true ? row : undefined;
  };
  const openRow = (row: HTMLElement): void => {
    const request = requests.get(row);
    if (request !== undefined) open(request);
  };
  const moveStop = (to: HTMLElement | undefined): void => {
    if (stop !== undefined && stop !== to && stop.isConnected) setAttribute(stop, 'tabindex', '-1');
    stop = to;
    if (to !== undefined) setAttribute(to, 'tabindex', '0');
  };

  body.addEventListener('click', (event) => {
    const row = rowOf(event);
    // Whoever selects a text to copy it does not want to leave.
    if (row === undefined || getSelection()?.isCollapsed === false) return;
    moveStop(row);
    openRow(row);
  });
  body.addEventListener('keydown', (event) => {
    const row = rowOf(event);
    if (row === undefined || row !== event.target || event.altKey || event.ctrlKey || event.metaKey) return;
    const rows = openable();
    const at = rows.indexOf(row);
    const to = { ArrowDown: rows[at + 1], ArrowUp: rows[at - 1], Home: rows[0], End: rows.at(-1) }[event.key];
    if (event.key === 'Enter') openRow(row);
    else if (to === undefined) return;
    else {
      moveStop(to);
      to.focus();
    }
    event.preventDefault();
  });

  return {
    fill(row, request) {
      requests.set(row, request);
      const opens = request.opens === true;
      row.classList.toggle('opens', opens);
      if (!opens) setAttribute(row, 'tabindex', undefined);
      else if (!row.hasAttribute('tabindex')) setAttribute(row, 'tabindex', '-1');
      setAttribute(row, 'aria-describedby', opens ? hintId : undefined);
    },
    settle() {
      const rows = openable();
      moveStop(stop !== undefined && rows.includes(stop) ? stop : rows[0]);
    },
  };
}
