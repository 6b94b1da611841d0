import { isAsBilled } from '../../core/ledger/book-entry.ts';
import type { SettledRequest } from '../../core/ledger/records.ts';
import type { TracedTry } from '../../core/ledger/route-trace.ts';
import { dollars } from '../chat/wording.ts';
import { clockTime, count, duration, plain, table } from './markdown.ts';
import { outcomeWords, settledWords, skippedWords } from './words.ts';

/** What a person calls a key; its id where it is not known any more. */
export type LabelOf = (key: string) => string;

/** How a request came to its answer, as Markdown. `now`: milliseconds since the epoch. */
export function routeDocument(request: SettledRequest, labelOf: LabelOf, now: number): string {
  const { trace } = request;
  return [
    `# Route of a request of ${plain(request.agent)}`,
    '',
    `${clockTime(request.at, now)}, request \`${request.id.replaceAll(/[^\w-]/g, '?')}\`. ${answered(request)}`,
    '',
    ...(trace === undefined ? straight(request, labelOf) : traced(request, trace, labelOf)),
    '## The answer',
    '',
    ...figures(request),
  ].join('\n');
}

function answered(request: SettledRequest): string {
  const asked = request.requestedModel === '' ? 'It named no model' : `It asked for **${plain(request.requestedModel)}**`;
  const target = `**${plain(`${request.provider}/${request.model}`)}**`;
  if (request.settled === 'done') return `${asked} and was answered by ${target}.`;
  const error = request.error === undefined ? '' : ` (${plain(outcomeWords(request.error))})`;
  return `${asked}; it ended at ${target}: ${settledWords(request.settled, request.status)}${error}.`;
}

/** A row without a trace has nothing to tell but its own columns. */
function straight(request: SettledRequest, labelOf: LabelOf): string[] {
  const key = request.key === undefined ? 'without a key' : `with the key "${plain(labelOf(request.key))}"`;
  const target = plain(`${request.provider}/${request.model}`);
  if (request.attempts === 0) {
    return [`No rule of the agent sent it anywhere, and nobody was asked: it would have gone to ${target}.`, ''];
  }
  return [
    `It went straight to its target, ${target}, ${key}: no rule, no second attempt, no wait, and nobody was passed over.`,
    '',
    `${MODES[request.mode]}${lossText(request.losses)}`,
    '',
  ];
}

function traced(request: SettledRequest, trace: NonNullable<SettledRequest['trace']>, labelOf: LabelOf): string[] {
  const { rule, class: about, queuedMs, passedOver = [], tries } = trace;
  return [
    rule === undefined ? 'No rule of the agent matched.' : `Rule of the agent that matched: **${plain(rule)}**.`,
    ...(about === undefined ? [] : [`The request was taken for: **${plain(about)}**.`]),
    ...(queuedMs === undefined ? [] : [`It waited ${duration(queuedMs)} for its turn under a limit of yours.`]),
    '',
    '## Attempts',
    '',
    ...(tries.length === 0 ? ['Nobody was asked.', ''] : []),
    ...table(
      ['#:', 'Target', 'Key', 'Mode', 'Outcome', 'Waited before:', 'First output:', 'Took:'],
      tries.map((each, index) => attempt(each, index, labelOf)),
    ),
    ...(request.attempts > tries.length && tries.length > 0
      ? [`Only ${tries.length} of the ${request.attempts} attempts were kept: the first, and the latest.`, '']
      : []),
    ...lossesOf(tries),
    ...(passedOver.length === 0 ? [] : ['## Passed over', '', ...passedOver.map((entry) => passed(entry, labelOf)), '']),
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
    key === undefined ? 'none' : plain(labelOf(key)),
    mode,
    outcome === 'ok' ? `**${words}**` : words,
    waitedMs === undefined ? '' : duration(waitedMs),
    firstOutputMs === undefined ? '' : duration(firstOutputMs),
    duration(ms),
  ];
}

function lossesOf(tries: readonly TracedTry[]): string[] {
  const lines = tries.flatMap(({ losses = [] }, index) =>
    losses.length === 0 ? [] : [`- attempt ${index + 1}: ${losses.map(plain).join(', ')}`],
  );
  return lines.length === 0 ? [] : ['Lost in translation:', '', ...lines, ''];
}

/** `anthropic/claude-opus-5-5 with anthropic/work (cooldown)`, as the trace has it. */
function passed(entry: string, labelOf: LabelOf): string {
  const [, target, key, why] = /^(.+?)(?: with (.+))? \(([a-z-]+)\)$/.exec(entry) ?? [];
  if (target === undefined || why === undefined) return `- ${plain(entry)}`;
  return `- ${plain(target)}${key === undefined ? '' : ` with the key "${plain(labelOf(key))}"`}: ${plain(skippedWords(why))}`;
}

const MODES: Readonly<Record<SettledRequest['mode'], string>> = {
  relay: 'It was relayed as it came.',
  translate: 'It was translated into the dialect of the provider.',
  cache: 'It was answered from the cache.',
};

function lossText(losses: readonly string[] | undefined): string {
  return losses === undefined || losses.length === 0 ? '' : ` Lost in translation: ${losses.map(plain).join(', ')}.`;
}

function figures(request: SettledRequest): string[] {
  const { usage } = request;
  const written = usage.cacheWrite5m + usage.cacheWrite1h;
  const cached = [
    ...(usage.cacheRead > 0 ? [`${count(usage.cacheRead)} from the cache`] : []),
    ...(written > 0 ? [`${count(written)} into the cache`] : []),
  ];
  const several = request.attempts > 1 ? ', all attempts together' : '';
  const about = request.estimated ? 'about ' : '';
  const price = request.costNano === undefined ? 'unpriced' : `${about}${dollars(request.costNano).replace('<', '&lt;')}`;
  return [
    ...table(
      ['', ''],
      [
        ['Status', String(request.status)],
        ['Attempts', String(request.attempts)],
        ['Dialect of the agent', `${plain(request.dialect)}${request.stream ? ', streamed' : ''}`],
        [
          'Tokens',
          `${about}${count(usage.input)} in${cached.map((each) => `, ${each}`).join('')}, ${count(usage.output)} out${several}`,
        ],
        ['Cost', `${price}${isAsBilled(request) ? ', as the provider billed it' : ''}${several}`],
        ...(request.billedNano === undefined || isAsBilled(request)
          ? []
          : [['Billed by the provider', dollars(request.billedNano).replace('<', '&lt;')]]),
        ['First byte', request.firstByteMs === undefined ? 'none came' : duration(request.firstByteMs)],
        ['In all', duration(request.totalMs)],
      ],
    ),
    ...(request.estimated ? ['The provider did not report all of what was used, so a part of it is estimated.', ''] : []),
  ];
}
