import * as l10n from '@vscode/l10n';
import type { FromPanel, PanelCommand, PanelState, PanelView } from '../src/vscode/usage-panel/messages.ts';
import { announcer } from './announcer.ts';
import { anomalyList } from './anomalies.ts';
import { budgetList } from './budgets.ts';
import { choices } from './choices.ts';
import { costOverTime } from './cost-over-time.ts';
import type { EditorApi } from './editor-api.ts';
import { element, setAttribute, setHidden, setText } from './elements.ts';
import { commandButton, emptyState } from './empty-state.ts';
import type { FigureMemory } from './figure.ts';
import { footer } from './footer.ts';
import { readStateMessage } from './incoming.ts';
import { requestsTab } from './requests-tab.ts';
import { keepScroll } from './scroll.ts';
import { speedTab } from './speed-tab.ts';
import { ranges, rangeWords, readViewState, tabs as allTabs, tabWords, type ViewState, wishedView } from './state.ts';
import { tablesTab } from './tables-tab.ts';
import { tabs } from './tabs.ts';
import { totalsRow, totalsSentence } from './totals.ts';

/** How long a state of another view is taken for one that was already under way when the user chose this one. */
const staleForMs = 2000;

export function buildPage(api: EditorApi): void {
  const post = (message: FromPanel): void => api.postMessage(message);
  const run = (command: PanelCommand): void => post({ type: 'command', command });

  let view: ViewState = readViewState(api.getState());
  const keep = (change: Partial<ViewState>): void => {
    view = { ...view, ...change };
    api.setState(view);
  };
  const memory = (name: string): FigureMemory => ({
    hidden: (of) => view.hidden[of] ?? [],
    hide: (of, names) => keep({ hidden: { ...view.hidden, [of]: names } }),
    isTable: () => view.asTable.includes(name),
    setTable: (shown) => keep({ asTable: [...view.asTable.filter((other) => other !== name), ...(shown ? [name] : [])] }),
  });
  const sorted = (table: string) => (sort: { column: string; direction: 'ascending' | 'descending' }) =>
    keep({ sort: { ...view.sort, [table]: sort } });

  let chosenAt = -Infinity;
  const wish = (change: Partial<ViewState>): void => {
    chosenAt = performance.now();
    keep(change);
    setBusy(true);
    post({ type: 'show', ...wishedView(view) });
  };
  /** A range begins with the length of bars that suits it. */
  const rangeChosen = (chosen: PanelView['range']): void => {
    const { step: _, ...others } = view;
    view = others;
    wish({ range: chosen });
  };

  const main = document.getElementById('usage-panel') ?? document.body.appendChild(element('main'));
  const progress = element('div', { class: 'progress', 'aria-hidden': 'true' }, element('div', { class: 'progress-bit' }));
  const setBusy = (busy: boolean): void => {
    setAttribute(main, 'aria-busy', busy ? 'true' : undefined);
    setHidden(progress, !busy);
  };
  const range = choices('range', l10n.t('Range'), rangeWords(), ranges, view.range ?? 'today', rangeChosen);
  const exportButton = commandButton(l10n.t('Export…'), 'button', () => post({ type: 'export', range: range.value() }));
  const troubleWords = element('span');
  const showLog = commandButton(l10n.t('Show Log'), 'link', () => run('showLog'));
  setHidden(showLog, true);
  const trouble = element('div', { class: 'trouble', role: 'status' }, troubleWords, showLog);
  const waiting = element('p', { class: 'quiet' }, l10n.t('Reading the ledger…'));
  const totals = totalsRow();
  const announced = announcer();
  const empty = emptyState(run);
  const cost = costOverTime({
    measure: view.measure,
    group: view.group ?? 'agent',
    step: view.step ?? 'hour',
    memory: memory('cost'),
    measureChanged: (measure) => keep({ measure }),
    groupChanged: (group) => wish({ group }),
    stepChanged: (step) => wish({ step }),
  });
  const budgets = budgetList((index) => post({ type: 'raiseBudget', index }), run);
  const anomalies = anomalyList();
  const filterChanged = (filter: string): void => {
    keep({ filter });
    tables.filterChanged(filter);
    requests.filterChanged(filter);
  };
  const tables = tablesTab(view.filter, (table) => view.sort[table], sorted, filterChanged);
  const speed = speedTab({
    subject: view.subject ?? 'model',
    timesFigure: view.timesFigure,
    sort: view.sort['speed'],
    times: memory('times'),
    errors: memory('errors'),
    subjectChanged: (subject) => wish({ subject }),
    timesFigureChanged: (timesFigure) => keep({ timesFigure }),
    sorted: sorted('speed'),
  });
  const requests = requestsTab(view.filter, filterChanged, ({ id, at }) => post({ type: 'open', request: id, at }));
  const contents = {
    overview: [cost.root, element('div', { class: 'columns' }, budgets.root, anomalies.root)],
    tables: tables.content,
    speed: speed.content,
    requests: requests.content,
  };
  const words = tabWords();
  const tabbed = tabs(
    l10n.t('Usage'),
    allTabs.map((tab) => ({ tab, words: words[tab], content: contents[tab] })),
    view.tab ?? 'overview',
    (tab) => {
      wish({ tab });
      scroll.restore(tab);
    },
  );
  const content = element('div', { class: 'content' }, totals.root, tabbed.list, ...tabbed.panels);
  const foot = footer();
  for (const root of [content, empty.root, foot.root, exportButton]) setHidden(root, true);
  const scroll = keepScroll(tabbed.value, view.scroll, (tops) => keep({ scroll: tops }));

  main.append(
    progress,
    element('header', {}, element('h1', {}, l10n.t('Usage')), range.root, exportButton),
    trouble,
    announced.root,
    waiting,
    empty.root,
    content,
    foot.root,
  );

  function render(state: PanelState): void {
    setBusy(false);
    keepAnswer(state);
    range.set(state.range);
    tabbed.show(state.tab);
    setText(troubleWords, state.trouble ?? '');
    setHidden(showLog, state.trouble === undefined);
    setHidden(waiting, true);
    setHidden(empty.root, !state.unused);
    setHidden(content, state.unused);
    setHidden(exportButton, state.unused);
    foot.update(state);
    if (state.unused) return empty.update(state.trouble !== undefined);
    totals.update(state.totals);
    announced.say(totalsSentence(state.totals));
    if (state.series !== undefined) cost.update(state);
    if (state.budgets !== undefined) budgets.update(state.budgets, state.generatedAt);
    if (state.anomalies !== undefined) anomalies.update(state.anomalies, state.generatedAt);
    if (state.tables !== undefined) tables.update(state.tables);
    if (state.speed !== undefined) speed.update(state);
    if (state.latest !== undefined) requests.update(state.latest, state.generatedAt);
    scroll.restore(state.tab);
  }

  /** What was not wished for in so many words is remembered as it was answered. */
  function keepAnswer({ tab, range: shown, step, group, subject }: PanelState): void {
    const answered = { tab, range: shown, step, group, subject } as const;
    if (Object.entries(answered).some(([name, value]) => view[name as keyof PanelView] !== value)) keep(answered);
  }

  /** Several states within one frame are drawn once, and a hidden panel draws nothing until it is seen. */
  let next: PanelState | undefined;
  window.addEventListener('message', (event: MessageEvent<unknown>) => {
    const state = readStateMessage(event.data);
    if (state === undefined) return;
    const awaited = Object.entries(wishedView(view)).some(([name, value]) => state[name as keyof PanelView] !== value);
    if (awaited && performance.now() - chosenAt < staleForMs) return;
    if (next === undefined) {
      requestAnimationFrame(() => {
        const drawn = next;
        next = undefined;
        if (drawn !== undefined) render(drawn);
      });
    }
    next = state;
  });

  whenThemeChanges(() => {
    cost.themeChanged();
    speed.themeChanged();
  });
  post({ type: 'ready', ...wishedView(view) });
}

/** The editor tells of a theme change by the body's class, and sets the colours on the root element's style. */
function whenThemeChanges(changed: () => void): void {
  let waits = false;
  const themes = new MutationObserver(() => {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => {
      waits = false;
      changed();
    });
  });
  themes.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
  themes.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
}
