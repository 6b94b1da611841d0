import * as l10n from '@vscode/l10n';
import { isAsBilled } from '../../core/ledger/book-entry.ts';
import type { SettledRequest } from '../../core/ledger/records.ts';
import type { TracedTry } from '../../core/ledger/route-trace.ts';
import { dollars } from '../chat/wording.ts';
import { clockTime, count, duration, plain, table } from './markdown.ts';
import { passedOverWords } from './passed-over.ts';
import { outcomeWords, settledWords } from './words.ts';

/** What a person calls a key; its id where it is not known any more. */
export type LabelOf = (key: string) => string;

/** How a request came to its answer, as Markdown. `now`: milliseconds since the epoch. */
export function routeDocument(request: SettledRequest, labelOf: LabelOf, now: number): string {
  const { trace } = request;
  return [
    `# ${l10n.t('Route of a request of {0}', plain(request.agent))}`,
    '',
    `${l10n.t('{0}, request {1}.', clockTime(request.at, now), `\`${request.id.replaceAll(/[^\w-]/g, '?')}\``)} ${answered(request)}`,
    '',
    ...(trace === undefined ? straight(request, labelOf) : traced(request, trace, labelOf)),
    `## ${l10n.t('The answer')}`,
    '',
    ...figures(request),
  ].join('\n');
}

function answered(request: SettledRequest): string {
  const asked = plain(request.requestedModel);
  const target = plain(`${request.provider}/${request.model}`);
  if (request.settled === 'done') {
    return asked === ''
      ? l10n.t('It named no model and was answered by **{0}**.', target)
      : l10n.t('It asked for **{0}** and was answered by **{1}**.', asked, target);
  }
  const why = plain(request.error === undefined ? '' : outcomeWords(request.error));
  const state = settledWords(request.settled, request.status);
  const end = why === '' ? state : `${state} (${why})`;
  return asked === ''
    ? l10n.t('It named no model; it ended at **{0}**: {1}.', target, end)
    : l10n.t('It asked for **{0}**; it ended at **{1}**: {2}.', asked, target, end);
}

/** A row without a trace has nothing to tell but its own columns. */
function straight(request: SettledRequest, labelOf: LabelOf): string[] {
  const target = plain(`${request.provider}/${request.model}`);
  if (request.attempts === 0) {
    return [l10n.t('No rule of the agent sent it anywhere, and nobody was asked: it would have gone to {0}.', target), ''];
  }
  return [
    request.key === undefined
      ? l10n.t(
          'It went straight to its target, {0}, without a key: no rule, no second attempt, no wait, and nobody was passed over.',
          target,
        )
      : l10n.t(
          'It went straight to its target, {0}, with the key "{1}": no rule, no second attempt, no wait, and nobody was passed over.',
          target,
          plain(labelOf(request.key)),
        ),
    '',
    `${modeText(request.mode)}${lossText(request.losses)}`,
    '',
  ];
}

function traced(request: SettledRequest, trace: NonNullable<SettledRequest['trace']>, labelOf: LabelOf): string[] {
  const { rule, class: about, queuedMs, passedOver = [], tries } = trace;
  return [
    rule === undefined ? l10n.t('No rule of the agent matched.') : l10n.t('Rule of the agent that matched: **{0}**.', plain(rule)),
    ...(about === undefined ? [] : [l10n.t('The request was taken for: **{0}**.', plain(about))]),
    ...(queuedMs === undefined ? [] : [l10n.t('It waited {0} for its turn under a limit of yours.', duration(queuedMs))]),
    '',
    `## ${l10n.t('Attempts')}`,
    '',
    ...(tries.length === 0 ? [l10n.t('Nobody was asked.'), ''] : []),
    ...table(
      [
        '#:',
        l10n.t('Target'),
        l10n.t('Key'),
        l10n.t('Mode'),
        l10n.t('Outcome'),
        `${l10n.t('Waited before')}:`,
        `${l10n.t('First output')}:`,
        `${l10n.t('Took')}:`,
      ],
      tries.map((each, index) => attempt(each, index, labelOf)),
    ),
    ...(request.attempts > tries.length && tries.length > 0
      ? [l10n.t('Only {0} of the {1} attempts were kept: the first, and the latest.', tries.length, request.attempts), '']
      : []),
    ...lossesOf(tries),
    ...(passedOver.length === 0
      ? []
      : [`## ${l10n.t('Passed over')}`, '', ...passedOver.map((entry) => `- ${plain(passedOverWords(entry, labelOf))}`), '']),
  ];
}

function attempt(
  { target, key, mode, outcome, waitedMs, firstOutputMs, ms }: TracedTry,
  index: number,
  labelOf: LabelOf,
): string[] {
  const words = plain(outcomeWords(outcome));
  return [
    String(index + 1),
    plain(target),
    key === undefined ? l10n.t('none') : plain(labelOf(key)),
    mode,
    outcome === 'ok' ? `**${words}**` : words,
    waitedMs === undefined ? '' : duration(waitedMs),
    firstOutputMs === undefined ? '' : duration(firstOutputMs),
    duration(ms),
  ];
}

function lossesOf(tries: readonly TracedTry[]): string[] {
  const lines = tries.flatMap(({ losses = [] }, index) =>
    losses.length === 0 ? [] : [`- ${l10n.t('attempt {0}: {1}', index + 1, losses.map(plain).join(', '))}`],
  );
  return lines.length === 0 ? [] : [l10n.t('Lost in translation:'), '', ...lines, ''];
}

function modeText(mode: SettledRequest['mode']): string {
  if (mode === 'relay') return l10n.t('It was relayed as it came.');
  return mode === 'translate'
    ? l10n.t('It was translated into the dialect of the provider.')
    : l10n.t('It was answered from the cache.');
}

function lossText(losses: readonly string[] | undefined): string {
  return losses === undefined || losses.length === 0 ? '' : ` ${l10n.t('Lost in translation: {0}.', losses.map(plain).join(', '))}`;
}

function figures(request: SettledRequest): string[] {
  const { usage } = request;
  const written = usage.cacheWrite5m + usage.cacheWrite1h;
  const cached = [
    ...(usage.cacheRead > 0 ? [l10n.t('{0} from the cache', count(usage.cacheRead))] : []),
    ...(written > 0 ? [l10n.t('{0} into the cache', count(written))] : []),
  ];
  const together = request.attempts > 1 ? [l10n.t('all attempts together')] : [];
  const about = (text: string): string => (request.estimated ? l10n.t('about {0}', text) : text);
  const price = request.costNano === undefined ? l10n.t('unpriced') : about(dollars(request.costNano).replace('<', '&lt;'));
  const tokens = [l10n.t('{0} in', count(usage.input)), ...cached, l10n.t('{0} out', count(usage.output)), ...together];
  return [
    ...table(
      ['', ''],
      [
        [l10n.t('Status'), String(request.status)],
        [l10n.t('Attempts'), String(request.attempts)],
        [l10n.t('Dialect of the agent'), request.stream ? l10n.t('{0}, streamed', plain(request.dialect)) : plain(request.dialect)],
        [l10n.t('Tokens'), about(tokens.join(', '))],
        [l10n.t('Cost'), [price, ...(isAsBilled(request) ? [l10n.t('as the provider billed it')] : []), ...together].join(', ')],
        ...(request.billedNano === undefined || isAsBilled(request)
          ? []
          : [[l10n.t('Billed by the provider'), dollars(request.billedNano).replace('<', '&lt;')]]),
        [l10n.t('First byte'), request.firstByteMs === undefined ? l10n.t('none came') : duration(request.firstByteMs)],
        [l10n.t('In all'), duration(request.totalMs)],
      ],
    ),
    ...(request.estimated ? [l10n.t('The provider did not report all of what was used, so a part of it is estimated.'), ''] : []),
  ];
}
