import * as l10n from '@vscode/l10n';
import type { PanelAnomaly } from '../src/vscode/usage-panel/messages.ts';
import { element, setAttribute, setHidden, setText, syncChildren } from './elements.ts';
import { fullMoment, moment } from './format.ts';
import { visibleName } from './visible-name.ts';

export interface Anomalies {
  readonly root: HTMLElement;
  update(anomalies: readonly PanelAnomaly[], now: number): void;
}

/** Where an agent was unlike its own past. */
export function anomalyList(): Anomalies {
  const kept = new Map<string, HTMLElement>();
  const title = element('h2', { id: 'anomalies' }, l10n.t('Anomalies'));
  const none = element('p', { class: 'quiet' }, l10n.t('No agent was unlike itself in this range.'));
  const list = element('ul', { class: 'anomalies', 'aria-labelledby': title.id });
  const root = element('section', { class: 'anomaly-section', 'aria-labelledby': title.id }, title, none, list);
  return {
    root,
    update(anomalies, now) {
      setHidden(none, anomalies.length > 0);
      setHidden(list, anomalies.length === 0);
      syncChildren(
        list,
        kept,
        anomalies,
        ({ at, kind, text }) => `${at} ${kind} ${text}`,
        () => element('li', {}, element('span', { class: 'anomaly-kind' }), element('bdi'), element('time', { class: 'quiet' })),
        (child, { at, kind, text }) => {
          const [word, sentence, time] = child.children;
          if (word !== undefined) setText(word, kindWords(kind));
          if (sentence !== undefined) setText(sentence, visibleName(text));
          if (time === undefined) return;
          setText(time, moment(at, now));
          setAttribute(time, 'datetime', new Date(at).toISOString());
          setAttribute(time, 'title', fullMoment(at));
        },
      );
    },
  };
}

function kindWords(kind: PanelAnomaly['kind']): string {
  switch (kind) {
    case 'spend':
      return l10n.t('Spending');
    case 'errors':
      return l10n.t('Errors');
    case 'latency':
      return l10n.t('Slow answers');
    case 'burst':
      return l10n.t('Burst');
    default:
      return kind satisfies never;
  }
}
