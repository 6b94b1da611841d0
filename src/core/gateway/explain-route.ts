import { didYouMean } from '../config/did-you-mean.ts';
import { DIALECTS } from '../dialects/by-id.ts';
import { findEndpoint, type Endpoint } from '../dialects/endpoints.ts';
import type { DialectId } from '../ir/dialect.ts';
import { gatewayError, isGatewayError, type GatewayError } from '../ir/error.ts';
import type { RequestFeatures } from '../ir/features.ts';
import type { Random } from '../ports.ts';
import { AGENT_PROGRAMS } from '../routing/agent-kinds.ts';
import type { Agent } from '../routing/agent.ts';
import { poolOf } from '../routing/pools.ts';
import { findRoute, leadOf, type FoundBy } from '../routing/rules/find-route.ts';
import { matchRules } from '../routing/rules/match-rule.ts';
import type { Complexity, RequestClass } from '../routing/rules/request-features.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import { agentScope, candidatesContext } from './candidates-context.ts';
import type { BudgetKeeper } from '../ledger/budgets/budget-keeper.ts';
import type { GatewayDeps } from './deps.ts';
import { explainedRules, rulesWithoutBody } from './explain-rules.ts';
import { explainLimits, explainStep, given, type ExplainedLimits, type ExplainedStep, type StepContext } from './explain-steps.ts';
import { RequestView } from './request-view.ts';
import { bondOf, sessionOf } from './session.ts';

/** A request that nobody has sent: where would it go? */
export interface RouteQuestion {
  readonly agent: string;
  /** As the agent would ask for it; empty: what the body names. */
  readonly model: string;
  /** The first that the agent's program speaks, when left out. */
  readonly dialect?: DialectId;
  /** What the body or the headers name, when left out. */
  readonly session?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In `dialect`. Without it, what only a body can tell is not told. */
  readonly body?: Uint8Array;
}

/** Where a request would go now, and why. Plain JSON. Key ids may stand in it, secrets and values of headers never do. */
export interface Explanation {
  /** Milliseconds since the epoch: health, limits and prices are as of then. */
  readonly at: number;
  readonly agent: string;
  readonly dialect: DialectId;
  /** The model asked for. */
  readonly model: string;
  readonly session?: string;
  /** Left out without a body. */
  readonly request?: ExplainedRequest;
  readonly rules: readonly ExplainedRule[];
  /** Number of the rule that counts; left out where none does. */
  readonly taken?: number;
  /** By what the first step was found; left out where nothing was. */
  readonly foundBy?: 'rule' | FoundBy;
  /** Why there is no way at all, in a sentence. The rules are told all the same, and the steps as far as they are known. */
  readonly refused?: { readonly code: GatewayError['code']; readonly message: string };
  /** Where the agent may go at all, as patterns over `provider/model`; left out: everywhere. */
  readonly allow?: readonly string[];
  /** What would be asked, then where it would fall back to. */
  readonly steps: readonly ExplainedStep[];
  /** Who would be asked now, a pause of the agent aside; left out where nobody is well enough for it. */
  readonly asks?: { readonly target: string; readonly key?: string };
  /** Left out where the agent has none. */
  readonly limits?: ExplainedLimits;
  /** Its requests are refused until somebody resumes it. */
  readonly paused: boolean;
}

export interface ExplainedRequest {
  readonly class: RequestClass;
  readonly complexity: Complexity;
  readonly reasons: readonly string[];
  readonly features: RequestFeatures;
}

export interface ExplainedRule {
  /** Counted from 1. */
  readonly number: number;
  readonly name?: string;
  /** All its conditions hold. */
  readonly matched: boolean;
  /** No rule before it matched. The one that counts was tried and matched. */
  readonly tried: boolean;
  /** Without a body nobody can tell whether it matches; it then counts as one that does not. */
  readonly needsBody: boolean;
  /** Each condition in words. */
  readonly why: readonly string[];
  readonly to: string;
}

export interface ExplainDeps extends Pick<GatewayDeps, 'snapshot' | 'routing' | 'price' | 'clock'> {
  /** Of a gateway that runs. */
  readonly budgets?: Pick<BudgetKeeper, 'leftFor'>;
  readonly workspace?: string;
}

/**
 * The same question has the same answer as long as nothing happens in between: where a request would be led by chance, the likeliest
 * comes first. Nothing is asked, noted or taken, so a half-open place keeps its probe and a session its target.
 */
export function explainRoute(deps: ExplainDeps, question: RouteQuestion): Explanation | GatewayError {
  const snapshot = deps.snapshot();
  const agent = snapshot.agents.get(question.agent);
  if (agent === undefined) return gatewayError('not-found', noAgent(snapshot, question.agent));
  const id = question.dialect ?? AGENT_PROGRAMS[agent.kind].dialects[0];
  if (id === undefined) throw new Error('a program speaks nothing');
  const dialect = DIALECTS[id];
  const raw = question.body;
  const facts = raw === undefined ? undefined : dialect.readRequest(raw);
  if (raw !== undefined && facts === undefined) return gatewayError('bad-request', 'The request body is not a JSON object.');
  const model = question.model || (facts?.model ?? '');
  const headers = Object.fromEntries(Object.entries(question.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  const session = question.session ?? facts?.session ?? sessionOf({ headers });
  const view = new RequestView(dialect, raw ?? NOTHING, model, session, headers);

  const known = raw === undefined ? rulesWithoutBody(agent.rules) : agent.rules;
  const taken = matchRules(known, view);
  const route = findRoute(snapshot, raw === undefined ? { ...agent, rules: known } : agent, view);
  const lead = taken === undefined ? leadOf(snapshot, agent, model) : { by: 'rule' as const, reference: known[taken]?.to ?? '' };
  const now = deps.clock.now();
  const tokens = (): number => (raw === undefined ? USUAL_TOKENS : view.features().tokens);
  const context: StepContext = {
    deps,
    endpoint: endpointOf(id),
    asked: { id: '', at: now, raw, model, stream: facts?.stream ?? false, conversation: '' },
    candidates: candidatesContext(
      { ...deps, random: FIRST },
      { snapshot: heaviestFirst(snapshot), agent, endpoint: endpointOf(id), bond: bondOf(agent, session), tokens },
    ),
  };
  const steps = stepsOf(snapshot, agent, lead, context);
  return {
    at: now,
    agent: agent.id,
    dialect: id,
    model,
    ...given({ session }),
    ...(raw === undefined ? {} : { request: requestOf(view) }),
    rules: explainedRules(agent.rules, known, view),
    ...given({
      taken: taken === undefined ? undefined : taken + 1,
      foundBy: isGatewayError(lead) ? undefined : lead.by,
      refused: isGatewayError(route) ? { code: route.code, message: route.message } : undefined,
      allow: agent.allow?.map(({ pattern }) => pattern),
    }),
    steps,
    ...given({
      asks: isGatewayError(route) ? undefined : firstAsked(steps),
      limits: explainLimits(agentScope(agent.id), agent.limits, deps.routing.limiter, tokens),
    }),
    paused: deps.routing.paused.has(agent.id),
  };
}

/** Without a body, prices and limits are compared for a request of this many tokens: one of an agent's smaller ones. */
const USUAL_TOKENS = 10_000;

const NOTHING = new Uint8Array();

/** Whoever stands first is drawn. */
const FIRST: Random = { bytes: (size) => new Uint8Array(size), fraction: () => 0 };

/** So that of keys of one rank the likeliest is drawn. */
function heaviestFirst(snapshot: Snapshot): Snapshot {
  return { ...snapshot, keys: [...snapshot.keys].sort((a, b) => b.weight - a.weight) };
}

function requestOf(view: RequestView): ExplainedRequest {
  const features = view.features();
  const { class: fits, complexity, reasons } = view.classified();
  // What is worked out when asked for does not come along by itself.
  return { class: fits, complexity, reasons, features: { ...features, lastUserCharacters: features.lastUserCharacters } };
}

function stepsOf(
  snapshot: Snapshot,
  agent: Agent,
  lead: { readonly reference: string } | GatewayError,
  context: StepContext,
): readonly ExplainedStep[] {
  const first = isGatewayError(lead) ? undefined : poolOf(snapshot, lead.reference);
  if (first === undefined) return [];
  return [
    explainStep(first, [], context),
    ...agent.fallbacks.flatMap(({ to, on }) => {
      const pool = poolOf(snapshot, to);
      return pool === undefined ? [] : [explainStep(pool, on, context)];
    }),
  ];
}

function firstAsked(steps: readonly ExplainedStep[]): Explanation['asks'] {
  const way = steps.filter(({ on }, at) => at === 0 || on.includes('error'));
  for (const { target, allowed, mode, keys } of way.flatMap(({ targets }) => targets)) {
    const key = keys.find(({ blocked, unusable }) => !blocked && unusable === undefined);
    if (allowed && mode !== 'refused' && key !== undefined) return { target, ...given({ key: key.id }) };
  }
  return undefined;
}

/** A request to generate, in this dialect. */
function endpointOf(dialect: DialectId): Extract<Endpoint, { kind: 'found' }> {
  const endpoint = findEndpoint('POST', PATHS[dialect], {});
  if (endpoint.kind !== 'found') throw new Error('a path leads nowhere');
  return endpoint;
}

const PATHS: Readonly<Record<DialectId, string>> = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/v1/messages',
  gemini: '/v1beta/models/any:generateContent',
};

function noAgent({ agents }: Snapshot, id: string): string {
  const hint = didYouMean(id, agents.keys()) || `; the agents are: ${[...agents.keys()].join(', ') || 'none yet'}.`;
  return `There is no agent "${id}"${hint}`;
}
