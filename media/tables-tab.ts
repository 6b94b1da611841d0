import type { PanelTables } from '../src/vscode/usage-panel/messages.ts';
import { element } from './elements.ts';
import { filterBox, matches } from './filter.ts';
import type { Sort } from './state.ts';
import { usageTable } from './tables.ts';

const names = ['agent', 'provider', 'model', 'key'] as const satisfies readonly (keyof PanelTables)[];

export interface TablesTab {
  readonly content: readonly HTMLElement[];
  update(tables: PanelTables): void;
  /** Also when another tab's box was typed into. */
  filterChanged(filter: string): void;
}

/** What each agent, provider, model and key used. */
export function tablesTab(
  filter: string,
  sortOf: (table: string) => Sort | undefined,
  sorted: (table: string) => (sort: Sort) => void,
  filterChanged: (filter: string) => void,
): TablesTab {
  const box = filterBox(filter, filterChanged);
  const tables = names.map((name) => ({ name, table: usageTable(name, sortOf(name), sorted(name)) }));
  let latest: PanelTables | undefined;

  function draw(): void {
    if (latest === undefined) return;
    let [shown, of] = [0, 0];
    for (const { name, table } of tables) {
      const all = latest[name];
      const rows = all.filter((row) => matches(box.value(), [row.name]));
      table.update(rows, all);
      shown += rows.length;
      of += all.length;
    }
    box.tell(shown, of);
  }

  return {
    content: [element('div', { class: 'tab-head' }, box.root), ...tables.map(({ table }) => table.root)],
    update(next) {
      latest = next;
      draw();
    },
    filterChanged(value) {
      box.set(value);
      draw();
    },
  };
}
