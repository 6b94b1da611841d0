import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { DialectId } from '../../../src/core/ir/dialect.ts';
import { type ReadRequest, readRequest } from '../../../src/core/providers/demo/read-request.ts';
import { FAKE_ANTHROPIC } from './anthropic-messages.ts';
import { type FakeDialect, isObject, type Memory } from './dialect.ts';
import { FAKE_GEMINI } from './gemini.ts';
import { FAKE_CHAT } from './openai-chat.ts';
import { FAKE_RESPONSES } from './openai-responses.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { type Pace, paceOf } from './pace.ts';
import { playAnswer, playJson } from './play.ts';
import type { Answerer, FakeRequest, Script, Step } from './script.ts';

export interface FakeProviderOptions {
  readonly dialect?: DialectId;
  /** Several wires on one origin; all four when neither is given. */
  readonly dialects?: readonly DialectId[];
  /** The credential that is taken; `none`: a server on this machine that asks for no key, and must not be sent one. */
  readonly key: string;
  /** More that are: an answerer sees which one came in `request.key`, and a step can `revoke` it. */
  readonly keys?: readonly string[];
  readonly script?: Script;
  /** What the model lists name. */
  readonly models?: readonly string[];
  /** With it, a model that is not in `models` is answered 404 in the provider's words. */
  readonly onlyListedModels?: boolean;
  /** How many requests to remember, bodies and all; without it every one. Long benchmarks want a bound. */
  readonly keepRequests?: number;
  /** Ids of answers and calls are made of a running number; two fakes in one conversation must not make the same ones. */
  readonly countFrom?: number;
  /** Where to listen; a free port when not given. */
  readonly port?: number;
  /** Delays and moments are of this clock, and it is told of all that happens here. */
  readonly clock?: VirtualClock;
}

export interface FakeProvider {
  /** `http://127.0.0.1:PORT`, without a path. */
  readonly url: string;
  /** All requests in the order of arrival, refused ones and unknown addresses as well. */
  readonly requests: readonly FakeRequest[];
  /** Adds steps to the list, or sets the function that is asked once the list is empty. */
  script(...next: readonly Step[] | readonly [Answerer]): void;
  /** Ends every socket, stalled ones as well. */
  close(): Promise<void>;
}

const ALL: Readonly<Record<DialectId, FakeDialect>> = {
  'openai-chat': FAKE_CHAT,
  'openai-responses': FAKE_RESPONSES,
  'anthropic-messages': FAKE_ANTHROPIC,
  gemini: FAKE_GEMINI,
};

/** A provider on 127.0.0.1 that is as strict as the real one and answers what the script says. */
export async function startFakeProvider(options: FakeProviderOptions): Promise<FakeProvider> {
  const ids = options.dialects ?? (options.dialect === undefined ? (Object.keys(ALL) as DialectId[]) : [options.dialect]);
  const dialects = ids.map((id) => ALL[id]);
  const memory: Memory = { name: randomUUID(), issued: new Map(), stored: new Map() };
  const requests: FakeRequest[] = [];
  let count = options.countFrom ?? 0;
  const steps: Step[] = Array.isArray(options.script) ? [...options.script] : [];
  let answerer: Answerer | undefined = typeof options.script === 'function' ? options.script : undefined;
  const models = options.models ?? ['fake-large', 'fake-small'];
  let keys: readonly string[] = [options.key, ...(options.keys ?? [])];

  const { key: wanted } = options;
  const authorise = (request: FakeRequest, dialect: FakeDialect) => {
    if (wanted !== 'none') return dialect.authorise(request, keys);
    // What refuses every key refuses any that was sent.
    const sent = ['authorization', 'x-api-key', 'x-goog-api-key'].some((name) => request.headers[name] !== undefined);
    return sent ? dialect.authorise(request, []) : undefined;
  };

  function nextStep(request: FakeRequest): Step {
    const at = steps.findIndex((step) => (step.on ?? 'generate') === request.operation);
    if (at !== -1) return steps.splice(at, 1)[0] ?? {};
    if (answerer === undefined || request.read === undefined || request.operation !== 'generate') return {};
    return answerer(request as FakeRequest & { readonly read: ReadRequest }) ?? {};
  }

  async function handle(message: IncomingMessage, response: ServerResponse, pace: Pace): Promise<void> {
    const path = message.url ?? '/';
    const route = path.split('?')[0] ?? '/';
    const dialect = choose(dialects, message, route);
    const operation = dialect.route(message.method ?? 'GET', route);
    const request = record(message, dialect.id, operation);
    const arrived = (count += 1);
    requests.push(request);
    if (requests.length > (options.keepRequests ?? Infinity)) requests.shift();
    for (const [name, value] of Object.entries(dialect.headers)) response.setHeader(name, value);
    // What a header says of a moment is read by the provider's own clock.
    if (options.clock !== undefined) response.setHeader('date', new Date(pace.now()).toUTCString());
    response.on('close', () => {
      pace.touch();
      if (request.times.ended === undefined) request.times.aborted = performance.now();
    });
    const way = { request, response, pace };
    const raw = await readBody(message, pace);
    if (raw === undefined) return;
    Object.assign(request, { raw, body: parse(raw) });
    request.times.bodyRead = performance.now();

    // Claude Code knocks before it logs in.
    if (message.method === 'HEAD') return playJson(way, 200, {}, {});
    const refusal =
      operation === undefined
        ? dialect.notFound(route)
        : (authorise(request, dialect) ??
          (operation === 'models' ? undefined : badPayload(request, dialect)) ??
          dialect.check(request, operation, memory));
    if (refusal !== undefined || operation === undefined) {
      const { status, body, message: why } = refusal ?? dialect.notFound(route);
      request.refusal = why;
      return playJson(way, status, {}, body);
    }
    request.key = keys.find((key) => dialect.authorise(request, [key]) === undefined);
    request.read = readRequest(dialect.id, request.body, path);
    if (options.onlyListedModels === true && operation !== 'models' && !models.includes(request.read.model)) {
      const { status, body, message: why } = dialect.unknownModel(request.read.model);
      request.refusal = why;
      return playJson(way, status, {}, body);
    }
    const step = nextStep(request);
    if (step.revoke === true) keys = keys.filter((key) => key !== request.key);
    const refused = step.revoke === true ? dialect.authorise(request, keys) : undefined;
    if (refused !== undefined) return playJson(way, refused.status, {}, refused.body);
    await playAnswer({ ...way, dialect, operation, memory, models, step, number: arrived });
  }

  const server = createServer((message, response) => {
    const pace = paceOf(options.clock);
    handle(message, response, pace)
      .catch((error: unknown) => {
        // A fault in a test's own script: say so loudly, in the answer and on the terminal.
        console.error(error);
        response.destroy();
      })
      .finally(() => pace.over());
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  // Codex tries a websocket first; 426 sends it to POST without loss of time.
  server.on('upgrade', (_message, socket) =>
    socket.end('HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'),
  );
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    script(...next) {
      for (const each of next) {
        if (typeof each === 'function') answerer = each;
        else steps.push(each);
      }
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** By address; the model lists share one, so there the headers tell. */
function choose(dialects: readonly FakeDialect[], { method, headers }: IncomingMessage, route: string): FakeDialect {
  const fitting = dialects.filter((dialect) => dialect.route(method ?? 'GET', route) !== undefined);
  const isGemini = headers['x-goog-api-key'] !== undefined || headers['x-goog-api-client'] !== undefined;
  const wanted = isGemini ? 'gemini' : headers['anthropic-version'] !== undefined ? 'anthropic-messages' : 'openai-';
  const [first] = dialects;
  if (first === undefined) throw new TypeError('a fake provider needs a dialect');
  return (
    fitting.find((dialect) => dialect.id.startsWith(wanted)) ??
    fitting[0] ??
    dialects.find((dialect) => dialect.id.startsWith(wanted)) ??
    first
  );
}

function record(message: IncomingMessage, dialect: DialectId, operation: FakeRequest['operation']): FakeRequest {
  const times = { started: performance.now(), bodyRead: undefined, headersSent: undefined, ended: undefined, aborted: undefined };
  const headers = Object.fromEntries(
    Object.entries(message.headersDistinct).map(([name, values]) => [name, (values ?? []).join(', ')]),
  );
  return {
    dialect,
    operation,
    method: message.method ?? 'GET',
    path: message.url ?? '/',
    headers,
    rawHeaders: message.rawHeaders,
    raw: Buffer.alloc(0),
    body: undefined,
    key: undefined,
    read: undefined,
    status: undefined,
    refusal: undefined,
    times,
    get aborted() {
      return this.times.aborted !== undefined;
    },
  };
}

/** Undefined when the client went away before its body was whole. */
async function readBody(message: IncomingMessage, pace: Pace): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of message) {
      pace.touch();
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks);
  } catch {
    return undefined;
  }
}

function parse(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch {
    return undefined;
  }
}

function badPayload(request: FakeRequest, dialect: FakeDialect): ReturnType<FakeDialect['authorise']> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json\b/i.test(type)) {
    return dialect.error({
      status: 400,
      message: `Unsupported content type: '${type}'. This API method only accepts 'application/json' requests.`,
    });
  }
  if (!isObject(request.body)) {
    return dialect.error({ status: 400, message: 'We could not parse the JSON body of your request. It must be a JSON object.' });
  }
  return undefined;
}
