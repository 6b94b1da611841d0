import tls from 'node:tls';
import { Agent, EnvHttpProxyAgent, type Dispatcher } from 'undici';
import { guardedConnector, FORBIDDEN, PRIVATE } from './guarded-connector.ts';
import type { Upstream, UpstreamCall, UpstreamFailure, UpstreamRequest, UpstreamSink } from '../ports.ts';

/** How connections leave this machine. Empty strings mean none. */
export interface NetworkSettings {
  readonly httpProxy: string;
  readonly httpsProxy: string;
  /** Comma-separated hosts that are dialled directly; loopback always is. */
  readonly noProxy: string;
  /** False accepts any certificate (VS Code's http.proxyStrictSSL). */
  readonly strictTls: boolean;
}

/** Many streams run at once against one provider; each needs a connection of its own (HTTP/1.1, no pipelining). */
const CONNECTIONS_PER_ORIGIN = 256;
/** Providers close idle connections after about a minute; a request sent into a closing one is lost. */
const KEEP_ALIVE_MS = 20_000;
/** Reading the certificates takes 40 ms (25 of them the system's): done soon after the start, and not in the first request. */
const WARM_UP_MS = 200;

/** The only file that opens an outgoing connection. Redirects are not followed: undici's dispatch never does. */
export class Dialer implements Upstream {
  readonly #settings: NetworkSettings;
  /** Connections to local providers are a pool of their own: what was allowed for one is not lent to another. */
  readonly #dispatchers = new Map<boolean, Dispatcher>();
  #connectMs = 0;
  #context: tls.SecureContext | undefined;
  readonly #warmUp: NodeJS.Timeout | undefined;
  readonly #readContext: () => tls.SecureContext;

  /** `readContext`: where the certificates come from, if they are read by somebody else. */
  constructor(settings: NetworkSettings, readContext?: () => tls.SecureContext) {
    this.#settings = settings;
    this.#readContext = readContext ?? (() => tls.createSecureContext({ ca: trustedCertificates() }));
    this.#warmUp = readContext === undefined ? setTimeout(() => this.#secureContext(), WARM_UP_MS).unref() : undefined;
  }

  /** The same way out with connections of its own, so that what is sent there takes none from providers and may outlive them. */
  apart(): Dialer {
    return new Dialer(this.#settings, () => this.#secureContext());
  }

  send(request: UpstreamRequest, sink: UpstreamSink): UpstreamCall {
    const call = new DialledCall(sink);
    try {
      this.#dispatcherFor(request.local === true, request.timeouts.connect).dispatch(
        {
          origin: request.origin,
          path: request.path,
          method: request.method,
          headers: request.headers as string[],
          body: request.body ?? null,
          headersTimeout: request.timeouts.firstByte,
          bodyTimeout: request.timeouts.idle,
        },
        call,
      );
    } catch (error) {
      call.failLater(error);
    }
    return call;
  }

  async close(): Promise<void> {
    clearTimeout(this.#warmUp);
    await Promise.all([...this.#dispatchers.values()].map((dispatcher) => dispatcher.destroy()));
  }

  #dispatcherFor(local: boolean, connectMs: number): Dispatcher {
    if (this.#connectMs !== connectMs) {
      for (const dispatcher of this.#dispatchers.values()) void dispatcher.close();
      this.#dispatchers.clear();
      this.#connectMs = connectMs;
    }
    let dispatcher = this.#dispatchers.get(local);
    if (dispatcher === undefined) {
      dispatcher = buildDispatcher(this.#settings, this.#secureContext(), local, connectMs);
      this.#dispatchers.set(local, dispatcher);
    }
    return dispatcher;
  }

  #secureContext(): tls.SecureContext {
    return (this.#context ??= this.#readContext());
  }
}

/** A proxy resolves names itself: what stands behind it, it answers for. */
function buildDispatcher(
  settings: NetworkSettings,
  secureContext: tls.SecureContext,
  local: boolean,
  connectMs: number,
): Dispatcher {
  const secure = { secureContext, rejectUnauthorized: settings.strictTls };
  const options = {
    connections: CONNECTIONS_PER_ORIGIN,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: guardedConnector({ ...secure, timeout: connectMs }, local),
  };
  if (!settings.httpProxy && !settings.httpsProxy) return new Agent(options);
  return new EnvHttpProxyAgent({
    ...options,
    httpProxy: withScheme(settings.httpProxy),
    httpsProxy: withScheme(settings.httpsProxy),
    noProxy: [settings.noProxy, 'localhost', '127.0.0.1', '::1'].filter(Boolean).join(','),
    requestTls: { ...secure, timeout: connectMs },
    proxyTls: { ...secure, timeout: connectMs },
  });
}

/** `proxy.corp:8080`, as the variables often have it. */
function withScheme(proxy: string): string {
  return proxy === '' || proxy.includes('://') ? proxy : `http://${proxy}`;
}

/** The certificates Node brings, those of the system (a company's own authority is there) and NODE_EXTRA_CA_CERTS. */
function trustedCertificates(): string[] {
  const all = (['bundled', 'system', 'extra'] as const).flatMap((kind) => {
    try {
      return tls.getCACertificates(kind);
    } catch {
      // Some builds of Node have no access to the system's store.
      return [];
    }
  });
  return [...new Set(all)];
}

class DialledCall implements UpstreamCall, Dispatcher.DispatchHandler {
  readonly #sink: UpstreamSink;
  #controller: Dispatcher.DispatchController | undefined;
  #sent = false;
  #over = false;

  constructor(sink: UpstreamSink) {
    this.#sink = sink;
  }

  get sent(): boolean {
    return this.#sent;
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    if (this.#controller?.paused) this.#controller.resume();
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller?.abort(new Error('the agent went away'));
  }

  failLater(error: unknown): void {
    queueMicrotask(() => this.#fail(error));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Aborted while the connection was still being made: the request is never sent.
    if (this.#over) controller.abort(new Error('the agent went away'));
    else this.#sent = true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (!this.#over && status >= 200) this.#sink.response(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#over) this.#sink.data(chunk);
  }

  onResponseEnd(): void {
    if (this.#over) return;
    this.#over = true;
    try {
      this.#sink.end();
    } catch {
      // undici has nobody left to tell, and the agent would wait until its deadline: an answer whose head cannot be written, say.
      this.#sink.fail('protocol');
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#sink.fail(failureOf(error));
  }
}

const BY_CODE: Readonly<Record<string, UpstreamFailure>> = {
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ETIMEDOUT: 'connect-timeout',
  UND_ERR_CONNECT_TIMEOUT: 'connect-timeout',
  UND_ERR_HEADERS_TIMEOUT: 'first-byte-timeout',
  UND_ERR_BODY_TIMEOUT: 'idle-timeout',
  UND_ERR_ABORTED: 'proxy',
  UND_ERR_PRX_TLS: 'proxy',
  // Addresses of providers were checked when they were configured; a proxy's was not.
  ERR_INVALID_URL: 'proxy',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'protocol',
  UND_ERR_HEADERS_OVERFLOW: 'protocol',
  [PRIVATE]: 'private-address',
  [FORBIDDEN]: 'forbidden-address',
};

/** A cause may have a cause, and a careless program makes circles of them. */
const DEEPEST_CAUSE = 5;

/** undici's and Node's errors by their codes; the texts hold addresses and are not passed on. */
export function failureOf(error: unknown, depth = 0): UpstreamFailure {
  const inner = error instanceof AggregateError ? (error.errors as unknown[])[0] : error;
  const { code: given, name, cause } = (inner ?? {}) as { code?: unknown; name?: unknown; cause?: unknown };
  // The code of a DOMException is a number.
  const code = typeof given === 'string' ? given : '';
  const known = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  if (known !== undefined) return known;
  if (/CERT|SELF_SIGNED|VERIFY|ERR_TLS|ERR_SSL|EPROTO/.test(code)) return 'tls';
  // undici gives its parser's errors no code when the very first bytes are wrong.
  if (code.startsWith('HPE_') || name === 'HTTPParserError') return 'protocol';
  return cause === undefined || depth === DEEPEST_CAUSE ? 'reset' : failureOf(cause, depth + 1);
}
