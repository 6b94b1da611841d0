import { DIALECTS } from '../dialects/by-id.ts';
import { findEndpoint } from '../dialects/endpoints.ts';
import { timeOf } from '../ledger/ids.ts';
import { gatewayError, isGatewayError, type GatewayError } from '../ir/error.ts';
import { resolveTarget } from '../routing/resolve-target.ts';
import { answerError } from './answer-error.ts';
import type { GatewayDeps } from './deps.ts';
import type { Answer, AnswerHeaders, Exchange } from './exchange.ts';
import { presentedTokens } from './presented-tokens.ts';
import { answerModels } from './list-models.ts';
import { attempt } from './attempt.ts';
import { headersOfRefusal, headersWithoutTarget, ownHeaders } from './own-headers.ts';
import { plan } from './plan.ts';
import { issuerOf } from './translate/plan-translation.ts';
import { CLIENT_CLOSED, Settling } from './settle-once.ts';
import { sessionOf } from './session.ts';

/**
 * The pipeline, top to bottom: where to, who asks, what is asked, who serves it, with which key, relay or translate, settle.
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
  const target = resolveTarget(snapshot, agent, requestedModel);
  if (isGatewayError(target)) return refuse(target);

  const session = facts.session ?? sessionOf(exchange);
  const at = timeOf(id);
  const stream = endpoint.stream ?? facts.stream;
  // Gemini CLI and bare SDKs name no session: then all that the agent says counts as one conversation.
  const conversation = session ?? `agent/${agent.id}`;
  const asked = { id, at, raw, model: requestedModel, stream, conversation };
  const planned = plan(deps, snapshot, agent, target, endpoint, asked);
  if ('known' in planned) return answerKnown(answer, planned.known, ownHeaders(id, target, 0, ESTIMATED));
  if (isGatewayError(planned)) return void answerError(answer, dialect, planned, headersOfRefusal(id, target));

  // Counting tokens costs nothing and is not booked; Claude Code sends 25 of them at once.
  if (endpoint.operation === 'count')
    return attempt(deps, snapshot, exchange, planned, new Settling(undefined, deps.clock, id, startedAt));

  const settling = new Settling(deps.ledger, deps.clock, id, startedAt);

  let gone = false;
  exchange.onGone(() => (gone = true));
  await deps.ledger.open({
    id,
    at,
    workspace: deps.workspace,
    agent: agent.id,
    session,
    operation: endpoint.operation,
    dialect: endpoint.dialect,
    requestedModel,
    provider: target.provider.id,
    model: target.model,
    key: planned.key?.id,
    mode: planned.serving.mode,
    stream: planned.stream,
    bytesIn: raw.length,
    losses: planned.serving.losses,
  });
  if (gone) return settling.settle({ settled: 'aborted', status: CLIENT_CLOSED, billable: false });
  deps.issuers.note(conversation, issuerOf(planned.spoken.id, target));
  return attempt(deps, snapshot, exchange, planned, settling);
}

/** A count without a provider: see `dialects/count-tokens.ts`. */
const ESTIMATED = { mode: 'translate', losses: [] } as const;

function answerKnown(answer: Answer, known: Record<string, unknown>, headers: AnswerHeaders): void {
  const body = Buffer.from(JSON.stringify(known));
  const about = { 'content-type': 'application/json', 'content-length': String(body.length), 'x-gatehouse-estimated': 'true' };
  answer.begin(200, { ...about, ...headers });
  answer.write(body);
  answer.end();
}

const UNAUTHENTICATED =
  'This gateway needs the local token of an agent. Copy it with "Gatehouse: Copy Endpoint for Agent", or start the agent with "Gatehouse: Open Terminal for Agent".';
