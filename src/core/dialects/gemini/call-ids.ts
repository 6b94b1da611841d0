import { asRecord, listAt, textAt, type JsonRecord } from '../read-json.ts';
import { field } from './reading.ts';

interface OpenCall {
  readonly callId: string;
  readonly given: string | undefined;
  readonly name: string;
  answered: boolean;
}

/**
 * Ids for calls, and which call a response answers. Google pairs by name and order, and most clients send no ids; a made id follows
 * from the call's place alone, so that it is the same in every later request (prompt caches depend on it).
 */
export class CallIds {
  readonly #used = new Set<string>();
  readonly #given = new Set<string>();
  #open: OpenCall[] = [];
  #seen = 0;

  constructor(contents: readonly JsonRecord[]) {
    for (const content of contents) {
      for (const part of listAt(content, 'parts')) {
        const id = textAt(asRecord(field(asRecord(part), 'functionCall')), 'id');
        if (id !== undefined) this.#given.add(id);
      }
    }
  }

  /** The model begins to speak: what it called before has its answers, or never gets them. */
  newTurn(): void {
    this.#open = [];
  }

  call(given: string | undefined, name: string): string {
    this.#seen += 1;
    const callId = given === undefined || this.#used.has(given) ? this.#make() : given;
    this.#used.add(callId);
    this.#open.push({ callId, given, name, answered: false });
    return callId;
  }

  /** The id of the call that this answers; one of its own where there is none. */
  answer(given: string | undefined, name: string): string {
    const waiting = this.#open.filter((call) => !call.answered);
    const found = waiting.find((call) => given !== undefined && call.given === given) ?? waiting.find((call) => call.name === name);
    if (found === undefined) return given ?? `no_call_of_${name}`;
    found.answered = true;
    return found.callId;
  }

  #make(): string {
    let id = `call_${this.#seen}`;
    while (this.#used.has(id) || this.#given.has(id)) id += '_';
    return id;
  }
}
