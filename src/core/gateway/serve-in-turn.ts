import { gatewayError } from '../ir/error.ts';
import type { Agent } from '../routing/agent.ts';
import { scopeOfAgent } from './candidates-context.ts';
import type { GatewayDeps } from './deps.ts';
import { enter, limitError, limitHints } from './enter-limits.ts';
import { RouteRun } from './route-run.ts';
import type { RoutedRequest } from './routed-request.ts';

/** When it is the request's turn by the limits of its agent, it goes on its route. Who is not let in is told why, and booked. */
export async function serveInTurn(deps: GatewayDeps, request: RoutedRequest): Promise<void> {
  const { agent, endpoint, life, log, session, settling, tokens } = request;
  const { clock, routing } = deps;
  const run = new RouteRun(deps, request);
  // Counting tokens spends nothing, and Claude Code sends 25 of them at once.
  if (endpoint.operation === 'count') return run.run();

  watchForBurst(deps, agent);
  if (routing.paused.has(agent.id)) return run.end.turnAway(gatewayError('forbidden', pausedSentence(agent)));

  const since = clock.monotonic();
  const estimate = agent.limits.tokensPerMinute === undefined ? 0 : tokens();
  const ticket = await enter(routing.limiter, scopeOfAgent(agent), session ?? '', estimate, life);
  log.queuedMs += clock.monotonic() - since;
  if (ticket === undefined) return run.end.early();
  if (ticket.kind === 'refused') return run.end.turnAway(limitError(ticket, 'this agent'), limitHints(ticket));
  try {
    await run.run();
  } finally {
    // Where no row follows, nothing takes back what was set aside.
    if (!settling.opened) deps.budgets.release(settling.id);
    // Without an outcome something of ours failed, and what was used is not known.
    ticket.leave(settling.outcome === undefined ? undefined : log.counted(estimate));
  }
}

function watchForBurst({ routing, tell, log }: GatewayDeps, agent: Agent): void {
  if (agent.burst === 'off') return;
  const burst = routing.bursts.saw(agent.id);
  if (burst === undefined) return;
  const paused = agent.burst === 'pause';
  if (paused) routing.paused.pause(agent.id);
  log.warn('an agent asks far more often than it ever did', { ...burst, paused });
  tell({ kind: 'burst', burst, paused });
}

function pausedSentence({ id }: Agent): string {
  return (
    `The agent "${id}" is paused: somebody paused it, or it was unlike its own past and the settings say so. ` +
    'Resume it with "Gatehouse: Resume Agent", or, without an editor, by sending SIGHUP to the gateway.'
  );
}
