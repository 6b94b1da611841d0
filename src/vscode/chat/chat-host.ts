import type { GatewayView, TargetView } from '../gateway-view.ts';
import type { ChatChoice, HistoryItem } from './history.ts';
import type { ReferenceReader } from './references.ts';
import type { Surroundings } from './system-prompt.ts';
import type { Transcripts } from './transcripts.ts';

/** A message to @gatehouse, as far as it is read. */
export interface ChatQuestion {
  readonly prompt: string;
  readonly command: string | undefined;
  readonly references: readonly unknown[];
  /** Names of tools that the prompt refers to with `#`. */
  readonly toolReferences: readonly string[];
  readonly history: readonly HistoryItem[];
}

/** What an answer needs of the editor and of the gateway. */
export interface ChatHost {
  readonly view: GatewayView;
  readonly reader: ReferenceReader;
  readonly surroundings: Surroundings;
  readonly transcripts: Transcripts;
  /** Asks the user for several models; undefined: for none. */
  pickModels(): Promise<readonly string[] | undefined>;
}

/** Who is asked in this chat, and as whom. */
export interface Served {
  /** The agent that it is booked on: a model that is asked by its own name is no agent's. */
  readonly payer: string;
  /** As the gateway is asked for it. */
  readonly model: string;
  readonly target: TargetView | undefined;
}

export interface Asked {
  readonly question: ChatQuestion;
  readonly choice: ChatChoice & { readonly session: string };
  readonly served: Served & { readonly target: TargetView };
}
