import { oneLine } from '../core/config/parse.ts';
import type { ExplainedRule, Explanation } from '../core/gateway/explain-route.ts';
import type {
  ExplainedKey,
  ExplainedLimits,
  ExplainedPrice,
  ExplainedStep,
  ExplainedTarget,
} from '../core/gateway/explain-steps.ts';

/** An explanation for a terminal: short lines, no colours, times in UTC. */
export function explanationText(explanation: Explanation): string {
  const { agent, model, dialect, at, session, allow, limits, paused } = explanation;
  const lines = [
    `${agent} asks for ${model || 'no model'} in ${dialect}, at ${time(at)}`,
    ...(session === undefined ? [] : [`Session: ${session}`]),
    ...(paused ? ['The agent is paused: its requests are refused until it is resumed.'] : []),
    ...requestLines(explanation),
    '',
    ...ruleLines(explanation),
    ...explanation.steps.flatMap((step, index) => ['', ...stepLines(step, index)]),
    '',
    ...(allow === undefined ? [] : [`Allowed: ${allow.join(', ') || 'nothing'}`]),
    ...(limits === undefined ? [] : [`Limits of the agent: ${limitWords(limits)}`]),
    answerLine(explanation),
  ];
  return `${lines.map(oneLine).join('\n')}\n`;
}

function requestLines({ request }: Explanation): readonly string[] {
  if (request === undefined) return ['No request is given, so nothing is known of its content.'];
  const { class: about, complexity, reasons, features } = request;
  return [`Class ${about}, complexity ${complexity}, about ${features.tokens} tokens`, ...reasons.map((reason) => `  ${reason}`)];
}

function ruleLines({ rules, taken, foundBy }: Explanation): readonly string[] {
  const found = taken !== undefined || foundBy === undefined || foundBy === 'rule' ? [] : [`No rule takes it: ${FOUND[foundBy]}.`];
  return [...(rules.length === 0 ? [] : ['Rules']), ...rules.flatMap((rule) => oneRule(rule, taken)), ...found];
}

const FOUND: Readonly<Record<Exclude<Explanation['foundBy'], 'rule' | undefined>, string>> = {
  'agent-model': 'the agent has a model of its own',
  alias: 'it asks for an alias',
  'agent-provider': 'the provider of the agent has what it asks for',
  'other-agent': 'it asks for the model of another agent',
  requested: 'it asks for this model',
};

function oneRule(rule: ExplainedRule, taken: number | undefined): readonly string[] {
  const { number, name, to, why } = rule;
  return [
    `  ${number}${name === undefined ? '' : ` ${name}`} to ${to}: ${verdict(rule, taken)}`,
    ...why.map((reason) => `      ${reason}`),
  ];
}

function verdict({ number, matched, tried, needsBody }: ExplainedRule, taken: number | undefined): string {
  if (number === taken) return 'TAKEN';
  if (needsBody) return 'depends on the request';
  if (matched) return 'matches, but comes too late';
  return tried ? 'does not match' : 'does not match, and is not tried';
}

function stepLines({ reference, on, balance, sticky, targets }: ExplainedStep, index: number): readonly string[] {
  const several = targets.length > 1 ? ` (by ${BY[balance]}${sticky ? ', sessions stay' : ''})` : '';
  return [
    index === 0 ? `First ${reference}${several}` : `Fallback ${index} ${reference}${several}, for ${on.join(', ')}`,
    ...targets.flatMap(targetLines),
  ];
}

const BY: Readonly<Record<ExplainedStep['balance'], string>> = {
  weighted: 'weight',
  latency: 'latency',
  cost: 'cost',
  headroom: 'what is left of its limits',
};

function targetLines(target: ExplainedTarget): readonly string[] {
  const { allowed, bonded, budgetLeftUsd, weight, latencyMs, refusal, losses, keys, price } = target;
  const notes = [
    ...(allowed ? [] : ['not on the allow-list']),
    way(target),
    ...(weight === 1 ? [] : [`weight ${weight}`]),
    ...(bonded ? ['served this session'] : []),
    ...(latencyMs === undefined ? [] : [`first output after ${Math.round(latencyMs)} ms`]),
  ];
  return [
    `  ${target.target}`,
    `      ${notes.join(', ')}`,
    ...(refusal === undefined ? [] : [`      ${refusal}`]),
    ...(losses === undefined ? [] : [`      lost: ${losses.join(', ')}`]),
    `      ${priceWords(price)}`,
    ...(budgetLeftUsd === null ? [] : [`      budget left: $${budgetLeftUsd.toFixed(2)}`]),
    ...(keys.length === 0 ? ['      no key'] : keys.map((key) => `      ${keyWords(key)}`)),
  ];
}

function way({ mode, dialect }: ExplainedTarget): string {
  return mode === 'translate' ? `translated to ${dialect ?? 'another dialect'}` : mode === 'relay' ? 'relayed' : 'cannot be asked';
}

function priceWords({ inputUsd, outputUsd, estimateUsd }: ExplainedPrice): string {
  if (inputUsd === undefined || outputUsd === undefined) return 'no price is known';
  if (inputUsd === 0 && outputUsd === 0) return 'free';
  const estimate = estimateUsd === undefined ? '' : `, about $${estimateUsd.toFixed(6)} for this request`;
  return `$${inputUsd} in, $${outputUsd} out per million tokens${estimate}`;
}

function keyWords(key: ExplainedKey): string {
  const { id, unusable, limits, headroom } = key;
  const notes = [
    unusable === undefined ? stateWords(key) : NOT_USABLE[unusable],
    ...(key.bonded ? ['served this session'] : []),
    ...(headroom === undefined ? [] : [`${Math.floor(headroom * 100)} % of its limits left`]),
    ...(limits === undefined ? [] : [limitWords(limits)]),
  ];
  return `${id === undefined ? 'no key needed' : `key ${id}`}: ${notes.join('; ')}`;
}

const NOT_USABLE: Readonly<Record<NonNullable<ExplainedKey['unusable']>, string>> = {
  agent: 'is bound to other agents',
  model: 'is bound to other models',
  environment: 'is of another environment',
  origin: 'was entered for another address',
};

function stateWords({ state, blocked, why, status, since, until }: ExplainedKey): string {
  if (state === 'well') return 'well';
  const because = why === undefined ? 'little left of its limits' : `${why}${status === undefined ? '' : ` ${status}`}`;
  const when = `${since === undefined ? '' : ` since ${time(since)}`}${until === undefined ? '' : ` until ${time(until)}`}`;
  return `${state} (${because})${when}${blocked ? '' : ', may be tried'}`;
}

function limitWords(limits: ExplainedLimits): string {
  const { requestsPerMinute, requestsLeft, tokensPerMinute, tokensLeft, concurrent, running, waiting, open } = limits;
  return [
    ...(requestsPerMinute === undefined ? [] : [`${requestsLeft ?? requestsPerMinute} of ${requestsPerMinute} requests left`]),
    ...(tokensPerMinute === undefined ? [] : [`${tokensLeft ?? tokensPerMinute} of ${tokensPerMinute} tokens left`]),
    ...(concurrent === undefined ? [] : [`${running} of ${concurrent} running`]),
    ...(waiting === 0 ? [] : [`${waiting} waiting`]),
    ...(open ? [] : ['this one would wait']),
  ].join(', ');
}

function answerLine({ refused, asks }: Explanation): string {
  if (refused !== undefined) return `Refused: ${refused.message}`;
  if (asks === undefined) return 'Nobody is well enough to be asked now.';
  return `Asked now: ${asks.target}${asks.key === undefined ? '' : ` with ${asks.key}`}`;
}

function time(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+/, '');
}
