import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseConfig } from '../../src/core/config/parse.ts';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import type { AuditOptions } from '../../src/core/ledger/audit/audit-log.ts';
import type { SettledRequest } from '../../src/core/ledger/records.ts';
import type { SnapshotSource } from '../../src/core/routing/snapshot.ts';
import type { NetworkSettings } from '../../src/core/server/dial.ts';
import { runGateway, type RunningGateway } from '../../src/host/run-gateway.ts';
import { logTo } from '../../src/host/system-ports.ts';

/** The provider's real key, and what the agent has instead of it. Neither may ever be seen on the other's side. */
export const KEY = 'sk-canary-real-key-0123456789abcdef';
export const TOKEN = 'gh-local-token-0123456789abcdef';

/** Dollars per million tokens; a cost is then easily worked out: 1 USD per million is 1000 nano-dollars a token. */
export const PRICES = { input: 3, output: 15, cacheRead: 0.3, cacheWrite5m: 3.75, cacheWrite1h: 6 };

/** What a scripted answer says it used, and what that costs at `PRICES`: 3000a + 300b + 15000c nano-dollars. */
export const USED = { input: 1000, cacheRead: 200, output: 50 };
export const USED_NANO = 1000 * 3000 + 200 * 300 + 50 * 15_000;

export interface TestGatewayOptions {
  /** Base URL of the one provider, called `fake`; it speaks `dialects`, all four when left out. */
  readonly provider: string;
  readonly dialects?: readonly DialectId[];
  /** Added to the provider's configuration, and to the whole configuration. */
  readonly providerConfig?: object;
  readonly config?: object;
  readonly agent?: object;
  readonly network?: Partial<NetworkSettings>;
  readonly dataDir?: string;
  /** Left out: nothing is recorded in the audit log. */
  readonly audit?: AuditOptions;
}

export interface TestGateway {
  readonly url: string;
  readonly port: number;
  readonly running: RunningGateway;
  readonly dataDir: string;
  readonly log: readonly string[];
  /** Waits (up to two seconds) until so many requests are settled; oldest first. */
  rows(count: number): Promise<SettledRequest[]>;
  /** The one row that there is. */
  row(): Promise<SettledRequest>;
  close(): Promise<void>;
}

/** The whole gateway in this process, with one provider, one key and one agent (`tester`) that asks for models on that provider. */
export async function startGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const dataDir = options.dataDir ?? mkdtempSync(path.join(os.tmpdir(), 'gatehouse-test-'));
  const log: string[] = [];
  const running = await runGateway({
    source: sourceFor(options),
    network: { httpProxy: '', httpsProxy: '', noProxy: '', strictTls: true, ...options.network },
    dataDir,
    port: 0,
    portIsWish: false,
    workspace: 'test',
    audit: options.audit,
    log: logTo((level, line) => log.push(`${level} ${line}`)),
  });
  const rows = async (count: number): Promise<SettledRequest[]> => {
    const found = await eventually(
      () => running.ledger.requests({}),
      (all) => all.length >= count,
    );
    if (found.length !== count) throw new Error(`${found.length} requests are settled, not ${count}`);
    return found.reverse();
  };
  return {
    url: running.server.url,
    port: running.server.port,
    running,
    dataDir,
    log,
    rows,
    row: async () => (await rows(1))[0]!,
    async close() {
      await running.close(0);
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** What the gateway holds against the key after a failure, so that the next one reaches the provider, too. */
export function forgetFailures({ running }: Pick<TestGateway, 'running'>): void {
  running.routing.health.forgive('fake/key');
}

export function sourceFor(options: TestGatewayOptions): SnapshotSource {
  const parsed = parseConfig({
    providers: {
      fake: {
        kind: 'openai-compatible',
        baseUrl: `${options.provider}/v1`,
        dialects: options.dialects ?? DIALECT_IDS,
        prices: { '*': PRICES },
        ...options.providerConfig,
      },
    },
    agents: { tester: { provider: 'fake', ...options.agent } },
    // One request, one attempt: what happens after a failure is shown where it is the subject.
    retries: { attempts: 0 },
    ...options.config,
  });
  if (parsed.faults !== undefined) throw new Error(JSON.stringify(parsed.faults));
  return { config: parsed.config, keys: [{ id: 'fake/key', provider: 'fake', secret: KEY }], tokens: { tester: TOKEN } };
}

/** The last value once it is `good`, or after `ms`. */
export async function eventually<T>(read: () => T, good: (value: T) => boolean, ms = 2000): Promise<T> {
  const until = performance.now() + ms;
  for (;;) {
    const value = read();
    if (good(value) || performance.now() > until) return value;
    await sleep(5);
  }
}

/** How to ask in each dialect; `stream` adds what makes it a stream. */
export interface Wire {
  readonly dialect: DialectId;
  readonly headers: Readonly<Record<string, string>>;
  readonly path: (stream: boolean) => string;
  readonly body: (stream: boolean) => Record<string, unknown>;
}

export const WIRES: Readonly<Record<DialectId, Wire>> = {
  'openai-chat': {
    dialect: 'openai-chat',
    headers: { authorization: `Bearer ${TOKEN}` },
    path: () => '/v1/chat/completions',
    body: (stream) => ({ model: 'gpt-4.1', stream, messages: [{ role: 'user', content: 'hello' }] }),
  },
  'openai-responses': {
    dialect: 'openai-responses',
    headers: { authorization: `Bearer ${TOKEN}` },
    path: () => '/v1/responses',
    body: (stream) => ({ model: 'gpt-5.5', stream, input: 'hello' }),
  },
  'anthropic-messages': {
    dialect: 'anthropic-messages',
    headers: { 'x-api-key': TOKEN, 'anthropic-version': '2023-06-01' },
    path: () => '/v1/messages',
    body: (stream) => ({ model: 'claude-opus-5-5', max_tokens: 1000, stream, messages: [{ role: 'user', content: 'hello' }] }),
  },
  gemini: {
    dialect: 'gemini',
    headers: { 'x-goog-api-key': TOKEN },
    path: (stream) => `/v1beta/models/gemini-3-pro:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: () => ({ contents: [{ role: 'user', parts: [{ text: 'hello' }] }] }),
  },
};

export interface Asked {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** True when the answer ended as it should; false when the connection was cut in it. */
  readonly clean: boolean;
}

export interface AskOptions {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array | object;
  /** Called with each piece of the answer. */
  readonly onData?: (chunk: Buffer, request: http.ClientRequest) => void;
  readonly agent?: http.Agent;
  readonly signal?: AbortSignal;
}

/** One request over node:http, which neither follows, decodes nor hides anything. Rejects when there is no answer at all. */
export function send(url: string, options: AskOptions): Promise<Asked> {
  const { promise, resolve, reject } = Promise.withResolvers<Asked>();
  const { body } = options;
  const text = typeof body === 'object' && !(body instanceof Uint8Array) ? JSON.stringify(body) : body;
  // Never a string: node:http would write the headers in its encoding, too.
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const request = http.request(url + options.path, {
    method: options.method ?? 'POST',
    headers: { 'content-type': 'application/json', ...options.headers },
    agent: options.agent ?? false,
    timeout: 10_000,
    ...(options.signal && { signal: options.signal }),
  });
  request.on('timeout', () => request.destroy(new Error('no answer in ten seconds')));
  request.on('error', reject);
  request.on('response', (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      options.onData?.(chunk, request);
    });
    response.on('error', () => undefined);
    response.on('close', () => {
      const whole = Buffer.concat(chunks);
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: whole,
        text: whole.toString(),
        clean: response.complete,
      });
    });
  });
  request.end(bytes);
  return promise;
}

export function ask(
  gateway: Pick<TestGateway, 'url'>,
  dialect: DialectId,
  stream: boolean,
  extra: Partial<AskOptions> & { readonly change?: object } = {},
): Promise<Asked> {
  const wire = WIRES[dialect];
  return send(gateway.url, {
    path: wire.path(stream),
    body: { ...wire.body(stream), ...extra.change },
    ...extra,
    headers: { ...wire.headers, ...extra.headers },
  });
}

export const jsonOf = (asked: Pick<Asked, 'text'>): any => JSON.parse(asked.text);

/** The words of an error in any dialect. */
export const errorMessage = (asked: Pick<Asked, 'text'>): string => String(jsonOf(asked).error?.message);
