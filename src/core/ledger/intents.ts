import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { OpenedRequest } from './records.ts';
import { isGone, thisWriter, type Writer } from './writers.ts';

/**
 * What is about to be asked, noted before the provider is called. A row in the book takes a transaction of its own if it has to be there
 * at once; a line in a file of ours takes one write, and the rows can follow in groups (measured at one connection: of the latency that
 * the gateway adds, the book had been a third). Who finds the file of a dead writer knows what it had asked and not yet booked.
 *
 * Lines are written over from the start once their rows are in the book, so old ones may stand behind the new: they are in the book.
 */
export class Intents {
  readonly #file: string;
  #descriptor: number | undefined;
  #head = 0;
  #at = 0;

  constructor(ledger: string, writer: Writer) {
    this.#file = `${ledger}${SUFFIX}${writer.id}`;
    try {
      this.#descriptor = openSync(this.#file, 'w', 0o600);
      this.#head = this.#at = writeSync(this.#descriptor, `${JSON.stringify(writer)}\n`);
    } catch {
      this.close();
    }
  }

  /** False where it could not be written: then the row itself must be waited for. */
  note(requests: readonly OpenedRequest[]): boolean {
    if (this.#descriptor === undefined) return false;
    try {
      const lines = Buffer.from(requests.map((request) => `${JSON.stringify(request)}\n`).join(''));
      if (writeSync(this.#descriptor, lines, 0, lines.length, this.#at) !== lines.length) return false;
      this.#at += lines.length;
      return true;
    } catch {
      return false;
    }
  }

  /** All that was noted is in the book. */
  booked(): void {
    this.#at = this.#head;
  }

  close(): void {
    try {
      if (this.#descriptor !== undefined) closeSync(this.#descriptor);
      this.#descriptor = undefined;
      rmSync(this.#file, { force: true });
    } catch {
      // The folder is gone, and the file with it.
    }
  }
}

const SUFFIX = '.asked-';

export interface LeftBehind {
  readonly file: string;
  /** Also such as are in the book by now. */
  readonly requests: readonly OpenedRequest[];
}

/** What dead writers of this machine had noted. Files of the living, and of other machines, are let be. */
export function leftBehind(ledger: string, self: Writer): readonly LeftBehind[] {
  const folder = path.dirname(ledger);
  const prefix = path.basename(ledger) + SUFFIX;
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && name !== `${prefix}${self.id}`)
    .flatMap((name) => {
      const file = path.join(folder, name);
      const [head, ...requests] = linesOf(file);
      const { place, pid, started } = (head ?? {}) as Partial<Writer>;
      const isDead = place === self.place && pid !== undefined && isGone(pid, started);
      return isDead ? [{ file, requests: requests.filter(isRequest) }] : [];
    });
}

/** Who has the book open, as far as can be seen: of a writer of another machine it is not known whether it lives. */
export function openBy(ledger: string): readonly Writer[] {
  const folder = path.dirname(ledger);
  return readdirSync(folder)
    .filter((name) => name.startsWith(path.basename(ledger) + SUFFIX))
    .flatMap((name) => {
      const [head] = linesOf(path.join(folder, name)) as readonly Partial<Writer>[];
      const { id, place, pid, started } = head ?? {};
      if (id === undefined || place === undefined || pid === undefined) return [];
      return place === thisWriter(0).place && isGone(pid, started) ? [] : [{ id, place, pid, started }];
    });
}

function linesOf(file: string): readonly object[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line) => objectIn(line) ?? []);
  } catch {
    // Another window was quicker.
    return [];
  }
}

/** A line that was half overwritten is none. */
function objectIn(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRequest(value: object): value is OpenedRequest {
  return 'id' in value && 'at' in value && 'bytesIn' in value;
}
