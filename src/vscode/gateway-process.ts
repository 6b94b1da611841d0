import { Worker } from 'node:worker_threads';
import * as l10n from '@vscode/l10n';
import type { CallName, Calls, FromGateway, StartOptions, ToGateway } from '../host/messages.ts';

/** Times in milliseconds. Tests shorten them. */
export interface Patience {
  /** Restart delays after the gateway died; the last one repeats. */
  readonly backOff: readonly number[];
  /** A gateway that has lived this long has recovered: the next death starts the back-off anew. */
  readonly healthy: number;
  /** How long running requests may go on after a stop. A worker that has not answered a second later is ended. */
  readonly drain: number;
  readonly grace: number;
}

const PATIENCE: Patience = { backOff: [500, 1000, 2000, 5000, 15_000, 60_000], healthy: 60_000, drain: 2000, grace: 1000 };

export type GatewayState =
  | { readonly phase: 'stopped' }
  | { readonly phase: 'starting' }
  | { readonly phase: 'running'; readonly url: string; readonly port: number }
  | { readonly phase: 'waiting'; readonly reason: string };

export type ActivityEvent = Extract<FromGateway, { event: 'activity' | 'retried' }>;

export interface GatewayListener {
  stateChanged(state: GatewayState): void;
  settled(event: Extract<FromGateway, { event: 'settled' }>): void;
  /** Something was recorded in the audit log. */
  audited(): void;
  trouble(event: Extract<FromGateway, { event: 'trouble' }>): void;
  activity(event: ActivityEvent): void;
  news(event: Extract<FromGateway, { event: 'news' }>): void;
  log(event: Extract<FromGateway, { event: 'log' }>): void;
  /** The gateway died or did not start; it is tried again in `retryMs`. */
  died(reason: string, retryMs: number): void;
}

/** The gateway's worker thread: its life, and questions to it. No editor in here. */
export class GatewayProcess {
  readonly #script: string;
  readonly #options: () => Promise<StartOptions>;
  readonly #listener: GatewayListener;
  readonly #patience: Patience;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #worker: Worker | undefined;
  #state: GatewayState = { phase: 'stopped' };
  #nextId = 1;
  #deaths = 0;
  #retry: NodeJS.Timeout | undefined;
  #wanted = false;
  /** The start and the stop that are under way. */
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #settleStart: () => void = () => {};
  /** The worker that was asked to stop: its end is no death, and what it says of its start comes too late. */
  #dismissed: Worker | undefined;
  /** Let go before they were given anything to do: nobody hears of their end. */
  readonly #unused = new WeakSet<Worker>();

  constructor(script: string, options: () => Promise<StartOptions>, listener: GatewayListener, patience: Patience = PATIENCE) {
    this.#script = script;
    this.#options = options;
    this.#listener = listener;
    this.#patience = patience;
  }

  get state(): GatewayState {
    return this.#state;
  }

  /** Resolves when the gateway listens, has failed to, or was stopped meanwhile. Never rejects: a failure is told as a death. */
  async start(): Promise<void> {
    this.#wanted = true;
    if (this.#stopping !== undefined) await this.#stopping;
    if (this.#starting !== undefined) return this.#starting;
    if (!this.#wanted || this.#worker !== undefined) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#starting = promise;
    this.#settleStart = () => {
      this.#starting = undefined;
      resolve();
    };
    void this.#launch();
    return promise;
  }

  async #launch(): Promise<void> {
    clearTimeout(this.#retry);
    this.#become({ phase: 'starting' });
    // It reads its code while settings and keys are read here: that is half of the time until it listens.
    // An empty environment: whatever keys the editor's own environment holds stay out of the gateway's reach.
    const worker = new Worker(this.#script, { name: 'gatehouse', env: {}, stdout: false, stderr: false });
    const isAlive = this.#watch(worker);
    const letGo = (): void => {
      this.#unused.add(worker);
      void worker.terminate();
    };
    try {
      const options = await this.#options();
      // Its end has been told.
      if (!isAlive()) return;
      if (this.#wanted) {
        worker.postMessage(options);
        performance.mark('gatehouse/given');
        this.#worker = worker;
      } else {
        letGo();
        this.#become({ phase: 'stopped' });
      }
    } catch (error) {
      if (!isAlive()) return;
      letGo();
      if (this.#wanted) this.#died(messageOf(error));
      else this.#become({ phase: 'stopped' });
    }
  }

  /** Returns whether it is alive. */
  #watch(worker: Worker): () => boolean {
    const startedAt = performance.now();
    let reason = l10n.t('it ended unexpectedly');
    let alive = true;
    worker.on('message', (message: FromGateway) => {
      if (message.event === 'failed') {
        reason = message.message;
        void worker.terminate();
      } else this.#take(message);
    });
    worker.on('error', (error) => (reason = messageOf(error)));
    worker.once('exit', () => {
      alive = false;
      if (this.#unused.has(worker)) return;
      this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(new Error(l10n.t('the gateway stopped')));
      this.#waiting.clear();
      if (!this.#wanted || this.#dismissed === worker) return this.#become({ phase: 'stopped' });
      if (performance.now() - startedAt > this.#patience.healthy) this.#deaths = 0;
      this.#died(reason);
    });
    return () => alive;
  }

  #died(reason: string): void {
    const { backOff } = this.#patience;
    const delay = backOff[Math.min(this.#deaths++, backOff.length - 1)] ?? 60_000;
    // Before anyone is told: a listener may answer with a stop.
    this.#retry = setTimeout(() => void this.start(), delay);
    this.#become({ phase: 'waiting', reason });
    this.#listener.died(reason, delay);
  }

  stop(): Promise<void> {
    this.#wanted = false;
    clearTimeout(this.#retry);
    return (this.#stopping ??= this.#end().finally(() => (this.#stopping = undefined)));
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) {
      if (this.#state.phase === 'waiting') this.#become({ phase: 'stopped' });
      // A start that has no worker yet sees for itself that it is not wanted any more.
      return this.#starting;
    }
    this.#dismissed = worker;
    const { drain, grace } = this.#patience;
    const { promise: impatience, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, drain + grace);
    // The worker writes what waits into the ledger before it answers.
    await Promise.race([this.call('stop', { patienceMs: drain }).catch(() => {}), impatience]);
    clearTimeout(timer);
    await worker.terminate();
  }

  async restart(): Promise<void> {
    await this.stop();
    this.#deaths = 0;
    await this.start();
  }

  call<Name extends CallName>(call: Name, ask: Calls[Name]['ask']): Promise<Calls[Name]['answer']> {
    const worker = this.#worker;
    if (worker === undefined) return Promise.reject(new Error(l10n.t('the gateway is not running')));
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    worker.postMessage({ call, id, ask } satisfies Record<keyof ToGateway, unknown>);
    return promise as Promise<Calls[Name]['answer']>;
  }

  #take(message: Exclude<FromGateway, { event: 'failed' }>): void {
    switch (message.event) {
      case 'ready':
        if (this.#dismissed === this.#worker) return;
        performance.mark('gatehouse/ready');
        return this.#become({ phase: 'running', url: message.url, port: message.port });
      case 'answer':
      case 'refusal': {
        const waiting = this.#waiting.get(message.id);
        this.#waiting.delete(message.id);
        if (message.event === 'answer') waiting?.resolve(message.value);
        else waiting?.reject(new Error(message.message));
        return;
      }
      case 'settled':
        return this.#listener.settled(message);
      case 'audited':
        return this.#listener.audited();
      case 'trouble':
        return this.#listener.trouble(message);
      case 'activity':
      case 'retried':
        return this.#listener.activity(message);
      case 'news':
        return this.#listener.news(message);
      case 'log':
        return this.#listener.log(message);
      default:
        return message satisfies never;
    }
  }

  #become(state: GatewayState): void {
    this.#state = state;
    if (state.phase !== 'starting') this.#settleStart();
    this.#listener.stateChanged(state);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
