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
    `# Route of ${plain(agent)} for ${plain(model || 'its model')}`,
    '',
    summary(explanation, labelOf),
    '',
    `As of ${clockTime(at, at)}, for a request in ${dialect}${session === undefined ? '' : ` of the session "${plain(session)}"`}. ` +
      'Nothing was asked and nothing was spent. Run the command again for how things stand then.',
    '',
    ...(request === undefined
      ? []
      : [
          `The request is taken for **${request.class}**, ${request.complexity}` +
            `${request.reasons.length === 0 ? '' : ` (${request.reasons.map(plain).join('; ')})`}; about ${count(request.features.tokens)} tokens.`,
          '',
        ]),
    '## Rules',
    '',
    ...rules(explanation),
    '## Targets',
    '',
    ...(explanation.steps.length === 0
      ? ['There is none.', '']
      : explanation.steps.flatMap((step, index) => stepOf(step, index, at, labelOf))),
    ...(explanation.allow === undefined
      ? []
      : [`The agent may reach only ${explanation.allow.map(plain).join(', ') || 'nothing: its allow-list is empty'}.`, '']),
    ...(explanation.limits === undefined ? [] : ['## Limits of the agent', '', limitsText(explanation.limits), '']),
  ].join('\n');
}

function summary({ asks, refused, paused }: Explanation, labelOf: LabelOf): string {
  if (refused !== undefined) return `**It would be refused.** ${plain(refused.message)}`;
  if (paused) return '**The agent is paused:** its requests are refused until you resume it ("Gatehouse: Resume Agent").';
  if (asks === undefined) return '**Nobody can be asked now:** every target is set aside or cannot be asked.';
  const key = asks.key === undefined ? '' : ` with the key "${plain(labelOf(asks.key))}"`;
  return `It would go to **${plain(asks.target)}**${key}.`;
}

function rules({ rules, taken, foundBy, request }: Explanation): string[] {
  const found = foundBy === undefined || foundBy === 'rule' ? undefined : FOUND[foundBy];
  const otherwise = taken === undefined && found !== undefined ? [`The first target is ${found}.`, ''] : [];
  if (rules.length === 0) return ['The agent has no rules.', '', ...otherwise];
  const blind = request === undefined && rules.some(({ needsBody }) => needsBody);
  return [
    ...rules.map((rule) => ruleText(rule, taken)),
    '',
    ...(blind
      ? ['Rules about the content of a request count as not matching here: no request was given. Real ones may take them.', '']
      : []),
    ...(taken === undefined ? ['No rule takes it.', ''] : []),
    ...otherwise,
  ];
}

function ruleText(rule: ExplainedRule, taken: number | undefined): string {
  const [mark, means] = markOf(rule, taken);
  const name = rule.name === undefined ? '' : ` **${plain(rule.name)}**`;
  return `${rule.number}. ${mark}${name} → ${plain(rule.to)} (${means}): ${rule.why.map(plain).join('; ')}`;
}

function markOf({ number, matched, tried, needsBody }: ExplainedRule, taken: number | undefined): readonly [string, string] {
  if (number === taken) return ['✔', 'takes it'];
  if (needsBody) return ['?', 'depends on the request'];
  if (matched) return ['–', 'would match, but an earlier one takes it'];
  return ['✘', tried ? 'does not match' : 'would not match either'];
}

/** By what the first target was found where no rule took the request. */
const FOUND: Readonly<Record<FoundBy, string>> = {
  'agent-model': 'the model of the agent',
  alias: 'the alias that was asked for',
  'agent-provider': 'the model that was asked for, on the provider of the agent',
  'other-agent': 'the model of the agent that was asked for',
  requested: 'the model that was asked for',
};

function stepOf(step: ExplainedStep, index: number, at: number, labelOf: LabelOf): string[] {
  const { reference, on, targets, balance, sticky } = step;
  const several = targets.length > 1;
  const causes = on.length === 0 ? '' : `, for ${on.map((cause) => CAUSES[cause]).join(', ')}`;
  return [
    index === 0 ? `### First: ${plain(reference)}` : `### Fallback ${index}: ${plain(reference)}${causes}`,
    '',
    ...(several
      ? [
          `One of ${targets.length}, ${BALANCES[balance]}${sticky ? '; a session stays with its own' : ''}. In the order in which they would be tried:`,
          '',
        ]
      : []),
    ...table(
      ['Target', 'How', 'First output:', 'Price per million tokens', 'This request:', 'Budget left'],
      targets.map(targetRow),
    ),
    ...targets.flatMap((target) => notesOf(target)),
    ...table(
      [...(several ? ['Target'] : []), 'Key', 'Health', 'Share of its limits left:', 'Limits of yours'],
      targets
        .filter(({ mode, allowed }) => mode !== 'refused' && allowed)
        .flatMap(({ target, keys }) =>
          keysOf(keys).map((key) => [...(several ? [plain(target)] : []), ...keyRow(key, at, labelOf)]),
        ),
    ),
  ];
}

const CAUSES: Readonly<Record<ExplainedStep['on'][number], string>> = {
  error: 'errors',
  'context-window': 'requests that are too long',
  'content-policy': 'refused content',
};

const BALANCES: Readonly<Record<ExplainedStep['balance'], string>> = {
  weighted: 'by weight',
  latency: 'the quickest first',
  cost: 'the cheapest first',
  headroom: 'the one furthest from its limits first',
};

function targetRow(explained: ExplainedTarget): string[] {
  const { target, allowed, mode, dialect, bonded, budgetLeftUsd, weight, latencyMs, price } = explained;
  const how = mode === 'relay' ? 'relayed' : mode === 'translate' ? `translated to ${dialect ?? 'its dialect'}` : 'cannot be asked';
  const notes = [how, ...(weight === 1 ? [] : [`weight ${weight}`]), ...(bonded ? ['has served this session'] : [])];
  const { inputUsd, outputUsd, estimateUsd } = price;
  const priced = inputUsd !== undefined && outputUsd !== undefined;
  return [
    `**${plain(target)}**`,
    allowed ? notes.join(', ') : 'not on the allow-list of the agent',
    latencyMs === undefined ? '' : duration(latencyMs),
    !priced ? 'unpriced' : inputUsd === 0 && outputUsd === 0 ? 'free' : `$${inputUsd} in, $${outputUsd} out`,
    estimateUsd === undefined ? '' : estimateText(estimateUsd),
    budgetLeftUsd === null ? '' : `$${budgetLeftUsd.toFixed(2)}`,
  ];
}

function estimateText(usd: number): string {
  if (usd === 0) return 'free';
  return usd < 0.0001 ? 'under $0.0001' : `about $${usd.toFixed(usd < 1 ? 4 : 2)}`;
}

function notesOf({ target, refusal, losses = [] }: ExplainedTarget): string[] {
  return [
    ...(refusal === undefined ? [] : [`${plain(target)}: ${plain(refusal)}`, '']),
    ...(losses.length === 0 ? [] : [`Lost in translation for ${plain(target)}: ${losses.map(plain).join(', ')}.`, '']),
  ];
}

/** A provider with no key at all has a line that says so. */
function keysOf(keys: readonly ExplainedKey[]): readonly (ExplainedKey | undefined)[] {
  return keys.length === 0 ? [undefined] : keys;
}

function keyRow(key: ExplainedKey | undefined, at: number, labelOf: LabelOf): string[] {
  if (key === undefined) return ['there is none', 'cannot be asked', '', ''];
  return [
    key.id === undefined ? 'needs none' : `${plain(labelOf(key.id))}${key.bonded ? ', has served this session' : ''}`,
    key.unusable === undefined ? standingText(key, at) : UNUSABLE[key.unusable],
    key.headroom === undefined ? '' : `${Math.floor(key.headroom * 100)} %`,
    key.limits === undefined ? '' : limitsText(key.limits),
  ];
}

const UNUSABLE: Readonly<Record<NotUsable, string>> = {
  agent: 'is for other agents',
  model: 'is for other models',
  environment: 'is of another environment',
  origin: 'was entered for another address',
};

function standingText({ state, why, status, since, until, blocked }: ExplainedKey, at: number): string {
  if (state === 'well') return 'well';
  const words = whyWords(why, status);
  const from = since === undefined ? '' : `, since ${clockTime(since, at)}`;
  const again = until === undefined ? '' : `, until ${clockTime(until, at)}`;
  if (state === 'half-open') return `${blocked ? 'is being tried again' : 'may be tried again'}: ${words}${from}`;
  return `set aside: ${words}${from}${again}`;
}

function limitsText(limits: ExplainedLimits): string {
  const parts = [
    ...(limits.requestsPerMinute === undefined ? [] : [left(limits.requestsLeft, limits.requestsPerMinute, 'requests a minute')]),
    ...(limits.tokensPerMinute === undefined ? [] : [left(limits.tokensLeft, limits.tokensPerMinute, 'tokens a minute')]),
    ...(limits.concurrent === undefined ? [] : [`${count(limits.running)} of ${count(limits.concurrent)} running`]),
    ...(limits.waiting === 0 ? [] : [`${count(limits.waiting)} waiting`]),
  ];
  const text = parts.join(', ') || 'none';
  return limits.open ? text : `${text}; a request would have to wait now`;
}

function left(remaining: number | undefined, limit: number, what: string): string {
  return remaining === undefined
    ? `${count(limit)} ${what}`
    : `${count(Math.max(0, Math.floor(remaining)))} of ${count(limit)} ${what} left`;
}
