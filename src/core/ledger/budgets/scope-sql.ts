import type { SQLInputValue } from 'node:sqlite';
import type { BudgetScope, SCOPE_COLUMNS } from './budget.ts';

/** The scope's columns as SQLite compares them. */
export function scopeValues(scope: BudgetScope): Record<(typeof SCOPE_COLUMNS)[number], string | null> {
  const { workspace = null, agent = null, provider = null, key = null, model } = scope;
  return { workspace, agent, provider, key, model: model === undefined ? null : sqlGlob(model) };
}

/** Conditions on a table with those columns, each led by AND, and their named values. */
export function scopeCondition(scope: BudgetScope): { readonly sql: string; readonly values: Record<string, SQLInputValue> } {
  const values = Object.fromEntries(Object.entries(scopeValues(scope)).filter(([, value]) => value !== null));
  const sql = Object.keys(values)
    .map((column) => ` AND ${column} ${column === 'model' ? 'GLOB' : '='} $${column}`)
    .join('');
  return { sql, values };
}

/** Ours knows only `*`; SQLite's `?` and `[` are said in brackets. (It gives up at the first star that fails, so it does not backtrack.) */
function sqlGlob(pattern: string): string {
  return pattern.replace(/[?[]/g, '[$&]');
}
