import type { UsageRow } from '../../core/ledger/records.ts';
import { keyName } from './panel-state.ts';
import { timeSlots, unitOf } from './time-slots.ts';
import type { PanelRange, PanelSpeed, PanelStep, PanelSubject, PanelTimes } from './messages.ts';

/** Percentiles cannot be added up, so times go by the hour or the day, whatever the step of the bars. */
export function speedStep(step: PanelStep): 'hour' | 'day' {
  return unitOf(step);
}

/** `overTime` by hour or day and subject, `whole` by subject; the subject is a provider and its model or key. */
export function speedOf(
  range: PanelRange,
  step: 'hour' | 'day',
  subject: PanelSubject,
  now: Date,
  overTime: readonly UsageRow[],
  whole: readonly UsageRow[],
): PanelSpeed {
  const nameOf = (group: UsageRow['group']): string =>
    subject === 'key' ? keyName(group) : `${group.provider ?? ''}/${group.model ?? ''}`;
  const { at, indexOf } = timeSlots(range, step, now);
  const lines = new Map<string, (PanelTimes | null)[]>();
  for (const row of overTime) {
    const index = indexOf(row.group[step]);
    if (index === undefined) continue;
    const name = nameOf(row.group);
    const times = lines.get(name) ?? new Array<PanelTimes | null>(at.length).fill(null);
    times[index] = timesOf(row);
    lines.set(name, times);
  }
  return {
    at,
    lines: [...lines].map(([name, times]) => ({ name, times })),
    rows: whole.map((row) => ({ name: nameOf(row.group), ...timesOf(row) })),
  };
}

function timesOf(row: UsageRow): PanelTimes {
  const { requests, errors, firstByteP50Ms, firstByteP95Ms, totalP50Ms, totalP95Ms, tokensPerSecond } = row;
  return {
    requests,
    errors,
    ...(firstByteP50Ms !== undefined && { firstByteP50: firstByteP50Ms }),
    ...(firstByteP95Ms !== undefined && { firstByteP95: firstByteP95Ms }),
    ...(totalP50Ms !== undefined && { totalP50: totalP50Ms }),
    ...(totalP95Ms !== undefined && { totalP95: totalP95Ms }),
    ...(tokensPerSecond !== undefined && { tokensPerSecond }),
  };
}
