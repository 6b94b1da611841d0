import * as l10n from '@vscode/l10n';
import type { RunningRequest } from '../../core/gateway/running-requests.ts';
import { shortUsd } from '../../core/ledger/money.ts';
import type { SettledRequest } from '../../core/ledger/records.ts';
import type { TracedTry } from '../../core/ledger/route-trace.ts';
import { count, duration } from '../routing/markdown.ts';
import { outcomeWords, settledWords } from '../routing/words.ts';
import type { Row } from './row.ts';
import { passedOverWords } from '../routing/passed-over.ts';

/** What the Activity view shows is made of. Times in milliseconds since the epoch. */
export interface ActivityFigures {
  readonly running: readonly RunningRequest[];
  /** Newest first. */
  readonly latest: readonly SettledRequest[];
  /** Of a key, by its id. */
  readonly labelOf: (key: string) => string;
  readonly now: number;
}

/** Rows of requests on their way; of the others a line says how many there are. */
const MOST_RUNNING = 100;

/** One row a request: those on their way first, the newest first among equals. */
export function activityRows(figures: ActivityFigures): readonly Row[] {
  const running = figures.running.toSorted((a, b) => (a.id < b.id ? 1 : -1));
  const more = running.length - MOST_RUNNING;
  return [
    ...running.slice(0, MOST_RUNNING).map((request) => runningRow(request, figures)),
    ...(more > 0 ? [{ id: 'more', label: l10n.t('{0} more on their way', count(more)), icon: 'ellipsis' }] : []),
    ...figures.latest.map((request) => settledRow(request, figures)),
  ];
}

function runningRow(request: RunningRequest, figures: ActivityFigures): Row {
  const { id, agent, asking, tries } = request;
  const age = duration(Math.max(0, figures.now - request.at));
  const failed = tries.length === 0 ? undefined : l10n.t('attempt {0}', tries.length + 1);
  const first = asking?.firstOutputMs;
  const state =
    asking === undefined
      ? tries.length === 0
        ? l10n.t('waits for its turn')
        : l10n.t('waits to ask again')
      : first === undefined
        ? l10n.t('is asked')
        : l10n.t('first output after {0}', duration(first));
  const target = asking === undefined ? request.requestedModel : modelOf(asking.target);
  return {
    id: `request/${id}`,
    subject: id,
    label: agent,
    description: join([target, age, failed, state]),
    spoken: join([agent, l10n.t('on its way'), target, failed, state]),
    icon: asking === undefined ? 'watch' : 'loading~spin',
    context: 'request-running',
    rows: [
      ...askedRows(request),
      ...tries.map((each, at) => tryRow(id, each, at, figures)),
      ...(asking === undefined
        ? []
        : [
            detail(
              id,
              'asking',
              l10n.t('Attempt {0}', tries.length + 1),
              join([
                asking.target,
                asking.key && l10n.t('key {0}', figures.labelOf(asking.key)),
                modeWords(asking.mode),
                state,
                lossWords(asking.losses),
              ]),
              'loading~spin',
            ),
          ]),
    ],
  };
}

function settledRow(request: SettledRequest, figures: ActivityFigures): Row {
  const { id, agent, settled, attempts, usage } = request;
  const failed = settled !== 'done';
  const state = failed ? stateOf(request) : undefined;
  const tokens = tokensIn(request) + usage.output;
  const cost = costWords(request);
  const tried = attempts > 1 ? l10n.t('{0} attempts', attempts) : undefined;
  const first = request.firstByteMs === undefined ? undefined : l10n.t('first after {0}', duration(request.firstByteMs));
  return {
    id: `request/${id}`,
    subject: id,
    label: agent,
    description: join([
      request.model,
      state,
      duration(request.totalMs),
      tokens > 0 || request.costNano ? cost : undefined,
      tried,
      request.stream ? first : undefined,
      tokens > 0 ? l10n.t('{0} tokens', count(tokens)) : undefined,
    ]),
    spoken: join([agent, failed ? state : l10n.t('answered'), request.model, duration(request.totalMs), tried, cost]),
    icon: iconOf(request),
    ...(settled !== 'done' && settled !== 'aborted' && { color: 'list.warningForeground' }),
    context: 'request',
    rows: [
      ...askedRows({ ...request, rule: request.trace?.rule, class: request.trace?.class }),
      ...waitRows(request),
      ...(request.trace?.passedOver ?? []).map((entry, at) =>
        detail(id, `passed/${at}`, l10n.t('Passed over'), passedOverWords(entry, figures.labelOf), 'debug-step-over'),
      ),
      ...triesOf(request).map((each, at) => tryRow(id, each, at, figures)),
      ...answerRows(request),
    ],
  };
}

function iconOf({ settled, attempts }: SettledRequest): string {
  switch (settled) {
    case 'done':
      return attempts > 1 ? 'debug-restart' : 'check';
    case 'aborted':
      return 'circle-slash';
    case 'blocked':
      return 'shield';
    default:
      return 'error';
  }
}

function stateOf({ settled, status, error }: SettledRequest): string {
  return settledWords(settled, status, error);
}

type AskedFor = Pick<RunningRequest, 'id' | 'requestedModel' | 'dialect' | 'stream' | 'rule' | 'class'>;

function askedRows({ id, requestedModel, dialect, stream, rule, class: about }: AskedFor): readonly Row[] {
  return [
    detail(
      id,
      'asked',
      l10n.t('Asked for'),
      join([requestedModel || l10n.t('no model'), dialect, stream ? l10n.t('streamed') : undefined]),
      'comment',
    ),
    detail(
      id,
      'rule',
      l10n.t('Rule'),
      join([rule ?? l10n.t('none matched'), about && l10n.t('taken for {0}', about)]),
      'list-ordered',
    ),
  ];
}

function waitRows({ id, trace }: SettledRequest): readonly Row[] {
  return [
    ...(trace?.queuedMs === undefined ? [] : [detail(id, 'queued', l10n.t('In the queue'), duration(trace.queuedMs), 'watch')]),
    ...(trace?.downgradedBy === undefined
      ? []
      : [detail(id, 'downgraded', l10n.t('Sent elsewhere by'), trace.downgradedBy, 'credit-card')]),
  ];
}

/** The row says it all where there is no trace. */
function triesOf(request: SettledRequest): readonly TracedTry[] {
  if (request.trace !== undefined) return request.trace.tries;
  if (request.attempts === 0) return [];
  const { provider, model, key, mode, losses, settled, status, error, totalMs } = request;
  return [
    {
      target: `${provider}/${model}`,
      ...(key === undefined ? {} : { key }),
      mode,
      outcome: settled === 'done' ? 'ok' : (error ?? (settled === 'error' ? `upstream-${status}` : settled)),
      ms: totalMs,
      ...(losses === undefined ? {} : { losses }),
    },
  ];
}

function tryRow(id: string, each: TracedTry, at: number, { labelOf }: ActivityFigures): Row {
  const { target, key, mode, outcome, waitedMs, firstOutputMs, ms, losses = [], costNano } = each;
  return detail(
    id,
    `try/${at}`,
    l10n.t('Attempt {0}', at + 1),
    join([
      // A side bar is narrow: what failed should be seen, who answered is in the row.
      ...(outcome === 'ok' ? [target, outcomeWords(outcome)] : [outcomeWords(outcome), target]),
      waitedMs === undefined ? undefined : l10n.t('waited {0} before', duration(waitedMs)),
      firstOutputMs === undefined ? undefined : l10n.t('first output after {0}', duration(firstOutputMs)),
      l10n.t('took {0}', duration(ms)),
      key === undefined ? undefined : l10n.t('key {0}', labelOf(key)),
      modeWords(mode),
      lossWords(losses),
      costNano === undefined ? undefined : shortUsd(costNano),
    ]),
    outcome === 'ok' ? 'pass' : 'warning',
  );
}

function answerRows(request: SettledRequest): readonly Row[] {
  const { id, usage, firstByteMs, totalMs, estimated, saved } = request;
  const written = usage.cacheWrite5m + usage.cacheWrite1h;
  const tokens = [
    l10n.t('{0} in', count(usage.input)),
    usage.cacheRead > 0 ? l10n.t('{0} from the cache', count(usage.cacheRead)) : undefined,
    written > 0 ? l10n.t('{0} into the cache', count(written)) : undefined,
    l10n.t('{0} out', count(usage.output)),
    estimated ? l10n.t('estimated') : undefined,
  ];
  return [
    detail(
      id,
      'time',
      l10n.t('Time'),
      join([
        firstByteMs === undefined ? undefined : l10n.t('first byte after {0}', duration(firstByteMs)),
        l10n.t('{0} in all', duration(totalMs)),
      ]),
      'clock',
    ),
    detail(id, 'tokens', l10n.t('Tokens'), tokens.filter(Boolean).join(', '), 'symbol-numeric'),
    detail(
      id,
      'cost',
      l10n.t('Cost'),
      join([costWords(request), saved === undefined || saved <= 0 ? undefined : l10n.t('the cache saved {0}', shortUsd(saved))]),
      'credit-card',
    ),
  ];
}

function costWords({ costNano, estimated }: SettledRequest): string {
  if (costNano === undefined) return l10n.t('unpriced');
  return estimated && costNano > 0 ? l10n.t('about {0}', shortUsd(costNano)) : shortUsd(costNano);
}

function tokensIn({ usage }: SettledRequest): number {
  return usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;
}

function modeWords(mode: SettledRequest['mode']): string | undefined {
  if (mode === 'relay') return undefined;
  return mode === 'translate' ? l10n.t('translated') : l10n.t('from our cache');
}

function lossWords(losses: readonly string[]): string | undefined {
  return losses.length === 0 ? undefined : l10n.t('lost: {0}', losses.join(', '));
}

/** `anthropic/claude-opus-5-5` without the provider: a side bar is narrow, and the whole is in what unfolds. */
function modelOf(target: string): string {
  return target.slice(target.indexOf('/') + 1);
}

function detail(id: string, part: string, label: string, description: string, icon: string): Row {
  return { id: `request/${id}/${part}`, label, description, icon };
}

function join(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}
