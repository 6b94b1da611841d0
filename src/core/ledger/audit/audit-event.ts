/**
 * What is recorded for later: what was done with keys, tokens, settings and consents, and what was refused. Plain fields and short texts;
 * never a value that is secret, and never more of a key than the last four characters, which are shown everywhere.
 */
export type AuditEvent = KeyEvent | TokenEvent | ConsentEvent | ConfigEvent | BudgetEvent | PurgeEvent;

/** Who did it: the person at the editor, the gateway by itself, or whoever runs it without an editor. */
export type AuditActor = 'user' | 'gateway' | 'headless';

/** One event as it waits to be written. */
export interface AuditRecord {
  /** Its own for each event: what was sent twice is written once. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly actor: AuditActor;
  readonly event: AuditEvent;
}

/** `key` is its id, `anthropic/work`. */
interface OfKey {
  readonly key: string;
  readonly provider: string;
}

type KeyEvent =
  | (OfKey & { readonly kind: 'key-added'; readonly lastFour: string })
  /** `source`: where it was found, in words, such as `.env of the workspace`. */
  | (OfKey & { readonly kind: 'key-imported'; readonly lastFour: string; readonly source: string })
  | (OfKey & { readonly kind: 'key-tested'; readonly verdict: string })
  /** `fields`: what of its metadata, by name. */
  | (OfKey & { readonly kind: 'key-changed'; readonly fields: readonly string[] })
  | (OfKey & { readonly kind: 'key-disabled' | 'key-enabled' })
  /** `overlapMinutes`: how long the old value stays as a fallback. */
  | (OfKey & { readonly kind: 'key-rotated'; readonly lastFour: string; readonly overlapMinutes: number })
  | (OfKey & { readonly kind: 'key-rotation-undone'; readonly lastFour: string })
  /** The old value is erased. */
  | (OfKey & { readonly kind: 'key-overlap-ended' })
  /** `inFlight`: what became of requests under way. */
  | (OfKey & { readonly kind: 'key-revoked'; readonly inFlight: 'finish' | 'abort' })
  | (OfKey & { readonly kind: 'key-origin-confirmed'; readonly origins: readonly string[] });

type TokenEvent =
  | { readonly kind: 'token-rotated' | 'token-revoked'; readonly agent: string }
  /** The address and the token of an agent went into a program's own settings, or out of them again. `files`: where, below the home folder. */
  | {
      readonly kind: 'agent-set-up' | 'agent-setup-undone';
      readonly agent: string;
      readonly program: string;
      readonly files: readonly string[];
    }
  /** Requests whose token was missing, wrong or revoked. The gateway sums them up: recorded at once, then once a minute. */
  | { readonly kind: 'token-refused'; readonly requests: number };

type ConsentEvent =
  | { readonly kind: 'extension-allowed' | 'extension-forgotten'; readonly extension: string }
  /** `choice`: what the workspace wants, as the user was shown it. */
  | { readonly kind: 'workspace-agents-accepted'; readonly workspace: string; readonly choice: string };

/** What became of one entry of the settings. Names of fields, not values. */
export interface ConfigChange {
  readonly name: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly fields: readonly string[];
}

interface ConfigEvent {
  readonly kind: 'config-changed';
  readonly providers: readonly ConfigChange[];
  readonly budgets: readonly ConfigChange[];
}

/** Money as text, in US dollars. */
type BudgetEvent =
  /** It stood in a request's way, for the first time in its window. */
  | { readonly kind: 'budget-stopped'; readonly budget: string; readonly spentUsd: string; readonly limitUsd: string }
  /** The requests that it stood in the way of. The gateway sums them up: recorded when the window ends. */
  | {
      readonly kind: 'budget-refused';
      readonly budget: string;
      readonly outcome: 'refused' | 'downgraded';
      readonly requests: number;
      /** When the window ends, in milliseconds since the epoch. */
      readonly until: number;
    }
  | { readonly kind: 'budget-raised'; readonly budget: string; readonly fromUsd: string; readonly toUsd: string };

interface PurgeEvent {
  readonly kind: 'purged';
  /** What was erased, in words. */
  readonly what: readonly string[];
}
