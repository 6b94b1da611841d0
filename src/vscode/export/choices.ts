import * as l10n from '@vscode/l10n';
import type { UsageBy } from '../../core/ledger/records.ts';
import { startOfDaysAgo } from '../local-day.ts';

/** What can be exported; `by` left out: every request for itself. */
export interface ExportContent {
  readonly label: string;
  readonly description?: string;
  readonly by?: readonly UsageBy[];
}

export function contentChoices(): readonly ExportContent[] {
  return [
    { label: l10n.t('Requests'), description: l10n.t('each with tokens, cost, route') },
    { label: l10n.t('Sums by day and agent'), by: ['day', 'agent'] },
    { label: l10n.t('Sums by day and model'), by: ['day', 'provider', 'model'] },
    { label: l10n.t('Sums by agent'), by: ['agent'] },
    { label: l10n.t('Sums by model'), by: ['provider', 'model'] },
    { label: l10n.t('Sums by key'), by: ['provider', 'key'] },
    { label: l10n.t('Sums by session'), by: ['session', 'agent', 'workspace'] },
    { label: l10n.t('Sums by workspace'), by: ['workspace'] },
  ];
}

/** Milliseconds since the epoch: since is inclusive, until exclusive. */
export interface Period {
  readonly since?: number;
  readonly until?: number;
}

/** `period` left out: days of the user's choice. `name` is for the file. */
export interface PeriodChoice {
  readonly label: string;
  readonly name: string;
  readonly period?: Period;
}

/** The period that a caller of the command has chosen already. Menus pass objects of their own, which say nothing to us. */
export function asKnownPeriod(argument: unknown): PeriodChoice | undefined {
  const { since, name, label } = (argument ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof since !== 'number' || !Number.isFinite(since) || typeof label !== 'string') return undefined;
  return typeof name === 'string' && /^[\w-]{1,40}$/.test(name) ? { label, name, period: { since } } : undefined;
}

/** Calendar days and months in the user's time zone. */
export function periodChoices(now: Date): readonly PeriodChoice[] {
  const month = (offset: number): number => new Date(now.getFullYear(), now.getMonth() + offset, 1).getTime();
  return [
    { label: l10n.t('Today'), name: 'today', period: { since: startOfDaysAgo(0, now) } },
    { label: l10n.t('Last 7 days'), name: '7-days', period: { since: startOfDaysAgo(6, now) } },
    { label: l10n.t('Last 30 days'), name: '30-days', period: { since: startOfDaysAgo(29, now) } },
    { label: l10n.t('This month'), name: monthName(month(0)), period: { since: month(0) } },
    { label: l10n.t('Last month'), name: monthName(month(-1)), period: { since: month(-1), until: month(0) } },
    { label: l10n.t('Everything'), name: 'all', period: {} },
    { label: l10n.t('From one day to another…'), name: 'days' },
  ];
}

/** The local days of `2026-11-01` or `2026-11-01 2026-11-15`, the last one included; undefined: no such days. */
export function daysPeriod(text: string): Period | undefined {
  const days = text.trim().split(/\s+/).map(dayOf);
  const [first, last = first] = days;
  if (first === undefined || last === undefined || days.length > 2 || days.includes(undefined) || last < first) return undefined;
  return { since: first.getTime(), until: new Date(last.getFullYear(), last.getMonth(), last.getDate() + 1).getTime() };
}

function dayOf(text: string): Date | undefined {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const date = new Date(year, month - 1, day);
  return date.getMonth() === month - 1 && date.getDate() === day ? date : undefined;
}

function monthName(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}`;
}
