import { DIALECTS } from '../dialects/by-id.ts';
import { findEndpoint } from '../dialects/endpoints.ts';
import { timeOf } from '../ledger/ids.ts';
import { gatewayError, isGatewayError, type GatewayError } from '../ir/error.ts';
import type { Agent } from '../routing/agent.ts';
import { findRoute } from '../routing/rules/find-route.ts';
import type { Route } from '../routing/rules/route.ts';
import { answerError } from './answer-error.ts';
import type { GatewayDeps } from './deps.ts';
import type { AnswerHeaders, Exchange } from './exchange.ts';
import { presentedTokens } from './presented-tokens.ts';
import { answerModels } from './list-models.ts';
import { headersWithoutTarget } from './own-headers.ts';
import { RequestLife } from './request-life.ts';
import { RequestView } from './request-view.ts';
import { serveInTurn } from './serve-in-turn.ts';
import { Settling } from './settle-once.ts';
import { bondOf, sessionOf } from './session.ts';
import { TryLog } from './try-log.ts';

/**
 * The pipeline, top to bottom: where to, who asks, what is asked, where it may go, whether it is its turn, who answers, settle.
 * The server has already checked Host and Origin. Nothing of the body is read before the token is known to be good.
 */
export async function handle(deps: GatewayDeps, exchange: Exchange): Promise<void> {
  const startedAt = deps.clock.monotonic();
  const snapshot = deps.snapshot();
  const id = deps.newId();
  const { answer } = exchange;

  const endpoint = findEndpoint(exchange.method, exchange.target, exchange.headers);
  const dialect = DIALECTS[endpoint.dialect];
  const refuse = (error: GatewayError, headers: AnswerHeaders = {}): void =>
    void answerError(answer, dialect, error, { ...headers, ...headersWithoutTarget(id) });

  const agentId = snapshot.tokens.agentOf(presentedTokens(exchange));
  const agent = agentId === undefined ? undefined : snapshot.agents.get(agentId);
  if (agent === undefined) {
    const { slowed } = deps.refusedTokens.refused();
    if (slowed) return refuse({ ...gatewayError('unauthenticated', TOO_MANY), status: 429 }, SLOWED);
    deps.log.warn('a request without a valid token was refused', { dialect: endpoint.dialect });
    return refuse(gatewayError('unauthenticated', UNAUTHENTICATED));
  }
  if (endpoint.kind === 'not-found') {
    return refuse(
      gatewayError('not-found', 'The gateway has nothing under this path. Agents need the endpoint without further path parts.'),
    );
  }
  if (endpoint.kind === 'method-not-allowed') {
    return refuse(gatewayError('method-not-allowed', `This path takes ${endpoint.allow} only.`), { allow: endpoint.allow });
  }
  if (endpoint.operation === 'models') return answerModels(deps, snapshot, exchange, agent, endpoint, id);

  const raw = await exchange.readBody(snapshot.maxBodyBytes);
  if (isGatewayError(raw)) return refuse(raw);
  const facts = dialect.readRequest(raw);
  if (facts === undefined) return refuse(gatewayError('bad-request', 'The request body is not a JSON object.'));

  const requestedModel = endpoint.model ?? facts.model ?? '';
  const session = facts.session ?? sessionOf(exchange);
  const view = new RequestView(dialect, raw, requestedModel, session, exchange.headers);
  const route = findRoute(snapshot, agent, view);
  if (isGatewayError(route)) return refuse(route);

  const at = timeOf(id);
  const about = { id, at, workspace: deps.workspace, agent: agent.id, session, operation: endpoint.operation };
  const body = { dialect: endpoint.dialect, requestedModel, bytesIn: raw.length };
  const life = new RequestLife(exchange, deps.timers, snapshot.timeouts.total);
  // A count costs nothing and is not booked.
  const booked = endpoint.operation === 'count' ? undefined : deps.ledger;
  const request = { ...about, ...body };
  const settling = new Settling(booked, deps.clock, request, startedAt);
  const stream = endpoint.stream ?? facts.stream;
  const log = new TryLog({ rule: ruleName(agent, route), class: view.knownClass });
  if (booked !== undefined) deps.running?.enter({ request, stream, exchange, body: raw, log, life });
  try {
    await serveInTurn(deps, {
      exchange,
      snapshot,
      agent,
      dialect,
      endpoint,
      // Gemini CLI and bare SDKs name no session: then all that the agent says counts as one conversation.
      asked: {
        id,
        at,
        raw,
        model: requestedModel,
        stream,
        conversation: session ?? `agent/${agent.id}`,
      },
      route,
      session,
      bond: bondOf(agent, session),
      tokens: () => view.features().tokens,
      features: () => view.features(),
      // It takes 9 microseconds to tell. Programs of one's own make no calls on the side, so of these it is known only where a rule asked.
      className: () => (agent.kind === 'generic' ? view.knownClass : view.classified().class),
      life,
      settling,
      log,
    });
  } finally {
    life.end();
    // A fault of our own leaves no row open; any other end has settled it.
    settling.settle({ settled: 'error', status: 500, billable: true, error: 'internal' });
    deps.running?.leave(id);
  }
}

/** `2 titles`: counted from 1, as people count, with the name if it has one. */
function ruleName(agent: Agent, { rule }: Route): string | undefined {
  if (rule === undefined) return undefined;
  const name = agent.rules[rule]?.name;
  return name === undefined ? String(rule + 1) : `${rule + 1} ${name}`;
}

const UNAUTHENTICATED =
  'This gateway needs the local token of an agent. Open the agent again with "Gatehouse: Open Terminal for Agent": a terminal from before has a token that is no longer valid. "Gatehouse: Copy Endpoint for Agent" copies it for other programs.';

const TOO_MANY =
  'Too many requests without a valid token. Close what sends them, and start the agent again with its present token.';

/** The connection as well: whoever goes on has the work of opening another. */
const SLOWED: AnswerHeaders = { 'retry-after': '60', connection: 'close' };
