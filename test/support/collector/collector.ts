import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { VirtualClock } from '../virtual-clock.ts';
import {
  decodeRequest,
  encodeReply,
  metricsIn,
  spansIn,
  type ReceivedMetric,
  type ReceivedSpan,
  type SignalName,
} from './decode.ts';

/** How a collector behaves towards one request; left out: it takes it. */
export interface Manner {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** So many of what came are not taken. */
  readonly rejected?: number;
  /** Takes the request and never answers. */
  readonly hang?: boolean;
  readonly cut?: boolean;
}

export interface CollectorRequest {
  readonly signal: SignalName;
  readonly headers: IncomingHttpHeaders;
  readonly raw: Buffer;
  /** By the test's clock, or the system's. */
  readonly at: number;
  readonly spans: readonly ReceivedSpan[];
  readonly metrics: readonly ReceivedMetric[];
}

export interface Collector {
  readonly url: string;
  readonly port: number;
  /** Connections that were ever made. */
  readonly connections: number;
  /** All requests that could be read, in the order of arrival, also those that were not taken. */
  readonly requests: readonly CollectorRequest[];
  /** Of what was taken. */
  readonly spans: readonly ReceivedSpan[];
  /** The latest word on it. */
  metric(name: string): ReceivedMetric;
  readonly metricNames: readonly string[];
  /** Why requests were refused that a real collector would refuse, too. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

interface CollectorOptions {
  readonly port?: number;
  readonly manner?: (request: CollectorRequest, count: number) => Manner;
  readonly clock?: VirtualClock;
  /** Below which the paths are. */
  readonly basePath?: string;
}

/** Takes OTLP over HTTP as strictly as a real collector, and reads it with OpenTelemetry's own messages. */
export async function startCollector({ port = 0, manner, clock, basePath = '' }: CollectorOptions = {}): Promise<Collector> {
  const requests: CollectorRequest[] = [];
  const taken: CollectorRequest[] = [];
  const faults: string[] = [];
  let connections = 0;
  const server = createServer((message, response) => {
    const release = clock?.hold();
    response.on('finish', () => release?.());
    response.on('close', () => release?.());
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const refuse = (status: number, why: string): void => {
        faults.push(why);
        response.writeHead(status).end(why);
      };
      const signal = (['traces', 'metrics'] as const).find((name) => message.url === `${basePath}/v1/${name}`);
      if (message.method !== 'POST' || signal === undefined) return refuse(404, `${message.method} ${message.url}`);
      const type = message.headers['content-type'];
      if (type !== 'application/json' && type !== 'application/x-protobuf') return refuse(415, `content-type ${type}`);
      const json = type === 'application/json';
      let request: CollectorRequest;
      try {
        const raw = Buffer.concat(chunks);
        const decoded = decodeRequest(signal, json, raw);
        request = {
          signal,
          headers: message.headers,
          raw,
          at: (clock ?? performance).now(),
          spans: signal === 'traces' ? spansIn(decoded, json) : [],
          metrics: signal === 'metrics' ? metricsIn(decoded) : [],
        };
      } catch (error) {
        return refuse(400, `cannot be read: ${String(error)}`);
      }
      requests.push(request);
      const { status = 200, headers = {}, body, rejected = 0, hang, cut } = manner?.(request, requests.length) ?? {};
      if (hang) return release?.();
      if (cut) return void message.socket.destroy();
      if (status < 300) taken.push(request);
      response.writeHead(status, { 'content-type': type, ...headers });
      response.end(body ?? encodeReply(signal, json, rejected));
    });
  });
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${bound}${basePath}`,
    port: bound,
    requests,
    faults,
    get connections() {
      return connections;
    },
    get spans() {
      return taken.flatMap(({ spans }) => spans);
    },
    get metricNames() {
      return [...new Set(taken.flatMap(({ metrics }) => metrics.map(({ name }) => name)))];
    },
    metric(name) {
      const found = taken.flatMap(({ metrics }) => metrics).findLast((metric) => metric.name === name);
      if (found === undefined) throw new Error(`there is no metric ${name}`);
      return found;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
