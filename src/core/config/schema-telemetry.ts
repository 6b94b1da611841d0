import * as z from 'zod';
import { baseUrlFault } from './base-url.ts';
import { telemetryHeaderFault } from './telemetry-header.ts';
import { environmentVariable } from './schema-parts.ts';

/** The part of the schema that says where spans and metrics go. */

const headerName = z.string().superRefine((name, context) => {
  const fault = telemetryHeaderFault(name);
  if (fault) context.addIssue({ code: 'custom', message: fault });
});

const endpoint = z.string().superRefine((text, context) => {
  const fault = baseUrlFault(text, {
    move: 'set a header with "Gatehouse: Set Telemetry Header"',
    carried: 'what is sent',
  });
  if (fault) context.addIssue({ code: 'custom', message: fault });
});

export const telemetry = z
  .strictObject({
    // Left out and not missing: an object setting that nobody set is `{}` to the editor.
    endpoint: endpoint
      .optional()
      .describe(
        'Where your collector takes OTLP over HTTP, such as http://127.0.0.1:4318; `/v1/traces` and `/v1/metrics` are added. Left out: nothing is sent.',
      ),
    protocol: z.enum(['http/protobuf', 'http/json']).default('http/protobuf').describe('How it is written.'),
    traces: z.boolean().default(true).describe('Send a span for each request, with one below it for each attempt.'),
    metrics: z.boolean().default(true).describe('Send tokens, times and cost as metrics.'),
    metricsEverySeconds: z.number().min(1).max(3600).default(60).describe('How often metrics are sent.'),
    resource: z
      .record(z.string().min(1).max(100), z.string().max(500))
      .optional()
      .describe('Attributes that everything sent has, such as `{ "team.name": "payments" }`.'),
    headers: z
      .record(headerName, z.strictObject({ env: environmentVariable }))
      .optional()
      .meta({ scope: 'headless' }),
  })
  .prefault({})
  .describe(
    'Send spans and metrics to an OpenTelemetry collector that you run, and to nobody else. Names, numbers and times only: no prompt, no answer, no key. Headers that it asks for are set with "Gatehouse: Set Telemetry Header".',
  );

export type TelemetryConfig = z.infer<typeof telemetry>;
