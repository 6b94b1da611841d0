import { budgetWords } from '../ledger/budgets/budget.ts';
import type { Verdict } from '../ledger/budgets/verdict.ts';
import { worstCase } from '../ledger/budgets/worst-case.ts';
import { poolOf } from '../routing/pools.ts';
import { allowedOf } from '../routing/rules/allow-list.ts';
import type { Candidate } from '../routing/targets/candidates.ts';
import type { GatewayDeps } from './deps.ts';
import type { RoutedRequest } from './routed-request.ts';

const GO: Verdict = { kind: 'go', news: [] };

/**
 * What the budgets say to asking this place. What may be spent is set aside: the worst case there, and `usedNano`, which earlier
 * attempts have used. The user hears what there is to tell.
 */
export function reserveSpend(
  { audit, budgets, workspace, price, tell }: Pick<GatewayDeps, 'audit' | 'budgets' | 'workspace' | 'price' | 'tell'>,
  { agent, asked, downgraded, endpoint, features, settling }: RoutedRequest,
  { target, key }: Candidate,
  usedNano: number,
): Verdict {
  if (!budgets.any || !settling.booked) return GO;
  const { tokens, outputLimit } = features();
  const size = {
    tokens,
    bytes: asked.raw?.length ?? 0,
    outputLimit: endpoint.operation === 'embed' ? 0 : outputLimit,
    model: target.model,
  };
  const worst = worstCase(size, (usage) => price(target, usage, asked.at, agent.id));
  const verdict = budgets.reserve({
    id: asked.id,
    at: asked.at,
    workspace,
    agent: agent.id,
    provider: target.provider.id,
    model: target.model,
    key: key?.id,
    worstNano: worst === undefined ? undefined : worst + usedNano,
    downgraded: downgraded === true,
  });
  for (const news of verdict.news) tell({ kind: 'budget', news });
  if (verdict.kind !== 'go') {
    const { budget, resetsAt } = verdict.refusal;
    const outcome = verdict.kind === 'block' ? 'refused' : 'downgraded';
    audit({ kind: 'budget-refused', budget: budgetWords(budget), outcome, requests: 1, until: resetsAt });
  }
  return verdict;
}

/** The request on the way that a budget sends it; undefined where that leads nowhere for this agent. */
export function downgraded(
  request: RoutedRequest,
  { to, refusal }: Extract<Verdict, { kind: 'downgrade' }>,
): RoutedRequest | undefined {
  const { agent, log, route, snapshot } = request;
  const pool = poolOf(snapshot, to);
  const first = pool && allowedOf(agent.allow, pool);
  if (first === undefined || first.choices.length === 0) return undefined;
  log.downgradedBy = budgetWords(refusal.budget);
  return { ...request, route: { first, fallbacks: [], rule: route.rule }, downgraded: true };
}
