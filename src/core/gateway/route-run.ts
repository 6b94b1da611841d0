import { isGatewayError, type GatewayError } from '../ir/error.ts';
import { refusalError, type Verdict } from '../ledger/budgets/verdict.ts';
import { decide, type Decision } from '../routing/failures/decide.ts';
import { failureOfError } from '../routing/failures/failure-of.ts';
import type { Failure } from '../routing/failures/failure.ts';
import type { Secret } from '../providers/secret.ts';
import type { Ticket } from '../routing/limits/limiter.ts';
import { Candidates, type Candidate, type Move, type Wait } from '../routing/targets/candidates.ts';
import { answerError } from './answer-error.ts';
import { answerKnown } from './answer-known.ts';
import { attempt, type AttemptPlan } from './attempt.ts';
import { blockedError, nobodyLeft } from './blocked.ts';
import { candidatesContext, scopeOfKey } from './candidates-context.ts';
import type { GatewayDeps } from './deps.ts';
import { countedTokens, enter, limitError, limitHints } from './enter-limits.ts';
import type { AnswerHeaders } from './exchange.ts';
import { formerValueNews, withOtherValue } from './key-values.ts';
import type { Outcome } from './outcome.ts';
import { headersOfRefusal } from './own-headers.ts';
import { patienceFor } from './patience.ts';
import { plan } from './plan.ts';
import { reportHealth } from './report-health.ts';
import { downgraded, reserveSpend, usedNano } from './reserve-spend.ts';
import { HOPEFUL, RouteEnd, type Unheard } from './route-end.ts';
import type { RoutedRequest } from './routed-request.ts';
import { issuerOf } from './translate/plan-translation.ts';
import { servedBy, type Tried } from './try-log.ts';

/** `over`: the request has been settled, or is over and has yet to be. */
type Next = Exclude<Decision, { kind: 'give-up' }> | { readonly kind: 'over' };

const OVER: Next = { kind: 'over' };
/** After these a conversation need not stay where it was. A request that is refused for its own sake says nothing about the place. */
const BLAMES_PLACE: ReadonlySet<Failure['class']> = new Set([
  ...HOPEFUL,
  'key-rejected',
  'out-of-credit',
  'quota',
  'model-missing',
]);

/**
 * One request on its route. Places are asked one after the other until one answers, nobody is left, or the request is over: the agent
 * gets one answer and the ledger one settlement, whatever was tried in between.
 */
export class RouteRun {
  readonly #deps: GatewayDeps;
  readonly #request: RoutedRequest;
  readonly #candidates: Candidates;
  readonly end: RouteEnd;
  /** Milliseconds since the last attempt in which nothing was asked. */
  #waitedMs = 0;
  /** Milliseconds spent on waiting for places that were set aside. */
  #patienceMs = 0;
  /** Values of the present key that were refused. */
  #refused: Secret[] = [];

  constructor(deps: GatewayDeps, request: RoutedRequest) {
    this.#deps = deps;
    this.#request = request;
    this.#candidates = new Candidates(request.route, candidatesContext(deps, request));
    this.end = new RouteEnd(request, () => this.#candidates.skipped);
  }

  async run(): Promise<void> {
    const { life } = this.#request;
    this.#deps.routing.retries.request();
    let move: Move = { kind: 'start' };
    for (;;) {
      const found = this.#candidates.next(move);
      if (found.kind === 'none') return this.end.giveUp(found.error ?? nobodyLeft(this.#request.route));
      if (found.kind === 'wait') {
        if (!(await this.#waitFor(found))) return;
        continue;
      }
      const next = await this.#ask(found);
      if (life.over !== undefined) return this.end.early();
      if (next.kind === 'over' || next.kind === 'retry') return;
      move = next;
    }
  }

  /** Asks one place, again where that helps. */
  async #ask(candidate: Candidate): Promise<Next> {
    const { agent, endpoint, asked, exchange, life, log } = this.#request;
    const { health } = this.#deps.routing;
    let planned = plan(this.#deps, candidate, endpoint, asked);
    if ('known' in planned) {
      health.released(candidate.place);
      answerKnown(exchange.answer, planned.known, asked.id, candidate.target);
      return OVER;
    }
    if (isGatewayError(planned)) {
      health.released(candidate.place);
      return this.#after(this.#unasked(candidate, planned), 0);
    }
    this.#refused = [];
    let reservedFor: number | undefined;
    for (let retries = 0; ; retries++) {
      // What the last attempt used is paid for, and the next one may cost all that the first might have.
      if (reservedFor !== log.usedNano) {
        reservedFor = log.usedNano;
        const verdict = reserveSpend(this.#deps, this.#request, candidate);
        if (verdict.kind !== 'go') {
          health.released(candidate.place);
          return this.#overBudget(verdict);
        }
      }
      const ticket = await this.#enterKey(candidate);
      if (ticket === undefined || !('leave' in ticket)) {
        health.released(candidate.place);
        return ticket === undefined ? OVER : this.#after(ticket, retries);
      }
      const tried = await this.#attempt(candidate, planned, ticket);
      if (tried === undefined) return OVER;
      const { outcome } = tried;
      if (outcome.tell === undefined || outcome.failure === undefined) {
        this.end.settle(tried);
        return OVER;
      }
      if (planned.key !== undefined) this.#refused.push(planned.key.secret);
      const other = withOtherValue(this.#deps.snapshot(), agent.id, planned, outcome.failure.class, this.#refused);
      if (other !== undefined && life.over === undefined) {
        if (other.which === 'former') this.#deps.tell(formerValueNews(candidate, outcome.failure));
        planned = other.plan;
        continue;
      }
      if (BLAMES_PLACE.has(outcome.failure.class)) this.#candidates.failed(candidate);
      const next = this.#after({ failure: outcome.failure, outcome, tried }, retries);
      if (next.kind !== 'retry') return next;
      if (!(await this.#pause(next.waitMs))) return OVER;
      // Others may have found out meanwhile that the place is not well at all.
      if (health.admit(candidate.place, true).kind === 'blocked') return { kind: 'fall-back', cause: 'error' };
    }
  }

  async #overBudget(verdict: Exclude<Verdict, { kind: 'go' }>): Promise<Next> {
    const { dialect } = this.#request;
    const cheaper = verdict.kind === 'downgrade' ? downgraded(this.#request, verdict) : undefined;
    if (cheaper === undefined) {
      const { error, headers } = refusalError(verdict.refusal, dialect.id, this.#deps.clock.now());
      this.end.turnAway(error, headers);
    } else {
      await new RouteRun(this.#deps, cheaper).run();
    }
    return OVER;
  }

  async #attempt(candidate: Candidate, planned: AttemptPlan, ticket: Ticket): Promise<Tried | undefined> {
    const { agent, exchange, life, settling, log, snapshot, asked, endpoint } = this.#request;
    const { clock, routing, issuers } = this.#deps;
    const { place, target } = candidate;
    const served = servedBy(candidate, planned.serving);
    await settling.open(served, planned.stream);
    if (life.over !== undefined) {
      routing.health.released(place);
      ticket.leave(0);
      return undefined;
    }
    const startedAt = clock.monotonic();
    const waitedMs = this.#waitedMs;
    this.#waitedMs = 0;
    let firstOutputMs: number | undefined;
    log.asks(served, settling.elapsedMs);
    const left = routing.running.enter(place);
    const outcome = await attempt(this.#deps, planned, {
      exchange,
      life,
      settling,
      connectMs: snapshot.timeouts.connect,
      patience: patienceFor(snapshot, target.provider),
      refusalMoves: this.#refusalMoves(),
      route: () => log.summary(settling.attempts),
      onHeaders: (headers) => routing.health.heard(place, headers),
      onOutput() {
        firstOutputMs = clock.monotonic() - startedAt;
        log.sawOutput(firstOutputMs);
        // A probe is decided by its first word: its answer may take minutes.
        routing.health.succeeded(place, firstOutputMs);
      },
    });
    left();
    log.usedNano += usedNano(this.#deps, this.#request, target, outcome);
    ticket.leave(countedTokens(outcome.metered?.usage) ?? (outcome.billable ? undefined : 0));
    reportHealth(this.#deps, agent.id, planned, place, outcome, this.#refused, firstOutputMs !== undefined);
    // From here on the conversation may hold what this provider has signed.
    if (outcome.tell === undefined && endpoint.operation === 'generate')
      issuers.note(asked.conversation, issuerOf(planned.spoken.id, target));
    if (outcome.failure === undefined) this.#candidates.served(candidate);
    return log.add(candidate, planned.serving, outcome, { ms: clock.monotonic() - startedAt, waitedMs, firstOutputMs });
  }

  /** Asked before every attempt, so what costs least is looked at first. */
  #refusalMoves(): boolean {
    const { endpoint, route } = this.#request;
    if (endpoint.operation !== 'generate' || !route.fallbacks.some(({ on }) => on.includes('content-policy'))) return false;
    return this.#candidates.left.fallbackFor('content-policy');
  }

  /** What follows from a failure; the last one is told. */
  #after(unheard: Unheard, retriesHere: number): Next {
    const { life, snapshot, settling } = this.#request;
    const { routing, random } = this.#deps;
    this.end.hear(unheard);
    if (life.over !== undefined) return OVER;
    const { retries: policy, timeouts } = snapshot;
    const remainingMs = timeouts.total - settling.elapsedMs;
    const choose = (budget: boolean, left = this.#candidates.left): Decision =>
      decide(unheard.failure, left, { retriesHere, budget, remainingMs }, policy, random);
    let decision = choose(true);
    if (decision.kind === 'retry' && !routing.retries.take()) decision = choose(false);
    // Somebody else may be free in a moment, of which the one who told us not to come again knows nothing.
    if (decision.kind === 'give-up') decision = choose(false, this.#candidates.leftWithin(policy.longestWaitMs - this.#patienceMs));
    if (decision.kind === 'give-up') {
      this.end.giveUp(nobodyLeft(this.#request.route));
      return OVER;
    }
    return decision;
  }

  /** False when the request was settled or is over. */
  async #waitFor({ until, why, place }: Wait): Promise<boolean> {
    const { settling, snapshot } = this.#request;
    const { retries, timeouts } = snapshot;
    const ms = until === undefined ? undefined : Math.max(0, until - this.#deps.clock.now());
    // A wait beyond the deadline would only keep from the agent when to come again.
    const left = Math.min(retries.longestWaitMs - this.#patienceMs, timeouts.total - settling.elapsedMs);
    if (ms === undefined || ms > left) {
      const { error, hints } = blockedError(why, place, ms);
      this.end.turnAway(error, hints);
      return false;
    }
    // Not less than this, or a place that opens late would be asked for in a loop.
    this.#patienceMs += Math.max(ms, 50);
    if (await this.#pause(Math.max(ms, 50))) return true;
    this.end.early();
    return false;
  }

  /** False when the request is over. */
  async #pause(milliseconds: number): Promise<boolean> {
    this.#waitedMs += milliseconds;
    this.#request.log.waitedMs += milliseconds;
    return (await this.#request.life.pause(milliseconds)) === undefined;
  }

  async #enterKey(candidate: Candidate): Promise<Ticket | Unheard | undefined> {
    const { agent, endpoint, life, log, tokens } = this.#request;
    const { clock, routing } = this.#deps;
    const { key } = candidate;
    if (key?.limits === undefined || endpoint.operation === 'count' || endpoint.operation === 'models') return FREE;
    const since = clock.monotonic();
    const estimate = key.limits.tokensPerMinute === undefined ? 0 : tokens();
    const result = await enter(routing.limiter, scopeOfKey(key), agent.id, estimate, life);
    log.queuedMs += clock.monotonic() - since;
    if (result?.kind !== 'refused') return result;
    return this.#unasked(candidate, limitError(result, 'the key'), limitHints(result));
  }

  #unasked({ target }: Candidate, error: GatewayError, hints: AnswerHeaders = {}): Unheard {
    const { exchange, settling, dialect } = this.#request;
    const tell = (): void =>
      void answerError(exchange.answer, dialect, error, { ...hints, ...headersOfRefusal(settling.id, target, settling.attempts) });
    const outcome: Outcome = { settled: 'error', status: error.status, billable: false, error: error.code, tell };
    return { failure: { ...failureOfError(error, {}), class: 'not-servable' }, outcome, tried: undefined };
  }
}

const FREE: Ticket = { kind: 'entered', leave: () => undefined };
