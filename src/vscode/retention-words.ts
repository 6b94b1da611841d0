import type { RetentionConfig } from '../core/config/schema-retention.ts';
import type { WhatGoes } from '../core/ledger/records.ts';

/** Whether it deletes anything that the other one keeps. */
export function isShorter(one: RetentionConfig, other: RetentionConfig): boolean {
  return daysOf(one).some((days, at) => days < (daysOf(other)[at] ?? Infinity));
}

function daysOf({ days = Infinity, rollupDays = Infinity }: RetentionConfig): readonly number[] {
  return [days, rollupDays];
}

export function whatGoesWords({ requests, sums, rowsFrom }: WhatGoes): string {
  const day = new Date(rowsFrom).toISOString().slice(0, 10);
  const parts = [
    requests > 0 ? `${count(requests)} from before ${day}; they stay in the sums` : undefined,
    sums > 0 ? `the sums over ${count(sums)}` : undefined,
  ].filter((part) => part !== undefined);
  return `By the setting "gatehouse.retention" the ledger will delete ${parts.join(', and ')}. This cannot be undone. Until you agree they are kept.`;
}

function count(requests: number): string {
  return requests === 1 ? '1 request' : `${requests.toLocaleString('en')} requests`;
}
