import * as vscode from 'vscode';
import type { UsageRow } from '../../core/ledger/records.ts';
import type { EditorHost } from '../editor-host.ts';
import { movedKeys } from '../keys/key-worries.ts';
import { startOfDaysAgo, startOfToday } from '../local-day.ts';
import { keyRows, type KeySpend } from './key-rows.ts';
import { registerRowsView } from './rows-view.ts';

/** Every key with its health, what it has cost, its age and what it is bound to; first, what is wrong with the store that holds them. */
export function registerKeysView(host: EditorHost): vscode.Disposable {
  return registerRowsView({
    id: 'gatehouse.keys',
    async read() {
      const keys = await host.keys.list();
      const { lastUsed, place } = host.keyLife;
      return keyRows({
        keys,
        place,
        health: await host.keyHealth(),
        spend: await spendByKey(host),
        lastUsed: (key) => lastUsed.of(key),
        moved: new Set(movedKeys(keys, host.state?.config.providers ?? {}).map(({ key }) => key.id)),
        now: Date.now(),
      });
    },
    changes: (redraw) =>
      vscode.Disposable.from(
        host.onChanged(() => redraw(true)),
        host.onNews(({ kind }) => (kind === 'health' ? redraw(true) : undefined)),
        host.onSettled(() => redraw(false)),
      ),
  });
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
