import * as l10n from '@vscode/l10n';
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
  const parts = [...(requests > 0 ? [requestsWords(requests, day)] : []), ...(sums > 0 ? [sumsWords(sums)] : [])];
  return l10n.t(
    'The setting "gatehouse.retention" makes the ledger delete: {0}. This cannot be undone. Until you agree, all is kept.',
    parts.join('; '),
  );
}

function requestsWords(requests: number, day: string): string {
  return requests === 1
    ? l10n.t('1 request from before {0} (it stays in the sums)', day)
    : l10n.t('{0} requests from before {1} (they stay in the sums)', requests.toLocaleString('en'), day);
}

function sumsWords(requests: number): string {
  return requests === 1 ? l10n.t('the sums over 1 request') : l10n.t('the sums over {0} requests', requests.toLocaleString('en'));
}
