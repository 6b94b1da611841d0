import * as vscode from 'vscode';
import type { Row } from './row.ts';

/** A view that is in sight is redrawn at most this often, however much happens. */
const REDRAW_MS = 1000;

export interface RowsViewOptions {
  readonly id: string;
  /** Asked only while the view is in sight. What it throws leaves the view as it is. */
  readonly read: () => Promise<readonly Row[]>;
  /** When to ask again; `soon`: at once, else with others within a second of the last time. */
  readonly changes: (redraw: (soon: boolean) => void) => vscode.Disposable;
  /** Called when the view comes into sight and when it goes. */
  readonly seen?: (visible: boolean) => void;
  /** When something needs a person, and what; undefined: nothing. Called also while nobody sees the view. */
  readonly badges?: (show: (badge: vscode.ViewBadge | undefined) => void) => vscode.Disposable;
}

/** A native tree of rows. Nothing is asked and no timer runs while nobody sees it. */
export function registerRowsView({ id, read, changes, seen, badges }: RowsViewOptions): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  let rows: readonly Row[] | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stale = true;
  let drawnAt = -Infinity;

  const provider: vscode.TreeDataProvider<Row> = {
    onDidChangeTreeData: changed.event,
    getTreeItem: itemOf,
    async getChildren(row) {
      if (row !== undefined) return [...(row.rows ?? [])];
      if (stale || rows === undefined) {
        stale = false;
        rows = await read().catch(() => rows ?? []);
      }
      return [...rows];
    },
  };
  const view = vscode.window.createTreeView(id, { treeDataProvider: provider, showCollapseAll: true });
  const redraw = (soon: boolean): void => {
    stale = true;
    if (!view.visible) return;
    const wait = drawnAt + REDRAW_MS - performance.now();
    if (soon || wait <= 0) return draw();
    timer ??= setTimeout(() => {
      timer = undefined;
      if (view.visible) draw();
    }, wait);
  };
  const draw = (): void => {
    clearTimeout(timer);
    timer = undefined;
    drawnAt = performance.now();
    changed.fire();
  };
  if (view.visible) seen?.(true);
  return vscode.Disposable.from(
    view,
    changed,
    changes(redraw),
    badges?.((badge) => (view.badge = badge)) ?? NOTHING,
    view.onDidChangeVisibility(({ visible }) => {
      seen?.(visible);
      if (visible && stale) changed.fire();
    }),
    { dispose: () => clearTimeout(timer) },
  );
}

const NOTHING = { dispose: () => undefined };

function itemOf(row: Row): vscode.TreeItem {
  const folds = row.rows !== undefined && row.rows.length > 0;
  const item = new vscode.TreeItem(
    row.label,
    folds ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None,
  );
  item.id = row.id;
  if (row.description !== undefined) item.description = row.description;
  item.tooltip = row.tooltip ?? (row.description === undefined ? row.label : `${row.label}: ${row.description}`);
  item.iconPath = new vscode.ThemeIcon(row.icon, row.color === undefined ? undefined : new vscode.ThemeColor(row.color));
  if (row.spoken !== undefined) item.accessibilityInformation = { label: row.spoken };
  if (row.context !== undefined) item.contextValue = row.context;
  if (row.command !== undefined) item.command = row.command;
  return item;
}
