import type { PanelState, ToPanel } from '../src/vscode/usage-panel/messages.ts';
import { among, groups, ranges, record, steps, subjects, tabs } from './state.ts';

/** Lists that have to be lists where they are there at all. A message of another shape is not ours and is left alone. */
const lists = ['budgets', 'anomalies', 'latest'] as const;

export function readStateMessage(data: unknown): PanelState | undefined {
  const message = record(data);
  if (message['type'] !== ('state' satisfies ToPanel['type'])) return undefined;
  const state = record(message['state']);
  const { series, tables, speed } = state;
  const fits =
    among(tabs, state['tab']) !== undefined &&
    among(ranges, state['range']) !== undefined &&
    among(steps, state['step']) !== undefined &&
    among(groups, state['group']) !== undefined &&
    among(subjects, state['subject']) !== undefined &&
    Array.isArray(state['steps']) &&
    typeof state['generatedAt'] === 'number' &&
    typeof record(state['totals'])['requests'] === 'number' &&
    (series === undefined || (Array.isArray(record(series)['at']) && Array.isArray(record(series)['lines']))) &&
    (speed === undefined || (Array.isArray(record(speed)['at']) && Array.isArray(record(speed)['lines']))) &&
    (tables === undefined || ['agent', 'provider', 'model', 'key'].every((table) => Array.isArray(record(tables)[table]))) &&
    lists.every((list) => state[list] === undefined || Array.isArray(state[list]));
  return fits ? (message['state'] as PanelState) : undefined;
}
