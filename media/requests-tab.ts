import type { PanelRequest } from '../src/vscode/usage-panel/messages.ts';
import { element } from './elements.ts';
import { filterBox, matches } from './filter.ts';
import { latestRequests } from './latest-requests.ts';
import { statusShown } from './request-status.ts';

export interface RequestsTab {
  readonly content: readonly HTMLElement[];
  update(requests: readonly PanelRequest[], now: number): void;
  /** Also when another tab's box was typed into. */
  filterChanged(filter: string): void;
}

/** The latest requests; the filter looks at the names of a row and at how it ended. */
export function requestsTab(
  filter: string,
  filterChanged: (filter: string) => void,
  open: (request: PanelRequest) => void,
): RequestsTab {
  const box = filterBox(filter, filterChanged);
  const list = latestRequests(open);
  let latest: readonly PanelRequest[] = [];
  let drawnAt = 0;

  function draw(): void {
    const shown = latest.filter((request) =>
      matches(box.value(), [request.agent, request.provider, request.model, statusShown(request).words]),
    );
    list.update(shown, drawnAt);
    box.tell(shown.length, latest.length);
  }

  return {
    content: [element('div', { class: 'tab-head' }, box.root), list.root],
    update(next, now) {
      latest = next;
      drawnAt = now;
      draw();
    },
    filterChanged(value) {
      box.set(value);
      draw();
    },
  };
}
