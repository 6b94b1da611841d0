import type { PanelState, ToPanel } from '../src/vscode/usage-panel/messages.ts';
import { asGroup, asRange, record } from './state.ts';

/** Lists and totals that must be there before anything is drawn. A message of another shape is not ours and is left alone. */
const lists = ['byAgent', 'byProvider', 'byModel', 'latest'] as const;

export function readStateMessage(data: unknown): PanelState | undefined {
  const message = record(data);
  if (message['type'] !== ('state' satisfies ToPanel['type'])) return undefined;
  const state = record(message['state']);
  const series = record(state['series']);
  const fits =
    asRange(state['range']) !== undefined &&
    asGroup(state['group']) !== undefined &&
    typeof state['generatedAt'] === 'number' &&
    typeof record(state['totals'])['requests'] === 'number' &&
    Array.isArray(series['at']) &&
    Array.isArray(series['lines']) &&
    lists.every((list) => Array.isArray(state[list]));
  return fits ? (message['state'] as PanelState) : undefined;
}
