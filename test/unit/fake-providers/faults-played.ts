import { DIALECT_IDS, type DialectId } from '../../../src/core/ir/dialect.ts';
import type { Fault } from '../../support/faults/fault.ts';
import { hear, type Heard } from '../../support/faults/hear.ts';
import { startFaulty } from '../../support/faults/start-faulty.ts';
import { startFakeProvider } from '../../support/fake-providers/server.ts';
import { TOKEN as KEY, WIRES } from '../../support/gateway.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

export { KEY };

/** A fault as a client without a gateway sees it, beside the answer that it would have been. */
export interface Played {
  readonly dialect: DialectId;
  readonly stream: boolean;
  readonly heard: Heard;
  readonly text: string;
  readonly plain: string;
  /** The beginning of the plain answer: so many events, and so many bytes. */
  readonly beginning: (events: number, bytes: number) => string;
}

/** Each dialect and kind of answer that the fault applies to, one after the other. */
export async function playEverywhere(fault: Fault, check: (played: Played) => void): Promise<void> {
  const clock = new VirtualClock();
  const moving = clock.autoAdvance();
  try {
    for (const dialect of DIALECT_IDS) {
      for (const stream of [true, false]) {
        if (fault.appliesTo(dialect, stream)) check(await play(clock, fault, dialect, stream));
      }
    }
  } finally {
    moving.stop();
  }
}

async function play(clock: VirtualClock, fault: Fault, dialect: DialectId, stream: boolean): Promise<Played> {
  const plain = await plainAnswer(dialect, stream);
  const faulty = await startFaulty(fault, dialect, stream, { key: KEY, clock });
  try {
    const heard = await ask(clock, faulty.url, dialect, stream);
    const events = eventsOf(plain);
    return {
      dialect,
      stream,
      heard,
      text: normal(heard.body),
      plain,
      beginning: (count, bytes) => {
        const at = events.slice(0, count).join('').length;
        return plain.slice(0, at + bytes);
      },
    };
  } finally {
    await faulty.close();
  }
}

export function ask(clock: VirtualClock, url: string, dialect: DialectId, stream: boolean, key = KEY): Promise<Heard> {
  const wire = WIRES[dialect];
  const headers = Object.fromEntries(Object.entries(wire.headers).map(([name, value]) => [name, value.replace(KEY, key)]));
  const usage = stream && dialect === 'openai-chat' ? { stream_options: { include_usage: true } } : {};
  return hear(clock, url, { path: wire.path(stream), headers, body: { ...wire.body(stream), ...usage } });
}

const PLAIN = new Map<string, string>();

async function plainAnswer(dialect: DialectId, stream: boolean): Promise<string> {
  const name = `${dialect} ${stream}`;
  const known = PLAIN.get(name);
  if (known !== undefined) return known;
  const fake = await startFakeProvider({ key: KEY, dialect });
  const plain = normal((await ask(new VirtualClock(), fake.url, dialect, stream)).body);
  await fake.close();
  PLAIN.set(name, plain);
  return plain;
}

/** With their blank lines. */
export function eventsOf(text: string): readonly string[] {
  return text.match(/[^]*?(?:\r\n\r\n|\n\n)/g) ?? [];
}

/** Without the time of day, and as long as before. */
function normal(body: Buffer): string {
  return body.toString().replaceAll(/("created(?:_at)?":)\d{10}/g, '$11000000000');
}
