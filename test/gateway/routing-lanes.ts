import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseConfig } from '../../src/core/config/parse.ts';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import type { SettledRequest } from '../../src/core/ledger/records.ts';
import { runGateway, type RunningGateway } from '../../src/host/run-gateway.ts';
import { logTo, systemRandom } from '../../src/host/system-ports.ts';
import type { Step } from '../support/fake-providers/script.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import type { Fault } from '../support/faults/fault.ts';
import { hear, type Heard } from '../support/faults/hear.ts';
import { startFaulty } from '../support/faults/start-faulty.ts';
import { eventually, KEY, WIRES, TOKEN } from '../support/gateway.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';

/**
 * Where a request goes in the matrix. `none`: to one provider that speaks the agent's dialect and has the fault. `same` and `cross`: it
 * has a fallback besides, which is well and speaks the agent's dialect or another. `foreign`: the provider with the fault speaks another
 * dialect, `foreign-fallback` with a fallback in the agent's own.
 */
const KINDS = ['none', 'same', 'cross', 'foreign', 'foreign-fallback'] as const;
type Kind = (typeof KINDS)[number];

/** Another dialect than the agent's, each once. */
export const OTHER_DIALECT: Readonly<Record<DialectId, DialectId>> = {
  'openai-chat': 'anthropic-messages',
  'anthropic-messages': 'openai-chat',
  'openai-responses': 'gemini',
  gemini: 'openai-responses',
};

/** What the provider with the fault says once it is well, and the fallback; what they then say they used, and what a token costs there. */
export const FIRST = {
  text: 'These are the words of the first.',
  used: { input: 1000, cacheRead: 200, output: 50 },
  prices: { input: 3, output: 15, cacheRead: 0.3, cacheWrite5m: 3.75, cacheWrite1h: 6 },
} as const;
export const OTHER = {
  text: 'All of this was said by another one.',
  used: { input: 700, cacheRead: 100, output: 30 },
  prices: { input: 7, output: 41, cacheRead: 1.1, cacheWrite5m: 9, cacheWrite1h: 13 },
} as const;

/** One request of the matrix. */
export interface Lane {
  readonly fault: Fault;
  readonly kind: Kind;
  /** The agent's. */
  readonly dialect: DialectId;
  /** Of the provider with the fault. */
  readonly spoken: DialectId;
  readonly stream: boolean;
}

export interface Ran {
  readonly lane: Lane;
  readonly heard: Heard;
  readonly rows: readonly SettledRequest[];
  /** Of the provider with the fault; undefined where nobody listens. */
  readonly askedFirst: FakeProvider['requests'] | undefined;
  readonly askedOther: FakeProvider['requests'];
  /** Ids of the two targets, as the trace names them. */
  readonly first: string;
  readonly other: string;
  /** The agent's request. */
  readonly bytesIn: number;
}

/** What the provider with the fault speaks. */
function speakerOf(kind: Kind, dialect: DialectId): DialectId {
  return kind.startsWith('foreign') ? OTHER_DIALECT[dialect] : dialect;
}

export function lanesOf(fault: Fault): Lane[] {
  return DIALECT_IDS.flatMap((dialect) =>
    [true, false].flatMap((stream) =>
      KINDS.map((kind) => ({ fault, kind, dialect, spoken: speakerOf(kind, dialect), stream })).filter(({ spoken }) =>
        fault.appliesTo(spoken, stream),
      ),
    ),
  );
}

/**
 * All of them at once, each with a provider of its own; those of one fault, dialect and kind of answer share a gateway. Those that fail
 * in more than ten repetitions would also share a budget that is used up.
 */
export async function runLanes(clock: VirtualClock, lanes: readonly Lane[]): Promise<Ran[]> {
  const groups = Map.groupBy(lanes, ({ fault, dialect, stream }) => `${fault.name} ${dialect} ${stream}`);
  const ran = await Promise.all([...groups.values()].map((group) => runGroup(clock, group)));
  return ran.flat();
}

export interface GroupOptions {
  /** What the fallback does besides; it is well when left out. */
  readonly other?: (lane: Lane) => Step;
  /** Added to the configuration. */
  readonly config?: object;
  /** How long agents bear silence; for ever when left out. */
  readonly patienceMs?: number;
  /** Called when all is settled, with the gateway still there. */
  readonly look?: (gateway: RunningGateway) => void;
}

/** Some lanes of one fault at one gateway. */
export async function runGroup(clock: VirtualClock, lanes: readonly Lane[], options: GroupOptions = {}): Promise<Ran[]> {
  const fault = lanes[0]?.fault;
  if (fault === undefined) return [];
  const { other, patienceMs = 2_000_000 } = options;
  const well = await startFakeProvider({
    key: KEY,
    clock,
    countFrom: 500,
    script({ read }) {
      const lane = lanes[Number(read.model.replace('fallback-of-', ''))];
      return { text: OTHER.text, usage: OTHER.used, ...(lane && other?.(lane)) };
    },
  });
  const faulty = await Promise.all(lanes.map((lane) => startFirst(clock, lane)));
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-matrix-'));
  const gateway = await runGateway({
    source: sourceOf(lanes, faulty, well, fault, options.config),
    network: { httpProxy: '', httpsProxy: '', noProxy: '', strictTls: true },
    dataDir,
    port: 0,
    portIsWish: false,
    workspace: 'test',
    log: logTo(() => undefined),
    ports: { clock, timers: clock, random: systemRandom },
  });
  const heard = await Promise.all(
    lanes.map(({ dialect, stream }, at) => {
      const { path: pathOf, headers, body } = WIRES[dialect];
      const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace(TOKEN, tokenOf(at))]));
      return hear(clock, gateway.server.url, { path: pathOf(stream), headers: own, body: body(stream), patienceMs });
    }),
  );
  const rows = await eventually(
    () => gateway.ledger.requests({}),
    (all) => all.length >= lanes.length,
  );
  const all = [...well.requests, ...faulty.flatMap(({ fake }) => fake?.requests ?? [])];
  const isOver = (request: (typeof all)[number]) => request.aborted || request.times.ended !== undefined;
  await eventually(
    () => all.every(isOver),
    (over) => over,
  );
  const left = all.filter((request) => !isOver(request)).length;
  options.look?.(gateway);
  await gateway.close(0);
  await Promise.all([well.close(), ...faulty.map((each) => each.close())]);
  rmSync(dataDir, { recursive: true, force: true });
  if (left > 0) throw new Error(`${left} requests are open at the providers (${fault.name})`);
  return lanes.map((lane, at) => {
    const asked = WIRES[lane.dialect].body(lane.stream);
    return {
      lane,
      heard: heard[at]!,
      rows: rows.filter(({ agent }) => agent === `lane${at}`),
      askedFirst: faulty[at]?.fake?.requests,
      askedOther: well.requests.filter(({ read }) => read?.model === `fallback-of-${at}`),
      first: `first${at}/${typeof asked['model'] === 'string' ? asked['model'] : 'gemini-3-pro'}`,
      other: `${otherFor(lane) ?? ''}/fallback-of-${at}`,
      bytesIn: Buffer.byteLength(JSON.stringify(asked)),
    };
  });
}

/** Every step of the fault speaks with the first provider's words and counts, unless it has its own. */
function startFirst(clock: VirtualClock, { fault, spoken, stream }: Lane) {
  const plain: Step = { text: FIRST.text, usage: FIRST.used };
  const steps = fault.steps(spoken, stream);
  const spelt: Fault = {
    ...fault,
    steps: () => (steps === 'refuse-connections' ? steps : steps.map((step) => ({ ...plain, ...step }))),
  };
  return startFaulty(spelt, spoken, stream, { key: KEY, clock }).then((faulty) => {
    faulty.fake?.script(() => plain);
    return faulty;
  });
}

const tokenOf = (at: number): string => `gh-token-of-lane-${at}-0123456789abcdef`;

function otherFor({ kind, dialect }: Lane): string | undefined {
  if (kind === 'none' || kind === 'foreign') return undefined;
  return `other-${kind === 'cross' ? OTHER_DIALECT[dialect] : dialect}`;
}

function sourceOf(
  lanes: readonly Lane[],
  faulty: readonly { readonly url: string }[],
  well: FakeProvider,
  fault: Fault,
  config: object | undefined,
) {
  const provider = (url: string, dialect: DialectId, prices: object) => ({
    kind: 'openai-compatible',
    baseUrl: `${url}/v1`,
    dialects: [dialect],
    prices: { '*': prices },
  });
  const firsts = lanes.map(({ spoken }, at) => [`first${at}`, provider(faulty[at]!.url, spoken, FIRST.prices)] as const);
  const others = DIALECT_IDS.map((dialect) => [`other-${dialect}`, provider(well.url, dialect, OTHER.prices)] as const);
  const agents = lanes.map((lane, at) => {
    const other = otherFor(lane);
    const fallbacks =
      other === undefined ? [] : [{ to: `${other}/fallback-of-${at}`, on: ['error', 'context-window', 'content-policy'] }];
    return [`lane${at}`, { provider: `first${at}`, fallbacks, limits: { burst: 'off' } }];
  });
  const parsed = parseConfig({
    providers: Object.fromEntries([...firsts, ...others]),
    agents: Object.fromEntries(agents),
    // An opening is let go after 10 s, and what comes 20 s late is no fault.
    timeouts: { firstByteSeconds: 10, idleSeconds: fault.name.startsWith('stall') ? 5 : 30 },
    ...config,
  });
  if (parsed.faults !== undefined) throw new Error(JSON.stringify(parsed.faults));
  return {
    config: parsed.config,
    keys: [...firsts, ...others].map(([name]) => ({ id: `${name}/key`, provider: name, secret: KEY })),
    tokens: Object.fromEntries(lanes.map((_lane, at) => [`lane${at}`, tokenOf(at)])),
  };
}
