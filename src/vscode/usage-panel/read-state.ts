import type { UsageBy, UsageQuery, UsageRow } from '../../core/ledger/records.ts';
import type { CallName, Calls } from '../../host/messages.ts';
import { startOfToday } from '../local-day.ts';
import { anomalyText, burstText } from '../routing/news-words.ts';
import type { ToldAnomaly } from '../routing/told-anomalies.ts';
import { budgetBars } from './budget-bars.ts';
import { panelState, type PanelFigures } from './panel-state.ts';
import { rangeStart } from './panel-view.ts';
import { PastUsage } from './past-usage.ts';
import { speedOf, speedStep } from './speed.ts';
import { unitOf } from './time-slots.ts';
import type { PanelAnomaly, PanelState, PanelView } from './messages.ts';

const LATEST = 100;

/** Where figures come from. */
export interface FigureSource {
  call<Name extends CallName>(name: Name, ask: Calls[Name]['ask']): Promise<Calls[Name]['answer']>;
  anomaliesSince(since: number): readonly ToldAnomaly[];
  /** A sentence while the ledger cannot be written. */
  trouble(): string | undefined;
}

/** Reads what a view shows, and no more: the gateway answers it in the thread in which it relays. */
export class StateReader {
  readonly #source: FigureSource;
  readonly #past: PastUsage;

  constructor(source: FigureSource) {
    this.#source = source;
    this.#past = new PastUsage((query) => source.call('usage', query));
  }

  /** Something other than a settled request has changed. */
  forget(): void {
    this.#past.forget();
  }

  async read(view: PanelView, now: Date): Promise<PanelState> {
    const since = rangeStart(view.range, now);
    const usage = (...by: readonly UsageBy[]) => this.#past.rows(by, since, startOfToday(now), performance.now());
    const [totals, pricesAsOf, tab] = await Promise.all([
      usage(),
      this.#source.call('pricesAsOf', undefined),
      this.#tab(view, now, since, usage),
    ]);
    const asked = totals.some(({ requests }) => requests > 0);
    const unused = !asked && (await this.#source.call('requests', { limit: 1 })).length === 0;
    return panelState(view, now, { totals, pricesAsOf, unused, trouble: this.#source.trouble(), ...tab });
  }

  async #tab(
    { tab, range, step, group, subject }: PanelView,
    now: Date,
    since: number,
    usage: (...by: readonly UsageBy[]) => Promise<readonly UsageRow[]>,
  ): Promise<Partial<PanelFigures>> {
    switch (tab) {
      case 'overview': {
        const [overTime, budgets] = await Promise.all([usage(unitOf(step), group), this.#source.call('budgets', undefined)]);
        const anomalies = this.#source.anomaliesSince(since).map((told) => shown(told, now.getTime()));
        return { overTime, budgets: budgetBars(budgets), anomalies };
      }
      case 'tables': {
        const [agent, provider, model, key] = await Promise.all([
          usage('agent'),
          usage('provider'),
          usage('model'),
          usage('provider', 'key'),
        ]);
        return { tables: { agent, provider, model, key } };
      }
      case 'speed': {
        const unit = speedStep(step);
        const whole: UsageQuery = { by: ['provider', subject], since };
        const [overTime, rows] = await Promise.all([usage(unit, 'provider', subject), this.#source.call('usage', whole)]);
        return { speed: speedOf(range, unit, subject, now, overTime, rows) };
      }
      case 'requests':
        return { latest: await this.#source.call('requests', { since, limit: LATEST }) };
      default:
        return tab satisfies never;
    }
  }
}

function shown(told: ToldAnomaly, now: number): PanelAnomaly {
  const { at, paused } = told;
  return told.kind === 'burst'
    ? { at, kind: 'burst', text: burstText(told.burst, paused) }
    : { at, kind: told.anomaly.kind, text: anomalyText(told.anomaly, paused, now) };
}
