import * as l10n from '@vscode/l10n';
import type { ExplainedRule, Explanation } from '../../core/gateway/explain-route.ts';
import type { ExplainedKey, ExplainedLimits, ExplainedStep, ExplainedTarget } from '../../core/gateway/explain-steps.ts';
import type { FoundBy } from '../../core/routing/rules/find-route.ts';
import type { NotUsable } from '../../core/routing/targets/order-keys.ts';
import { clockTime, count, duration, plain, table } from './markdown.ts';
import type { LabelOf } from './route-document.ts';
import { whyWords } from './words.ts';

/** Where a request would go now, as Markdown. Times in the user's own. */
export function explanationDocument(explanation: Explanation, labelOf: LabelOf): string {
  const { agent, model, dialect, at, session, request } = explanation;
  return [
    `# ${l10n.t('Route of {0} for {1}', plain(agent), plain(model || l10n.t('its model')))}`,
    '',
    summary(explanation, labelOf),
    '',
    session === undefined
      ? l10n.t('As of {0}, for a request in {1}.', clockTime(at, at), dialect)
      : l10n.t('As of {0}, for a request in {1} of the session "{2}".', clockTime(at, at), dialect, plain(session)),
    l10n.t('Nothing was asked and nothing was spent. Run the command again for how things stand then.'),
    '',
    ...(request === undefined
      ? []
      : [
          l10n.t(
            'The request is taken for **{0}**, {1}; about {2} tokens.',
            request.class,
            `${request.complexity}${request.reasons.length === 0 ? '' : ` (${request.reasons.map(plain).join('; ')})`}`,
            count(request.features.tokens),
          ),
          '',
        ]),
    `## ${l10n.t('Rules')}`,
    '',
    ...rules(explanation),
    `## ${l10n.t('Targets')}`,
    '',
    ...(explanation.steps.length === 0
      ? [l10n.t('There is none.'), '']
      : explanation.steps.flatMap((step, index) => stepOf(step, index, at, labelOf))),
    ...(explanation.allow === undefined
      ? []
      : [
          explanation.allow.length === 0
            ? l10n.t('The agent may reach only nothing: its allow-list is empty.')
            : l10n.t('The agent may reach only {0}.', explanation.allow.map(plain).join(', ')),
          '',
        ]),
    ...(explanation.limits === undefined ? [] : [`## ${l10n.t('Limits of the agent')}`, '', limitsText(explanation.limits), '']),
  ].join('\n');
}

function summary({ asks, refused, paused }: Explanation, labelOf: LabelOf): string {
  if (refused !== undefined) return `**${l10n.t('It would be refused.')}** ${plain(refused.message)}`;
  if (paused) return l10n.t('**The agent is paused:** its requests are refused until you resume it ("Gatehouse: Resume Agent").');
  if (asks === undefined) return l10n.t('**Nobody can be asked now:** every target is set aside or cannot be asked.');
  return asks.key === undefined
    ? l10n.t('It would go to **{0}**.', plain(asks.target))
    : l10n.t('It would go to **{0}** with the key "{1}".', plain(asks.target), plain(labelOf(asks.key)));
}

function rules({ rules, taken, foundBy, request }: Explanation): string[] {
  const found = foundBy === undefined || foundBy === 'rule' ? undefined : foundWords(foundBy);
  const otherwise = taken === undefined && found !== undefined ? [l10n.t('The first target is {0}.', found), ''] : [];
  if (rules.length === 0) return [l10n.t('The agent has no rules.'), '', ...otherwise];
  const blind = request === undefined && rules.some(({ needsBody }) => needsBody);
  return [
    ...rules.map((rule) => ruleText(rule, taken)),
    '',
    ...(blind
      ? [
          l10n.t('Rules about the content of a request count as not matching here: no request was given. Real ones may take them.'),
          '',
        ]
      : []),
    ...(taken === undefined ? [l10n.t('No rule takes it.'), ''] : []),
    ...otherwise,
  ];
}

function ruleText(rule: ExplainedRule, taken: number | undefined): string {
  const [mark, means] = markOf(rule, taken);
  const name = rule.name === undefined ? '' : ` **${plain(rule.name)}**`;
  return `${rule.number}. ${mark}${name} → ${plain(rule.to)} (${means}): ${rule.why.map(plain).join('; ')}`;
}

function markOf({ number, matched, tried, needsBody }: ExplainedRule, taken: number | undefined): readonly [string, string] {
  if (number === taken) return ['✔', l10n.t('takes it')];
  if (needsBody) return ['?', l10n.t('depends on the request')];
  if (matched) return ['–', l10n.t('would match, but an earlier one takes it')];
  return ['✘', tried ? l10n.t('does not match') : l10n.t('would not match either')];
}

/** By what the first target was found where no rule took the request. */
function foundWords(by: FoundBy): string {
  switch (by) {
    case 'agent-model':
      return l10n.t('the model of the agent');
    case 'alias':
      return l10n.t('the alias that was asked for');
    case 'agent-provider':
      return l10n.t('the model that was asked for, on the provider of the agent');
    case 'other-agent':
      return l10n.t('the model of the agent that was asked for');
    case 'requested':
      return l10n.t('the model that was asked for');
    default:
      return by satisfies never;
  }
}

function stepOf(step: ExplainedStep, index: number, at: number, labelOf: LabelOf): string[] {
  const { reference, on, targets, balance, sticky } = step;
  const several = targets.length > 1;
  return [
    `### ${headOf(index, reference, on)}`,
    '',
    ...(several
      ? [
          sticky
            ? l10n.t(
                'One of {0}, {1}; a session stays with its own. In the order in which they would be tried:',
                targets.length,
                balanceWords(balance),
              )
            : l10n.t('One of {0}, {1}. In the order in which they would be tried:', targets.length, balanceWords(balance)),
          '',
        ]
      : []),
    ...table(
      [
        l10n.t('Target'),
        l10n.t('How'),
        `${l10n.t('First output')}:`,
        l10n.t('Price per million tokens'),
        `${l10n.t('This request')}:`,
        l10n.t('Budget left'),
      ],
      targets.map(targetRow),
    ),
    ...targets.flatMap((target) => notesOf(target)),
    ...table(
      [
        ...(several ? [l10n.t('Target')] : []),
        l10n.t('Key'),
        l10n.t('Health'),
        `${l10n.t('Share of its limits left')}:`,
        l10n.t('Limits of yours'),
      ],
      targets
        .filter(({ mode, allowed }) => mode !== 'refused' && allowed)
        .flatMap(({ target, keys }) =>
          keysOf(keys).map((key) => [...(several ? [plain(target)] : []), ...keyRow(key, at, labelOf)]),
        ),
    ),
  ];
}

function headOf(index: number, reference: string, on: ExplainedStep['on']): string {
  if (index === 0) return l10n.t('First: {0}', plain(reference));
  if (on.length === 0) return l10n.t('Fallback {0}: {1}', index, plain(reference));
  return l10n.t('Fallback {0}: {1}, for {2}', index, plain(reference), on.map(causeWords).join(', '));
}

function causeWords(cause: ExplainedStep['on'][number]): string {
  if (cause === 'error') return l10n.t('errors');
  return cause === 'context-window' ? l10n.t('requests that are too long') : l10n.t('refused content');
}

function balanceWords(balance: ExplainedStep['balance']): string {
  switch (balance) {
    case 'weighted':
      return l10n.t('by weight');
    case 'latency':
      return l10n.t('the quickest first');
    case 'cost':
      return l10n.t('the cheapest first');
    case 'headroom':
      return l10n.t('the one furthest from its limits first');
    default:
      return balance satisfies never;
  }
}

function targetRow(explained: ExplainedTarget): string[] {
  const { target, allowed, mode, dialect, bonded, budgetLeftUsd, weight, latencyMs, price } = explained;
  const how =
    mode === 'relay'
      ? l10n.t('relayed')
      : mode === 'translate'
        ? l10n.t('translated to {0}', dialect ?? l10n.t('its dialect'))
        : l10n.t('cannot be asked');
  const notes = [
    how,
    ...(weight === 1 ? [] : [l10n.t('weight {0}', weight)]),
    ...(bonded ? [l10n.t('has served this session')] : []),
  ];
  const { inputUsd, outputUsd, estimateUsd } = price;
  const priced = inputUsd !== undefined && outputUsd !== undefined;
  return [
    `**${plain(target)}**`,
    allowed ? notes.join(', ') : l10n.t('not on the allow-list of the agent'),
    latencyMs === undefined ? '' : duration(latencyMs),
    !priced
      ? l10n.t('unpriced')
      : inputUsd === 0 && outputUsd === 0
        ? l10n.t('free')
        : l10n.t('{0} in, {1} out', `$${inputUsd}`, `$${outputUsd}`),
    estimateUsd === undefined ? '' : estimateText(estimateUsd),
    budgetLeftUsd === null ? '' : `$${budgetLeftUsd.toFixed(2)}`,
  ];
}

function estimateText(usd: number): string {
  if (usd === 0) return l10n.t('free');
  return usd < 0.0001 ? l10n.t('under {0}', '$0.0001') : l10n.t('about {0}', `$${usd.toFixed(usd < 1 ? 4 : 2)}`);
}

function notesOf({ target, refusal, losses = [] }: ExplainedTarget): string[] {
  return [
    ...(refusal === undefined ? [] : [`${plain(target)}: ${plain(refusal)}`, '']),
    ...(losses.length === 0 ? [] : [l10n.t('Lost in translation for {0}: {1}.', plain(target), losses.map(plain).join(', ')), '']),
  ];
}

/** A provider with no key at all has a line that says so. */
function keysOf(keys: readonly ExplainedKey[]): readonly (ExplainedKey | undefined)[] {
  return keys.length === 0 ? [undefined] : keys;
}

function keyRow(key: ExplainedKey | undefined, at: number, labelOf: LabelOf): string[] {
  if (key === undefined) return [l10n.t('there is none'), l10n.t('cannot be asked'), '', ''];
  return [
    key.id === undefined
      ? l10n.t('needs none')
      : key.bonded
        ? l10n.t('{0}, has served this session', plain(labelOf(key.id)))
        : plain(labelOf(key.id)),
    key.unusable === undefined ? standingText(key, at) : unusableWords(key.unusable),
    key.headroom === undefined ? '' : `${Math.floor(key.headroom * 100)} %`,
    key.limits === undefined ? '' : limitsText(key.limits),
  ];
}

function unusableWords(why: NotUsable): string {
  switch (why) {
    case 'agent':
      return l10n.t('is for other agents');
    case 'model':
      return l10n.t('is for other models');
    case 'environment':
      return l10n.t('is of another environment');
    case 'origin':
      return l10n.t('was entered for another address');
    default:
      return why satisfies never;
  }
}

function standingText({ state, why, status, since, until, blocked }: ExplainedKey, at: number): string {
  if (state === 'well') return l10n.t('well');
  const from = [whyWords(why, status), ...(since === undefined ? [] : [l10n.t('since {0}', clockTime(since, at))])];
  if (state === 'half-open')
    return blocked ? l10n.t('is being tried again: {0}', from.join(', ')) : l10n.t('may be tried again: {0}', from.join(', '));
  const again = until === undefined ? [] : [l10n.t('until {0}', clockTime(until, at))];
  return l10n.t('set aside: {0}', [...from, ...again].join(', '));
}

function limitsText(limits: ExplainedLimits): string {
  const parts = [
    ...(limits.requestsPerMinute === undefined ? [] : [requestsText(limits.requestsLeft, limits.requestsPerMinute)]),
    ...(limits.tokensPerMinute === undefined ? [] : [tokensText(limits.tokensLeft, limits.tokensPerMinute)]),
    ...(limits.concurrent === undefined ? [] : [l10n.t('{0} of {1} running', count(limits.running), count(limits.concurrent))]),
    ...(limits.waiting === 0 ? [] : [l10n.t('{0} waiting', count(limits.waiting))]),
  ];
  const text = parts.join(', ') || l10n.t('none');
  return limits.open ? text : l10n.t('{0}; a request would have to wait now', text);
}

function requestsText(remaining: number | undefined, limit: number): string {
  if (remaining === undefined) return l10n.t('{0} requests a minute', count(limit));
  return l10n.t('{0} of {1} requests a minute left', wholeLeft(remaining), count(limit));
}

function tokensText(remaining: number | undefined, limit: number): string {
  if (remaining === undefined) return l10n.t('{0} tokens a minute', count(limit));
  return l10n.t('{0} of {1} tokens a minute left', wholeLeft(remaining), count(limit));
}

function wholeLeft(remaining: number): string {
  return count(Math.max(0, Math.floor(remaining)));
}
