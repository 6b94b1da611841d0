import { shortUsd } from '../../core/ledger/money.ts';
import type { PlaceHealth } from '../../core/routing/health/health.ts';
import type { StoreState } from '../keys/examine-store.ts';
import type { KeyInfo } from '../keys/key-info.ts';
import { ageInDays } from '../keys/key-worries.ts';
import { keyStanding } from '../routing/key-standing.ts';
import { clockTime, count } from '../routing/markdown.ts';
import type { Row } from './row.ts';

/** What a key has cost, in nano-dollars. */
export interface KeySpend {
  readonly todayNano: number;
  readonly monthNano: number;
  /** In thirty days. */
  readonly requests: number;
}

/** What the Keys view shows is made of. Times in milliseconds since the epoch. */
export interface KeyFigures {
  readonly keys: readonly KeyInfo[];
  /** How the store stands that they are kept in. */
  readonly place: StoreState;
  readonly health: readonly PlaceHealth[];
  readonly spend: ReadonlyMap<string, KeySpend>;
  readonly lastUsed: (key: string) => number | undefined;
  /** Ids of keys whose provider has another address than they were entered for. */
  readonly moved: ReadonlySet<string>;
  readonly now: number;
}

/** What is wrong with the store; then one row a key, those that need somebody first, then by provider and label. */
export function keyRows(figures: KeyFigures): readonly Row[] {
  return [...storeRows(figures.place), ...rowsOf(figures)];
}

function storeRows({ trouble, lost }: StoreState): readonly Row[] {
  const row = { icon: 'warning', color: 'list.warningForeground' };
  return [
    ...(trouble === undefined
      ? []
      : [{ ...row, id: 'store', label: 'Keys are not safe here', description: trouble, tooltip: trouble }]),
    ...lost.map(({ uid, label, provider, lastFour }) => ({
      ...row,
      id: `lost/${uid}`,
      label,
      description: `${provider} …${lastFour} · gone from the secret storage; add it again`,
      command: { command: 'gatehouse.addKey', title: 'Add Key', arguments: [provider] },
    })),
  ];
}

function rowsOf(figures: KeyFigures): readonly Row[] {
  return figures.keys
    .map((key) => ({ key, state: stateOf(key, figures) }))
    .toSorted(
      (a, b) =>
        Number(b.state.urgent) - Number(a.state.urgent) ||
        a.key.provider.localeCompare(b.key.provider) ||
        a.key.label.localeCompare(b.key.label),
    )
    .map(({ key, state }) => keyRow(key, state, figures));
}

interface KeyState {
  readonly words: string | undefined;
  readonly icon: string;
  /** A person has to do something, or the key does no work. */
  readonly urgent: boolean;
}

function stateOf(key: KeyInfo, { health, moved, now }: KeyFigures): KeyState {
  if (key.disabled === true) return { words: 'disabled', icon: 'circle-slash', urgent: false };
  if (moved.has(key.id)) return { words: 'not sent: the address of its provider has changed', icon: 'warning', urgent: true };
  const standing = keyStanding(key.id, health, now);
  if (standing !== undefined) {
    const dead = standing.startsWith('set aside');
    return { words: standing, icon: dead ? 'error' : 'clock', urgent: dead };
  }
  if (isOverdue(key, now)) return { words: 'should be rotated', icon: 'warning', urgent: true };
  return { words: undefined, icon: 'key', urgent: false };
}

function isOverdue(key: KeyInfo, now: number): boolean {
  return key.rotateEveryDays !== undefined && ageInDays(key, now) >= key.rotateEveryDays;
}

function keyRow(key: KeyInfo, { words, icon, urgent }: KeyState, figures: KeyFigures): Row {
  const spend = figures.spend.get(key.id);
  const today = spend === undefined || spend.todayNano === 0 ? undefined : `${shortUsd(spend.todayNano)} today`;
  const environment = key.environment === undefined ? undefined : `[${key.environment}]`;
  return {
    id: `key/${key.id}`,
    subject: key.id,
    label: key.label,
    description: [`${key.provider} …${key.lastFour}`, environment, words, today].filter(Boolean).join(' · '),
    icon,
    ...(urgent && { color: 'list.warningForeground' }),
    context: `key${key.disabled === true ? '-disabled' : ''}${key.formerLastFour === undefined ? '' : '-rotated'}${figures.moved.has(key.id) ? '-moved' : ''}`,
    rows: [...healthRows(key, words, figures), ...useRows(key, spend, figures), ...settingRows(key, figures.now)],
  };
}

function healthRows(key: KeyInfo, words: string | undefined, { health }: KeyFigures): readonly Row[] {
  const shares = health.flatMap((place) => (place.key === key.id && place.headroom !== undefined ? [place.headroom] : []));
  const headroom = shares.length === 0 ? undefined : Math.min(...shares);
  return [
    detail(key, 'Health', words ?? 'well', words === undefined ? 'pass' : 'pulse'),
    ...(headroom === undefined
      ? []
      : [detail(key, 'Headroom', `${Math.floor(headroom * 100)} % of its tightest limit is left`, 'dashboard')]),
  ];
}

function useRows(key: KeyInfo, spend: KeySpend | undefined, { lastUsed, now }: KeyFigures): readonly Row[] {
  const used = lastUsed(key.id);
  const spent =
    spend === undefined
      ? 'nothing in 30 days'
      : `${shortUsd(spend.todayNano)} today, ${shortUsd(spend.monthNano)} in 30 days, ${count(spend.requests)} ${spend.requests === 1 ? 'request' : 'requests'}`;
  return [
    { ...detail(key, 'Spent', spent, 'graph'), command: { command: 'gatehouse.showUsage', title: 'Show Usage' } },
    detail(key, 'Last used', used === undefined ? 'never' : clockTime(used, now), 'history'),
  ];
}

function settingRows(key: KeyInfo, now: number): readonly Row[] {
  const days = ageInDays(key, now);
  const age = days === 0 ? 'entered today' : `${count(days)} ${days === 1 ? 'day' : 'days'}`;
  const rhythm = key.rotateEveryDays === undefined ? '' : `, to be rotated every ${key.rotateEveryDays} days`;
  const former =
    key.formerLastFour === undefined ? [] : [detail(key, 'Former value', `…${key.formerLastFour}, kept for a while`, 'discard')];
  const bound = [
    key.agents === undefined ? undefined : `agents ${key.agents.join(', ')}`,
    key.models === undefined ? undefined : `models ${key.models.join(', ')}`,
  ].filter((part) => part !== undefined);
  const order = [
    key.priority === undefined || key.priority === 0 ? undefined : `priority ${key.priority}`,
    key.weight === undefined || key.weight === 1 ? undefined : `weight ${key.weight}`,
  ].filter((part) => part !== undefined);
  return [
    detail(key, 'Age', age + rhythm, 'calendar'),
    ...former,
    ...(bound.length === 0 ? [] : [editable(key, 'Only for', bound.join('; '), 'lock')]),
    ...(order.length === 0 ? [] : [editable(key, 'Order', order.join(', '), 'list-ordered')]),
    detail(key, 'Sent to', key.origins.join(', '), 'globe'),
  ];
}

function detail(key: KeyInfo, label: string, description: string, icon: string): Row {
  return { id: `key/${key.id}/${label}`, label, description, icon };
}

function editable(key: KeyInfo, label: string, description: string, icon: string): Row {
  return {
    ...detail(key, label, description, icon),
    command: { command: 'gatehouse.editKey', title: 'Edit Key', arguments: [key.id] },
  };
}
