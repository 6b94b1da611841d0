import { Worker } from 'node:worker_threads';
import type { CallName, Calls, FromGateway, StartOptions, ToGateway } from '../host/messages.ts';

/** Restart delays after the gateway died, in milliseconds; the last one repeats. */
const BACK_OFF = [500, 1000, 2000, 5000, 15_000, 60_000];
/** A gateway that has lived this long has recovered: the next death starts the back-off anew. */
const HEALTHY_MS = 60_000;
const DRAIN_MS = 2000;

export type GatewayState =
  | { readonly phase: 'stopped' }
  | { readonly phase: 'starting' }
  | { readonly phase: 'running'; readonly url: string; readonly port: number }
  | { readonly phase: 'waiting'; readonly reason: string };

export interface GatewayListener {
  stateChanged(state: GatewayState): void;
  settled(event: Extract<FromGateway, { event: 'settled' }>): void;
  log(event: Extract<FromGateway, { event: 'log' }>): void;
  /** The gateway died or did not start; it is tried again in `retryMs`. */
  died(reason: string, retryMs: number): void;
}

/** The gateway's worker thread: its life, and questions to it. No editor in here. */
export class GatewayProcess {
  readonly #script: string;
  readonly #options: () => Promise<StartOptions>;
  readonly #listener: GatewayListener;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #worker: Worker | undefined;
  #state: GatewayState = { phase: 'stopped' };
  #nextId = 1;
  #deaths = 0;
  #retry: NodeJS.Timeout | undefined;
  #wanted = false;
  #settleStart: () => void = () => {};

  constructor(script: string, options: () => Promise<StartOptions>, listener: GatewayListener) {
    this.#script = script;
    this.#options = options;
    this.#listener = listener;
  }

  get state(): GatewayState {
    return this.#state;
  }

  /** Resolves when the gateway listens, or has failed to. */
  async start(): Promise<void> {
    this.#wanted = true;
    if (this.#worker !== undefined || this.#state.phase === 'starting') return;
    clearTimeout(this.#retry);
    this.#become({ phase: 'starting' });
    const workerData = await this.#options();
    if (!this.#wanted) return this.#become({ phase: 'stopped' });
    // An empty environment: whatever keys the editor's own environment holds stay out of the gateway's reach.
    const worker = new Worker(this.#script, { workerData, name: 'gatehouse', env: {}, stdout: false, stderr: false });
    this.#worker = worker;
    const { promise: begun, resolve: settleStart } = Promise.withResolvers<void>();
    this.#settleStart = settleStart;
    const startedAt = Date.now();
    let reason = 'it ended';
    worker.on('message', (message: FromGateway) => {
      if (message.event === 'failed') {
        reason = message.message;
        void worker.terminate();
      } else this.#take(message);
    });
    worker.on('error', (error) => (reason = error.message));
    worker.once('exit', () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(new Error('the gateway stopped'));
      this.#waiting.clear();
      if (!this.#wanted) return this.#become({ phase: 'stopped' });
      if (Date.now() - startedAt > HEALTHY_MS) this.#deaths = 0;
      const delay = BACK_OFF[Math.min(this.#deaths++, BACK_OFF.length - 1)] ?? 60_000;
      this.#become({ phase: 'waiting', reason });
      this.#listener.died(reason, delay);
      this.#retry = setTimeout(() => void this.start(), delay);
    });
    return begun;
  }

  async stop(): Promise<void> {
    this.#wanted = false;
    clearTimeout(this.#retry);
    const worker = this.#worker;
    if (worker === undefined) return this.#become({ phase: 'stopped' });
    // The worker writes what waits into the ledger before it answers.
    await Promise.race([this.call('stop', { patienceMs: DRAIN_MS }).catch(() => {}), delay(DRAIN_MS + 1000)]);
    await worker.terminate();
  }

  async restart(): Promise<void> {
    await this.stop();
    this.#deaths = 0;
    await this.start();
  }

  call<Name extends CallName>(call: Name, ask: Calls[Name]['ask']): Promise<Calls[Name]['answer']> {
    const worker = this.#worker;
    if (worker === undefined) return Promise.reject(new Error('the gateway is not running'));
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    worker.postMessage({ call, id, ask } satisfies Record<keyof ToGateway, unknown>);
    return promise as Promise<Calls[Name]['answer']>;
  }

  #take(message: Exclude<FromGateway, { event: 'failed' }>): void {
    switch (message.event) {
      case 'ready':
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

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
