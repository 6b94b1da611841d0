import * as l10n from '@vscode/l10n';
import type { PanelRequest } from '../src/vscode/usage-panel/messages.ts';
import { type Cell, type CostCell, costCell, nameCell, numberCell } from './cells.ts';
import { requestShown } from './costs.ts';
import { element, setAttribute, setHidden, setText, syncChildren } from './elements.ts';
import { count, duration, fullMoment, moment } from './format.ts';
import { openableRows } from './openable-rows.ts';
import { statusIcon, statusShown } from './request-status.ts';
import { visibleName } from './visible-name.ts';

export interface LatestRequests {
  readonly root: HTMLElement;
  update(requests: readonly PanelRequest[], now: number): void;
}

interface RowCells {
  readonly time: HTMLTimeElement;
  readonly agent: Cell;
  readonly target: Cell;
  readonly status: HTMLTableCellElement;
  readonly statusWords: HTMLElement;
  readonly input: Cell;
  readonly cached: Cell;
  readonly output: Cell;
  readonly cost: CostCell;
  readonly firstByte: Cell;
  readonly total: Cell;
}

function heads(): readonly string[] {
  return [
    l10n.t('Time'),
    l10n.t('Agent'),
    l10n.t('Provider / model'),
    l10n.t('Status'),
    l10n.t('Input'),
    l10n.t('Cached'),
    l10n.t('Output'),
    l10n.t('Cost'),
    l10n.t('First byte'),
    l10n.t('Total'),
  ];
}

const firstNumber = 4;

/** New rows are most of the work of a first state (200 of them: 100 ms), so those in sight are painted before the rest is made. */
const rowsAtOnce = 40;

/**
 * Newest first, in a box of its own that scrolls: rows are kept by request id, so a new one on top moves nothing the user reads. `open` is
 * told which request of those that have more to tell was chosen.
 */
export function latestRequests(open: (request: PanelRequest) => void): LatestRequests {
  const kept = new Map<string, HTMLElement>();
  const cells = new WeakMap<HTMLElement, RowCells>();
  const body = element('tbody');
  const title = element('h2', { id: 'latest' }, l10n.t('Latest requests'));
  const head = element(
    'tr',
    {},
    ...heads().map((words, index) => element('th', { scope: 'col', class: index >= firstNumber ? 'number' : undefined }, words)),
  );
  const table = element('table', { 'aria-labelledby': title.id }, element('thead', {}, head), body);
  const scroller = element('div', { class: 'scroll-box', tabindex: '0', role: 'region', 'aria-labelledby': title.id }, table);
  const none = element('p', { class: 'quiet' }, l10n.t('No requests to show.'));
  const hint = element('p', { id: 'opens-hint', class: 'sr-only' }, l10n.t('Press Enter to show its route.'));
  const root = element('section', { class: 'latest-section' }, title, none, hint, scroller);
  const rows = openableRows(body, hint.id, open);

  let requests: readonly PanelRequest[] = [];
  let now = 0;

  const draw = (most: number): void => {
    syncChildren(
      body,
      kept,
      requests.slice(0, most),
      (request) => request.id,
      () => createRow(cells),
      (child, request) => {
        const made = cells.get(child);
        if (made !== undefined) fillRow(made, request, now);
        rows.fill(child, request);
      },
    );
    rows.settle();
  };

  return {
    root,
    update(next, at) {
      const rest = kept.size === 0 && next.length > rowsAtOnce;
      requests = next;
      now = at;
      setHidden(none, requests.length > 0);
      setHidden(scroller, requests.length === 0);
      draw(rest ? rowsAtOnce : Infinity);
      if (rest) requestAnimationFrame(() => setTimeout(() => draw(Infinity)));
    },
  };
}

function createRow(cells: WeakMap<HTMLElement, RowCells>): HTMLElement {
  const made: RowCells = {
    time: element('time'),
    agent: nameCell(),
    target: nameCell(),
    status: element('td', { class: 'status' }),
    statusWords: element('span'),
    input: numberCell(),
    cached: numberCell(),
    output: numberCell(),
    cost: costCell('left'),
    firstByte: numberCell(),
    total: numberCell(),
  };
  const row = element(
    'tr',
    {},
    element('td', { class: 'time' }, made.time),
    made.agent.root,
    made.target.root,
    made.status,
    made.input.root,
    made.cached.root,
    made.output.root,
    made.cost.root,
    made.firstByte.root,
    made.total.root,
  );
  cells.set(row, made);
  return row;
}

function fillRow(cells: RowCells, request: PanelRequest, now: number): void {
  setText(cells.time, moment(request.at, now));
  setAttribute(cells.time, 'datetime', new Date(request.at).toISOString());
  setAttribute(cells.time, 'title', fullMoment(request.at));
  cells.agent.set(visibleName(request.agent));
  cells.target.set(`${visibleName(request.provider)} / ${visibleName(request.model)}`);
  const status = statusShown(request);
  if (cells.statusWords.textContent !== status.words || cells.status.dataset['tone'] !== status.tone) {
    cells.status.dataset['tone'] = status.tone;
    cells.statusWords.textContent = status.words;
    cells.status.replaceChildren(statusIcon(status.icon), cells.statusWords);
    cells.status.title = request.opens === true ? `${status.means} ${l10n.t('Click to show its route.')}` : status.means;
  }
  cells.input.set(count(request.input));
  cells.cached.set(count(request.cached));
  cells.output.set(count(request.output));
  cells.cost.set(requestShown(request.costUsd, request.estimated));
  cells.firstByte.set(
    request.firstByteMs === undefined ? '–' : duration(request.firstByteMs),
    request.firstByteMs === undefined ? l10n.t('no byte came') : undefined,
  );
  cells.total.set(duration(request.totalMs));
}
