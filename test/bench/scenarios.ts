// What is asked, and how.

/** The generator waits for each answer before it asks again on that connection. */
export interface Scenario {
  readonly id: 'whole-1' | 'stream-1' | 'whole-64' | 'stream-64';
  readonly label: string;
  readonly stream: boolean;
  readonly connections: number;
}

export const SCENARIOS: readonly Scenario[] = [
  { id: 'whole-1', label: 'whole answers, 1 connection', stream: false, connections: 1 },
  { id: 'stream-1', label: '40-chunk streams, 1 connection', stream: true, connections: 1 },
  { id: 'whole-64', label: 'whole answers, 64 connections', stream: false, connections: 64 },
  { id: 'stream-64', label: '40-chunk streams, 64 connections', stream: true, connections: 64 },
];

/** A 2 KB conversation as the OpenAI SDK sends it. Agents of this dialect ask for usage themselves. */
export function requestBytes(host: string, token: string, stream: boolean): Buffer {
  const body = JSON.stringify({
    model: 'gpt-5',
    messages: [
      { role: 'system', content: 'You are a careful programmer who reads before writing. '.repeat(16) },
      { role: 'user', content: 'Explain what this function does, and where it may fail: "parse(\\"a,b\\")".\n'.repeat(12) },
    ],
    temperature: 0.2,
    max_completion_tokens: 1024,
    ...(stream && { stream: true, stream_options: { include_usage: true } }),
  });
  const headers = [
    'POST /v1/chat/completions HTTP/1.1',
    `host: ${host}`,
    'accept: application/json',
    'content-type: application/json',
    'user-agent: OpenAI/JS 7.55.0',
    'x-stainless-lang: js',
    'x-stainless-package-version: 7.55.0',
    'x-stainless-os: Linux',
    'x-stainless-arch: x64',
    'x-stainless-runtime: node',
    'x-stainless-retry-count: 0',
    `authorization: Bearer ${token}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${headers.join('\r\n')}\r\n\r\n${body}`);
}
