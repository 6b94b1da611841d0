import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { UsageRow } from '../../core/ledger/records.ts';
import type { EditorHost } from '../editor-host.ts';
import { movedKeys } from '../keys/key-worries.ts';
import { startOfDaysAgo, startOfToday } from '../local-day.ts';
import { keyRows, urgentKeys, type KeyFigures, type KeySpend } from './key-rows.ts';
import { registerRowsView } from './rows-view.ts';

/** Every key with its health, what it has cost, its age and what it is bound to; first, what is wrong with the store that holds them. */
export function registerKeysView(host: EditorHost): vscode.Disposable {
  return registerRowsView({
    id: 'gatehouse.keys',
    async read() {
      const { lastUsed } = host.keyLife;
      return keyRows({
        ...(await standingOf(host)),
        spend: await spendByKey(host),
        lastUsed: (key) => lastUsed.of(key),
      });
    },
    changes: (redraw) =>
      vscode.Disposable.from(
        host.onChanged(() => redraw(true)),
        host.onNews(({ kind }) => (kind === 'health' ? redraw(true) : undefined)),
        host.onSettled(() => redraw(false)),
      ),
    badges(show) {
      const draw = (): void =>
        void standingOf(host).then(
          (standing) => show(badgeOf(urgentKeys(standing))),
          () => show(undefined),
        );
      return vscode.Disposable.from(
        host.onChanged(draw),
        host.onNews(({ kind }) => (kind === 'health' ? draw() : undefined)),
      );
    },
  });
}

function badgeOf(value: number): vscode.ViewBadge | undefined {
  if (value === 0) return undefined;
  return { value, tooltip: value === 1 ? l10n.t('1 key needs you') : l10n.t('{0} keys need you', value) };
}

async function standingOf(host: EditorHost): Promise<Omit<KeyFigures, 'spend' | 'lastUsed'>> {
  // In Restricted Mode no secret is read.
  const keys = host.state === undefined ? [] : await host.keys.list();
  return {
    keys,
    place: host.keyLife.place,
    health: await host.keyHealth(),
    moved: new Set(movedKeys(keys, host.state?.config.providers ?? {}).map(({ key }) => key.id)),
    now: Date.now(),
  };
}

async function spendByKey({ gateway }: EditorHost): Promise<ReadonlyMap<string, KeySpend>> {
  const since = (from: number): Promise<readonly UsageRow[]> => gateway.call('usage', { by: ['key'], since: from }).catch(() => []);
  const [today, month] = await Promise.all([since(startOfToday()), since(startOfDaysAgo(29))]);
  const costs = new Map(today.map(({ group, costNano }) => [group.key, costNano]));
  return new Map(
    month.map(({ group, costNano, requests }) => [
      group.key ?? '',
      { todayNano: costs.get(group.key) ?? 0, monthNano: costNano, requests },
    ]),
  );
}
