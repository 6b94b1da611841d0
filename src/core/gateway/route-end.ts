import type { GatewayError } from '../ir/error.ts';
import type { Failure } from '../routing/failures/failure.ts';
import type { Skipped } from '../routing/targets/candidates.ts';
import { answerError } from './answer-error.ts';
import type { AnswerHeaders } from './exchange.ts';
import { CLIENT_CLOSED, type Outcome } from './outcome.ts';
import { headersOfRefusal } from './own-headers.ts';
import type { RoutedRequest } from './routed-request.ts';
import type { Way } from './settle-once.ts';
import type { Tried } from './try-log.ts';
import { CANCELLED, cancelledBreak, deadlineBreak } from './upstream-trouble.ts';

/** A failure that the agent has not heard of. */
export interface Unheard {
  readonly failure: Failure;
  readonly outcome: Outcome;
  /** Undefined: nobody was asked. */
  readonly tried: Tried | undefined;
}

/** After these the same request may well succeed a little later. */
export const HOPEFUL: ReadonlySet<Failure['class']> = new Set([
  'rate-limited',
  'throttled',
  'overloaded',
  'transient',
  'unreachable',
  'timeout',
]);

/** How one request on its route ends: what the agent is told, and the one settlement. */
export class RouteEnd {
  readonly #request: RoutedRequest;
  readonly #skipped: () => readonly Skipped[];
  /** What the agent is told if nobody answers: the first failure after which repeating may help, else the first. */
  #unheard: Unheard | undefined;

  constructor(request: RoutedRequest, skipped: () => readonly Skipped[]) {
    this.#request = request;
    this.#skipped = skipped;
  }

  hear(unheard: Unheard): void {
    if (this.#unheard === undefined || (isHopeful(unheard) && !isHopeful(this.#unheard))) this.#unheard = unheard;
  }

  /** It is answered, or was told what an attempt came to. */
  settle(tried: Tried): void {
    this.#request.settling.settle(tried.outcome, this.#way(tried));
  }

  /** Nobody is left. `error`: what to say where nobody has failed. */
  giveUp(error: GatewayError): void {
    if (this.#unheard !== undefined) return this.#tell(this.#unheard);
    this.#refuse(error, {});
  }

  /** Nobody is asked. It is booked: the user should see that an agent was turned away. */
  turnAway(error: GatewayError, hints: AnswerHeaders = {}): void {
    if (this.#unheard !== undefined) return this.#tell(this.#unheard);
    this.#refuse(error, hints);
    this.#settleUnasked({ settled: 'blocked', status: error.status, billable: false, error: error.code });
  }

  /** The agent is gone, the time is over, or somebody stopped it. What an attempt could still say, it has said. */
  early(): void {
    const { life, settling } = this.#request;
    if (settling.outcome !== undefined) return;
    if (life.over === 'gone') return this.#settleUnasked({ settled: 'aborted', status: CLIENT_CLOSED, billable: false });
    if (life.over === 'cancelled') {
      // What failed before it was stopped might be worth a repetition, which is what nobody wants.
      const { error } = cancelledBreak();
      this.#refuse(error, {});
      return this.#settleUnasked({ settled: 'aborted', status: error.status, billable: false, error: CANCELLED });
    }
    if (this.#unheard !== undefined) return this.#tell(this.#unheard);
    const { error } = deadlineBreak();
    this.#refuse(error, {});
    this.#settleUnasked({ settled: 'timeout', status: error.status, billable: false, error: error.code });
  }

  #refuse(error: GatewayError, hints: AnswerHeaders): void {
    const { exchange, dialect, route, settling } = this.#request;
    const target = route.first.choices[0]?.target;
    answerError(exchange.answer, dialect, error, { ...hints, ...headersOfRefusal(settling.id, target, settling.attempts) });
  }

  #tell({ outcome, tried }: Unheard): void {
    outcome.tell?.();
    this.#request.settling.settle(outcome, this.#way(tried));
  }

  /** No attempt is to be named as the one that served; the row names the first target all the same. */
  #settleUnasked(outcome: Outcome): void {
    const { route, settling, asked } = this.#request;
    const target = route.first.choices[0]?.target;
    if (target !== undefined)
      void settling.open({ provider: target.provider.id, model: target.model, key: undefined, mode: 'relay' }, asked.stream);
    settling.settle(outcome, this.#way(undefined));
  }

  #way(heard: Tried | undefined): Way {
    const { log, className, tokens } = this.#request;
    return log.way(heard, this.#skipped(), className(), tokens);
  }
}

function isHopeful({ failure }: Unheard): boolean {
  return HOPEFUL.has(failure.class) && failure.shouldRetry !== false;
}
