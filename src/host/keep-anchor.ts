import type { Anchor } from '../core/ledger/audit/anchor.ts';
import type { Log } from '../core/ports.ts';

/** Where an anchor is kept, apart from the audit log. */
export interface AnchorPlace {
  read(): Promise<Anchor | undefined>;
  write(anchor: Anchor): Promise<void>;
}

export interface AnchorKeeper {
  /** The log has grown, or somebody else changed what is kept. */
  changed(): void;
  /** Resolves when what is kept is up to date, or could not be brought there. */
  now(): Promise<void>;
  close(): void;
}

/** Entries come in groups, and a store of secrets is slow. */
const PAUSE_MS = 500;

/**
 * Keeps the anchor with the log. It never goes back: of two windows that write at the same moment the slower one may put an older one in
 * place, which the other hears of and mends. It does not move on over a log that was cut: that is for `verify` to find.
 */
export function keepAnchor(
  place: AnchorPlace,
  newest: (known: Anchor | undefined) => Promise<Anchor | undefined>,
  log: Pick<Log, 'warn'>,
): AnchorKeeper {
  let timer: NodeJS.Timeout | undefined;
  let work: Promise<void> = Promise.resolve();
  let isClosed = false;
  let hasWarned = false;

  const bring = async (): Promise<void> => {
    const known = await place.read();
    const next = await newest(known);
    if (next !== undefined && (known?.first !== next.first || known.seq < next.seq)) await place.write(next);
    if (next !== undefined || known === undefined || hasWarned) return;
    hasWarned = true;
    log.warn('the audit log does not go on from where it was last seen; verify it', { entries: known.seq });
  };
  const now = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    // Without a gateway, or while the disk refuses, there is nothing to keep; the next entry comes here again.
    return (work = work.then(bring).catch(() => {}));
  };
  return {
    changed() {
      if (!isClosed) timer ??= setTimeout(() => void now(), PAUSE_MS).unref();
    },
    now,
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
