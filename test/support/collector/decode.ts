import root from 'opentelemetry-decoder/build/src/generated/root.js';

/** What OTLP holds, with attributes as plain objects and 64-bit numbers as numbers. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  readonly endMs: number;
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number;
  readonly statusMessage: string;
  readonly attributes: Attributes;
  readonly resource: Attributes;
  readonly scope: string;
}

export interface ReceivedPoint {
  readonly attributes: Attributes;
  readonly count: number;
  readonly sum: number;
  readonly bounds: readonly number[];
}

export interface ReceivedMetric {
  readonly name: string;
  readonly unit: string;
  readonly kind: 'histogram' | 'sum';
  /** 2: since the start. */
  readonly temporality: number;
  readonly points: readonly ReceivedPoint[];
  readonly resource: Attributes;
}

type Attributes = Readonly<Record<string, unknown>>;
type Raw = Readonly<Record<string, any>>;

/**
 * The protocol's own messages, generated from its definition: OpenTelemetry's package still had them in this version. Later ones write
 * the format by hand and read requests no more, which makes this one an independent witness.
 */
const { collector } = (root as Raw)['opentelemetry'].proto;
const MESSAGES = {
  traces: { request: collector.trace.v1.ExportTraceServiceRequest, response: collector.trace.v1.ExportTraceServiceResponse },
  metrics: {
    request: collector.metrics.v1.ExportMetricsServiceRequest,
    response: collector.metrics.v1.ExportMetricsServiceResponse,
  },
};

export type SignalName = keyof typeof MESSAGES;

/** Throws for what is not a request of the protocol. */
export function decodeRequest(signal: SignalName, json: boolean, body: Buffer): Raw {
  if (json) return JSON.parse(body.toString('utf8')) as Raw;
  const { request } = MESSAGES[signal];
  return request.toObject(request.decode(body), { longs: Number, bytes: String, arrays: true, defaults: true }) as Raw;
}

/** `rejected` of what came was not taken. */
export function encodeReply(signal: SignalName, json: boolean, rejected = 0): Buffer {
  const count = signal === 'traces' ? { rejectedSpans: rejected } : { rejectedDataPoints: rejected };
  const reply = rejected === 0 ? {} : { partialSuccess: { ...count, errorMessage: 'too many' } };
  if (json) return Buffer.from(JSON.stringify(reply));
  const { response } = MESSAGES[signal];
  return Buffer.from(response.encode(response.fromObject(reply)).finish());
}

export function spansIn(request: Raw, json: boolean): ReceivedSpan[] {
  const id = (value: string): string => (json ? value : Buffer.from(value, 'base64').toString('hex'));
  return request['resourceSpans'].flatMap((group: Raw) =>
    group['scopeSpans'].flatMap((scoped: Raw) =>
      scoped['spans'].map((span: Raw): ReceivedSpan => ({
        traceId: id(span['traceId']),
        spanId: id(span['spanId']),
        parentSpanId: id(span['parentSpanId'] ?? ''),
        name: span['name'],
        kind: span['kind'],
        startMs: Number(span['startTimeUnixNano']) / 1e6,
        endMs: Number(span['endTimeUnixNano']) / 1e6,
        status: span['status']?.code ?? 0,
        statusMessage: span['status']?.message ?? '',
        attributes: attributesIn(span['attributes']),
        resource: attributesIn(group['resource'].attributes),
        scope: scoped['scope'].name,
      })),
    ),
  );
}

export function metricsIn(request: Raw): ReceivedMetric[] {
  return request['resourceMetrics'].flatMap((group: Raw) =>
    group['scopeMetrics'].flatMap((scoped: Raw) =>
      scoped['metrics'].map((metric: Raw): ReceivedMetric => {
        const kind = metric['histogram'] ? 'histogram' : 'sum';
        const data: Raw = metric[kind];
        return {
          name: metric['name'],
          unit: metric['unit'],
          kind,
          temporality: data['aggregationTemporality'],
          resource: attributesIn(group['resource'].attributes),
          points: data['dataPoints'].map((point: Raw) => ({
            attributes: attributesIn(point['attributes']),
            count: Number(point['count'] ?? 0),
            sum: Number(kind === 'histogram' ? point['sum'] : (point['asDouble'] ?? point['asInt'])),
            bounds: point['explicitBounds'] ?? [],
          })),
        };
      }),
    ),
  );
}

function attributesIn(list: readonly Raw[] = []): Attributes {
  return Object.fromEntries(list.map(({ key, value }) => [key, valueIn(value)]));
}

function valueIn(value: Raw): unknown {
  const { stringValue, boolValue, intValue, doubleValue, arrayValue } = value;
  if (arrayValue) return arrayValue.values.map(valueIn);
  return stringValue ?? boolValue ?? doubleValue ?? (intValue === undefined ? undefined : Number(intValue));
}
