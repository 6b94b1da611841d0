import type { FromPanel, PanelState } from '../src/vscode/usage-panel/messages.ts';
import { announcer } from './announcer.ts';
import { choices } from './choices.ts';
import { costOverTime } from './cost-over-time.ts';
import { estimatedMeans, unpricedMeans } from './costs.ts';
import './editor-api.ts';
import { element, setAttribute, setHidden, setText } from './elements.ts';
import { commandButton, emptyState } from './empty-state.ts';
import { clockTime, fullMoment } from './format.ts';
import { readStateMessage } from './incoming.ts';
import { latestRequests } from './latest-requests.ts';
import { groups, groupWords, ranges, rangeWords, readViewState, type ViewState } from './state.ts';
import { usageTable } from './tables.ts';
import { totalsRow, totalsSentence } from './totals.ts';

/** How long a state of the former range or group is taken for one that was already under way when the user chose another. */
const staleForMs = 2000;

const api = acquireVsCodeApi();
const post = (message: FromPanel): void => api.postMessage(message);
const run = (command: Extract<FromPanel, { type: 'command' }>['command']): void => post({ type: 'command', command });

let view: ViewState = readViewState(api.getState());
const keep = (change: Partial<ViewState>): void => {
  view = { ...view, ...change };
  api.setState(view);
};

let chosenAt = -Infinity;
const chosen = (): void => {
  chosenAt = performance.now();
  keep({ range: range.value(), group: group.value() });
  main.setAttribute('aria-busy', 'true');
  post({ type: 'show', range: range.value(), group: group.value() });
};
const range = choices('range', 'Range', rangeWords, ranges, view.range ?? 'today', chosen);
const group = choices('group', 'Group by', groupWords, groups, view.group ?? 'agent', chosen);

const main = document.getElementById('usage-panel') ?? document.body.appendChild(element('main'));
const troubleWords = element('span');
const showLog = commandButton('Show Log', 'link', () => run('showLog'));
setHidden(showLog, true);
const trouble = element('div', { class: 'trouble', role: 'status' }, troubleWords, showLog);
const waiting = element('p', { class: 'quiet' }, 'Reading the ledger…');
const totals = totalsRow();
const announced = announcer();
const empty = emptyState(run);
const cost = costOverTime({
  hidden: view.hidden,
  asTable: view.chartAsTable,
  hiddenChanged: (of, names) => keep({ hidden: { ...view.hidden, [of]: names } }),
  asTableChanged: (chartAsTable) => keep({ chartAsTable }),
});
const tables = groups.map((of) => usageTable(of, view.sort[of], (sort) => keep({ sort: { ...view.sort, [of]: sort } })));
const latest = latestRequests(({ id, at }) => post({ type: 'open', request: id, at }));
const pricesAsOf = element('span');
const updated = element('span');
const unpricedNote = element('p', {}, `Unpriced: ${unpricedMeans}`);
const estimatedNote = element('p', {}, `Estimated: ${estimatedMeans}`);
const content = element(
  'div',
  { class: 'content' },
  totals.root,
  cost.root,
  element('div', { class: 'tables' }, ...tables.map((table) => table.root)),
  latest.root,
);
const footer = element('footer', { class: 'quiet' }, element('p', {}, pricesAsOf, ' ', updated), unpricedNote, estimatedNote);
setHidden(content, true);
setHidden(empty.root, true);
setHidden(footer, true);

main.append(
  element(
    'header',
    {},
    element('h1', {}, 'Usage'),
    range.root,
    element('div', { class: 'by' }, element('span', { 'aria-hidden': 'true' }, 'by'), group.root),
  ),
  trouble,
  announced.root,
  waiting,
  empty.root,
  content,
  footer,
);

function render(state: PanelState): void {
  range.set(state.range);
  group.set(state.group);
  main.removeAttribute('aria-busy');
  setText(troubleWords, state.trouble ?? '');
  setHidden(showLog, state.trouble === undefined);
  setHidden(waiting, true);
  setHidden(footer, false);
  setText(pricesAsOf, state.pricesAsOf === '' ? '' : `Prices as of ${state.pricesAsOf}.`);
  setText(updated, `Updated ${clockTime(state.generatedAt)}.`);
  setAttribute(updated, 'title', fullMoment(state.generatedAt));
  setHidden(unpricedNote, state.totals.unpriced === 0 && !state.latest.some((request) => request.costUsd === undefined));
  setHidden(estimatedNote, state.totals.estimated === 0 && !state.latest.some((request) => request.estimated));
  const none = state.totals.requests === 0 && state.latest.length === 0;
  setHidden(empty.root, !none);
  setHidden(content, none);
  if (none) {
    empty.update(state.range, state.trouble !== undefined);
    return;
  }
  totals.update(state.totals);
  announced.say(totalsSentence(state.totals));
  cost.update(state);
  [state.byAgent, state.byProvider, state.byModel].forEach((rows, index) => tables[index]?.update(rows));
  latest.update(state.latest, state.generatedAt);
}

/** Several states within one frame are drawn once, and a hidden panel draws nothing until it is seen. */
let next: PanelState | undefined;
window.addEventListener('message', (event: MessageEvent<unknown>) => {
  const state = readStateMessage(event.data);
  if (state === undefined) return;
  const awaited = view.range !== undefined && view.group !== undefined && performance.now() - chosenAt < staleForMs;
  if (awaited && (state.range !== view.range || state.group !== view.group)) return;
  if (next === undefined) {
    requestAnimationFrame(() => {
      const drawn = next;
      next = undefined;
      if (drawn !== undefined) render(drawn);
    });
  }
  next = state;
});

// The editor tells of a theme change by the body's class, and sets the colours on the root element's style.
let themed = false;
const themeChanged = (): void => {
  if (themed) return;
  themed = true;
  requestAnimationFrame(() => {
    themed = false;
    cost.themeChanged();
  });
};
const themes = new MutationObserver(themeChanged);
themes.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
themes.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });

post({
  type: 'ready',
  ...(view.range === undefined ? {} : { range: view.range }),
  ...(view.group === undefined ? {} : { group: view.group }),
});
