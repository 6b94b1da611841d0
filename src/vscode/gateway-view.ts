import type { DialectQuirks } from '../core/dialects/dialect.ts';
import type { DialectId } from '../core/ir/dialect.ts';
import type { SettledRequest } from '../core/ledger/records.ts';

/**
 * What chat and the model provider know of the gateway, and all they may ask of it. The composition root implements it; no
 * `vscode` here, so that both can be tested without an editor.
 */
export interface GatewayView {
  /** `off` also while starting, in Restricted Mode, or when it failed. Cheap: asked on every look at the model picker. */
  state(): 'on' | 'off';
  /** Every agent that can be asked as, in the order in which it is shown. */
  agents(): readonly AgentView[];
  /** The models that the configured providers offer. */
  models(): readonly ModelView[];
  /** Where a `provider/model` or an alias leads; undefined when it leads nowhere. */
  target(reference: string): TargetView | undefined;
  /** Every model that can be asked now: the providers' own lists, where they answer, and the aliases. Takes as long as they do. */
  offered(): Promise<readonly ModelView[]>;
  /** Where this request would go now, and why, as Markdown. Asks nobody. Rejects with a readable Error. */
  explain(question: RouteAsked): Promise<string>;
  /** How a request that was settled came to its answer, as Markdown; undefined where the ledger has no such row any more. */
  trace(requestId: string): Promise<string | undefined>;
  /** Where to ask as this agent. Mints a token for an agent that has none; rejects with a readable Error when the gateway is off. */
  connect(agentId: string): Promise<Connection>;
  /** The settled row of a request: waits for it a little, since it is written after the last byte. Undefined: not (yet) there. */
  settled(requestId: string): Promise<SettledRequest | undefined>;
  /** What each agent used since midnight, most expensive first. */
  costToday(): Promise<readonly AgentCost[]>;
  /** Agents, models, limits or the gateway's state changed. */
  onChange(listener: () => void): { dispose(): void };
  /** Aborted when the window goes: what is still being answered then ends as one that its caller stopped. */
  readonly leaving: AbortSignal;
  /** May this extension spend the user's keys? Asks the user once and remembers. */
  consent(extensionId: string): Promise<boolean>;
  /** May a caller that the editor does not name spend them, as the agent `editor`? A setting; on unless switched off. */
  allowsUnnamedCallers(): boolean;
}

export interface Connection {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly token: string;
}

export interface RouteAsked {
  readonly agent: string;
  /** As it is asked for. */
  readonly model: string;
  readonly dialect: DialectId;
  readonly session?: string;
  /** The request itself, in `dialect`. */
  readonly body: string;
}

/** Where a request would go: a provider, a model, and how to speak to it. */
export interface TargetView {
  readonly provider: string;
  readonly model: string;
  /** The alias that leads there; of several models it is then the first. */
  readonly alias?: string;
  /** One that the provider speaks. */
  readonly dialect: DialectId;
  readonly quirks?: DialectQuirks;
  /** False: the provider needs a key and has none. */
  readonly hasKey: boolean;
  readonly contextTokens: number | undefined;
  readonly outputTokens: number | undefined;
  /** Undefined: not known, which counts as yes. */
  readonly imageInput?: boolean;
  readonly toolCalling?: boolean;
  /** `$3 in, $15 out per million tokens`; undefined: unpriced. */
  readonly price: string | undefined;
}

/** `groq/llama-4`, `fast (groq/llama-4)` */
export function servedName({ provider, model, alias }: Pick<TargetView, 'provider' | 'model' | 'alias'>): string {
  return alias === undefined ? `${provider}/${model}` : `${alias} (${provider}/${model})`;
}

export interface AgentView {
  readonly id: string;
  /** Undefined until a model is chosen. */
  readonly target: TargetView | undefined;
  /** Its requests are refused until somebody resumes it. */
  readonly paused?: boolean;
}

export interface ModelView extends TargetView {
  /** `provider/model`, or an alias. */
  readonly id: string;
}

export interface AgentCost {
  readonly agent: string;
  readonly requests: number;
  /** Fresh, cached and written input. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNano: number;
  /** Requests. */
  readonly unpriced: number;
}

/** The agent that @gatehouse asks as until another is chosen, and the one of the model picker. */
export const CHAT_AGENT = 'chat';
export const EDITOR_AGENT = 'editor';

/** Command ids, as the manifest contributes them. `chooseModel` and `resumeAgent` take an agent id, `addKey` a provider id. */
export const COMMANDS = {
  addKey: 'gatehouse.addKey',
  chooseModel: 'gatehouse.chooseModel',
  raiseBudget: 'gatehouse.raiseBudget',
  resumeAgent: 'gatehouse.resumeAgent',
  restartGateway: 'gatehouse.restartGateway',
  showLog: 'gatehouse.showLog',
} as const;
