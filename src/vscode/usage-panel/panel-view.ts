import * as l10n from '@vscode/l10n';
import { startOfDaysAgo } from '../local-day.ts';
import type { PanelGroup, PanelRange, PanelStep, PanelSubject, PanelTab, PanelView } from './messages.ts';

/** How long a bar may be in each range; the first is meant where none is wished for. No range has more than some 180 bars. */
const STEPS: Readonly<Record<PanelRange, readonly [PanelStep, ...PanelStep[]]>> = {
  today: ['hour'],
  '7d': ['day', 'hour'],
  '30d': ['day', 'week'],
  '90d': ['day', 'week', 'month'],
  '12m': ['month', 'week'],
};
const TABS: readonly PanelTab[] = ['overview', 'tables', 'speed', 'requests'];
const GROUPS: readonly PanelGroup[] = ['agent', 'provider', 'model'];
const SUBJECTS: readonly PanelSubject[] = ['model', 'key'];

export const FIRST_VIEW: PanelView = { tab: 'overview', range: 'today', step: 'hour', group: 'agent', subject: 'model' };

export function stepsOf(range: PanelRange): readonly PanelStep[] {
  return STEPS[range];
}

export function asRange(value: unknown): PanelRange | undefined {
  return (Object.keys(STEPS) as PanelRange[]).find((known) => known === value);
}

/** What the page wishes, as far as there is such a thing; what it leaves out stays. */
export function viewAfter(view: PanelView, wished: Readonly<Partial<Record<keyof PanelView, unknown>>>): PanelView {
  const range = asRange(wished.range) ?? view.range;
  const steps = STEPS[range];
  return {
    tab: TABS.find((known) => known === wished.tab) ?? view.tab,
    range,
    // Another range begins with the bars that suit it.
    step: steps.find((known) => known === (wished.step ?? (range === view.range ? view.step : undefined))) ?? steps[0],
    group: GROUPS.find((known) => known === wished.group) ?? view.group,
    subject: SUBJECTS.find((known) => known === wished.subject) ?? view.subject,
  };
}

/** When a range begins: calendar days (or whole months) in the user's time zone, the present one included. */
export function rangeStart(range: PanelRange, now: Date): number {
  switch (range) {
    case 'today':
      return startOfDaysAgo(0, now);
    case '7d':
      return startOfDaysAgo(6, now);
    case '30d':
      return startOfDaysAgo(29, now);
    case '90d':
      return startOfDaysAgo(89, now);
    case '12m':
      return new Date(now.getFullYear(), now.getMonth() - 11, 1).getTime();
    default:
      return range satisfies never;
  }
}

/** As the export calls it. */
export function rangeName(range: PanelRange): string {
  switch (range) {
    case 'today':
      return l10n.t('Today');
    case '7d':
      return l10n.t('Last 7 days');
    case '30d':
      return l10n.t('Last 30 days');
    case '90d':
      return l10n.t('Last 90 days');
    case '12m':
      return l10n.t('Last 12 months');
    default:
      return range satisfies never;
  }
}
