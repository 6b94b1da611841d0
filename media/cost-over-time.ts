import * as l10n from '@vscode/l10n';
import type { PanelGroup, PanelState, PanelStep } from '../src/vscode/usage-panel/messages.ts';
import { choices } from './choices.ts';
import { type Figure, figure, type FigureMemory } from './figure.ts';
import { costFormat, tokensFormat } from './figure-format.ts';
import { groups, groupWords, type Measure, measures, measureWords, rangeWords, steps, stepWords } from './state.ts';

export interface CostOverTime extends Omit<Figure, 'update'> {
  update(state: PanelState): void;
}

export interface CostOverTimeOptions {
  readonly measure: Measure;
  readonly group: PanelGroup;
  readonly step: PanelStep;
  readonly memory: FigureMemory;
  readonly measureChanged: (measure: Measure) => void;
  readonly groupChanged: (group: PanelGroup) => void;
  readonly stepChanged: (step: PanelStep) => void;
}

/** Cost or tokens by the hour, day, week or month, stacked by agent, provider or model. */
export function costOverTime(options: CostOverTimeOptions): CostOverTime {
  let state: PanelState | undefined;
  const measure = choices('measure', l10n.t('Show'), measureWords(), measures, options.measure, (chosen) => {
    options.measureChanged(chosen);
    draw();
  });
  const group = choices('group', l10n.t('Stacked by'), groupWords(), groups, options.group, options.groupChanged);
  const step = choices('step', l10n.t('One bar for each'), stepWords(), steps, options.step, options.stepChanged);
  const shown = figure({
    kind: 'bars',
    title: l10n.t('Over time'),
    height: 220,
    controls: [measure.root, group.root, step.root],
    memory: options.memory,
  });

  function draw(): void {
    if (state?.series === undefined) return;
    const { series, totals, range } = state;
    const isCost = measure.value() === 'cost';
    const words = { what: measureWords()[measure.value()], by: groupWords()[state.group], when: rangeWords()[range] };
    shown.update({
      of: state.group,
      at: series.at,
      step: state.step,
      lines: series.lines.map(({ name, usd, tokens }) => ({ name, values: isCost ? usd : tokens })),
      format: isCost ? costFormat() : tokensFormat(),
      label: l10n.t('{0} over time by {1}, {2}', words.what, words.by, words.when),
      nothing: !isCost
        ? l10n.t('No tokens in this range.')
        : totals.unpriced > 0
          ? l10n.t('No known cost in this range: its requests are unpriced.')
          : l10n.t('No cost in this range.'),
    });
  }

  return {
    root: shown.root,
    themeChanged: () => shown.themeChanged(),
    update(next) {
      state = next;
      group.set(next.group);
      step.offer(next.steps);
      step.set(next.step);
      draw();
    },
  };
}
