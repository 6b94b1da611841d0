import * as l10n from '@vscode/l10n';
import { shortUsd } from '../../core/ledger/money.ts';
import type { PlaceHealth } from '../../core/routing/health/health.ts';
import type { StoreState } from '../keys/examine-store.ts';
import type { KeyInfo } from '../keys/key-info.ts';
import { ageInDays } from '../keys/key-worries.ts';
import { isSetAside, keyStanding } from '../routing/key-standing.ts';
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

/** How many of them, and of the store, need somebody. */
export function urgentKeys(figures: Omit<KeyFigures, 'spend' | 'lastUsed'>): number {
  return storeRows(figures.place).length + figures.keys.filter((key) => stateOf(key, figures).urgent).length;
}

function storeRows({ trouble, lost }: StoreState): readonly Row[] {
  const row = { icon: 'warning', color: 'list.warningForeground' };
  return [
    ...(trouble === undefined
      ? []
      : [{ ...row, id: 'store', label: l10n.t('Keys are not safe here'), description: trouble, tooltip: trouble }]),
    ...lost.map(({ uid, label, provider, lastFour }) => ({
      ...row,
      id: `lost/${uid}`,
      label,
      description: `${provider} …${lastFour} · ${l10n.t('gone from the secret storage; add it again')}`,
      command: { command: 'gatehouse.addKey', title: l10n.t('Add Key'), arguments: [provider] },
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

function stateOf(key: KeyInfo, { health, moved, now }: Pick<KeyFigures, 'health' | 'moved' | 'now'>): KeyState {
  if (key.disabled === true) return { words: l10n.t('disabled'), icon: 'circle-slash', urgent: false };
  if (moved.has(key.id))
    return { words: l10n.t('not sent: the address of its provider has changed'), icon: 'warning', urgent: true };
  const standing = keyStanding(key.id, health, now);
  if (standing !== undefined) {
    const dead = isSetAside(key.id, health);
    return { words: standing, icon: dead ? 'error' : 'clock', urgent: dead };
  }
  if (isOverdue(key, now)) return { words: l10n.t('should be rotated'), icon: 'warning', urgent: true };
  return { words: undefined, icon: 'key', urgent: false };
}

function isOverdue(key: KeyInfo, now: number): boolean {
  return key.rotateEveryDays !== undefined && ageInDays(key, now) >= key.rotateEveryDays;
}

function keyRow(key: KeyInfo, { words, icon, urgent }: KeyState, figures: KeyFigures): Row {
  const spend = figures.spend.get(key.id);
  const today = spend === undefined || spend.todayNano === 0 ? undefined : l10n.t('{0} today', shortUsd(spend.todayNano));
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
    detail(key, l10n.t('Health'), words ?? l10n.t('well'), words === undefined ? 'pass' : 'pulse'),
    ...(headroom === undefined
      ? []
      : [detail(key, l10n.t('Headroom'), l10n.t('{0} % of its tightest limit is left', Math.floor(headroom * 100)), 'dashboard')]),
  ];
}

function useRows(key: KeyInfo, spend: KeySpend | undefined, { lastUsed, now }: KeyFigures): readonly Row[] {
  const used = lastUsed(key.id);
  const spent =
    spend === undefined
      ? l10n.t('nothing in 30 days')
      : spend.requests === 1
        ? l10n.t('{0} today, {1} in 30 days, 1 request', shortUsd(spend.todayNano), shortUsd(spend.monthNano))
        : l10n.t(
            '{0} today, {1} in 30 days, {2} requests',
            shortUsd(spend.todayNano),
            shortUsd(spend.monthNano),
            count(spend.requests),
          );
  return [
    {
      ...detail(key, l10n.t('Spent'), spent, 'graph'),
      command: { command: 'gatehouse.showUsage', title: l10n.t('Show Usage') },
    },
    detail(key, l10n.t('Last used'), used === undefined ? l10n.t('never') : clockTime(used, now), 'history'),
  ];
}

function settingRows(key: KeyInfo, now: number): readonly Row[] {
  const days = ageInDays(key, now);
  const age = days === 0 ? l10n.t('entered today') : days === 1 ? l10n.t('1 day') : l10n.t('{0} days', count(days));
  const rhythm = key.rotateEveryDays === undefined ? age : l10n.t('{0}, to be rotated every {1} days', age, key.rotateEveryDays);
  const former =
    key.formerLastFour === undefined
      ? []
      : [detail(key, l10n.t('Former value'), l10n.t('…{0}, kept for a while', key.formerLastFour), 'discard')];
  const bound = [
    key.agents === undefined ? undefined : l10n.t('agents {0}', key.agents.join(', ')),
    key.models === undefined ? undefined : l10n.t('models {0}', key.models.join(', ')),
  ].filter((part) => part !== undefined);
  const order = [
    key.priority === undefined || key.priority === 0 ? undefined : l10n.t('priority {0}', key.priority),
    key.weight === undefined || key.weight === 1 ? undefined : l10n.t('weight {0}', key.weight),
  ].filter((part) => part !== undefined);
  return [
    detail(key, l10n.t('Age'), rhythm, 'calendar'),
    ...former,
    ...(bound.length === 0 ? [] : [editable(key, l10n.t('Only for'), bound.join('; '), 'lock')]),
    ...(order.length === 0 ? [] : [editable(key, l10n.t('Order'), order.join(', '), 'list-ordered')]),
    detail(key, l10n.t('Sent to'), key.origins.join(', '), 'globe'),
  ];
}

function detail(key: KeyInfo, label: string, description: string, icon: string): Row {
  return { id: `key/${key.id}/${label}`, label, description, icon };
}

function editable(key: KeyInfo, label: string, description: string, icon: string): Row {
  return {
    ...detail(key, label, description, icon),
    command: { command: 'gatehouse.editKey', title: l10n.t('Edit Key'), arguments: [key.id] },
  };
}
