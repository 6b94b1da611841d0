import type { BudgetStatus } from '../host/budget-status.ts';
import type { EditorHost } from './editor-host.ts';
import type { AgentCost, GatewayView } from './gateway-view.ts';

/** At most so often, however many requests settle. */
const READ_MS = 1000;

/** What today has cost, and how it stands with the budgets. */
export interface StandingFigures {
  /** Most expensive first. */
  readonly costs: readonly AgentCost[];
  readonly budgets: readonly BudgetStatus[];
}

const NOTHING: StandingFigures = { costs: [], budgets: [] };

/** Read for all who show it: once something has happened, and never otherwise. */
export class Standing {
  readonly #host: EditorHost;
  readonly #view: GatewayView;
  readonly #listeners = new Set<() => void>();
  readonly #subscriptions: readonly { dispose(): unknown }[];
  #figures = NOTHING;
  #timer: NodeJS.Timeout | undefined;

  constructor(host: EditorHost, view: GatewayView) {
    this.#host = host;
    this.#view = view;
    this.#subscriptions = [host.onChanged(() => this.#read(0)), host.onSettled(() => this.#read(READ_MS))];
    this.#read(0);
  }

  get figures(): StandingFigures {
    return this.#figures;
  }

  onRead(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #read(delay: number): void {
    if (delay === 0) clearTimeout(this.#timer);
    else if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#ask().then((figures) => {
        this.#figures = figures;
        for (const listener of this.#listeners) listener();
      });
    }, delay);
  }

  async #ask(): Promise<StandingFigures> {
    if (this.#host.gateway.state.phase !== 'running') return NOTHING;
    const [costs, budgets] = await Promise.all([
      this.#view.costToday().catch(() => []),
      this.#host.gateway.call('budgets', undefined).catch(() => []),
    ]);
    return { costs, budgets };
  }
}
