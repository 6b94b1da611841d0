import * as vscode from 'vscode';
import { ActivityFeed } from '../activity/activity-feed.ts';
import type { EditorHost } from '../editor-host.ts';
import { activityRows } from './activity-rows.ts';
import { registerRowsView } from './rows-view.ts';

/** While a request is on its way its row says for how long. */
const TICK_MS = 1000;

/** Requests as they run, and the latest ones. While nobody looks, nothing is told and nothing is asked. */
export function registerActivityView(host: EditorHost): vscode.Disposable {
  let redraw: ((soon: boolean) => void) | undefined;
  let ticking: NodeJS.Timeout | undefined;
  const feed = new ActivityFeed(host, () => {
    redraw?.(false);
    tick();
  });
  const tick = (): void => {
    if (feed.running.length === 0) {
      clearInterval(ticking);
      ticking = undefined;
    } else ticking ??= setInterval(() => (feed.running.length === 0 ? tick() : redraw?.(false)), TICK_MS);
  };
  return vscode.Disposable.from(
    registerRowsView({
      id: 'gatehouse.activity',
      read() {
        const labels = new Map((host.state?.keys ?? []).map((key) => [key.id, key.label]));
        const { running, latest } = feed;
        return Promise.resolve(activityRows({ running, latest, labelOf: (key) => labels.get(key) ?? key, now: Date.now() }));
      },
      changes(fresh) {
        redraw = fresh;
        return host.onChanged(() => fresh(false));
      },
      seen(visible) {
        feed.look(visible);
        tick();
      },
    }),
    feed,
    { dispose: () => clearInterval(ticking) },
  );
}
