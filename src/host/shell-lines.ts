import type { DialectId } from '../core/ir/dialect.ts';

/** For whom lines that set variables are written. */
export type Shell = 'posix' | 'fish' | 'powershell' | 'cmd' | 'dotenv';

export function shellLines(shell: Shell, variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => LINE[shell](name, value))
    .join('\n');
}

const LINE: Readonly<Record<Shell, (name: string, value: string) => string>> = {
  posix: (name, value) => `export ${name}=${posixQuoted(value)}`,
  fish: (name, value) => `set -gx ${name} '${value.replaceAll(/[\\']/g, String.raw`\$&`)}'`,
  // Curly quotes end a string there too.
  powershell: (name, value) => `$env:${name} = '${value.replaceAll(/['\u2018-\u201b]/g, '$&$&')}'`,

  // Between these quotes only a percent sign has a meaning, and neither a URL of ours nor a token has one.
  cmd: (name, value) => `set "${name}=${value}"`,
  dotenv: (name, value) => `${name}=${/^[\w.:/,@+-]*$/.test(value) ? value : `"${value.replaceAll(/["\\$]/g, String.raw`\$&`)}"`}`,
};

export function posixQuoted(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`;
}

/** A question to the gateway in one line, for a shell like bash. */
export function curlLine(dialect: DialectId, url: string, token: string, model: string): string {
  const { path, body } = QUESTIONS[dialect](model);
  const headers = [`Authorization: Bearer ${token}`, 'Content-Type: application/json'];
  if (dialect === 'anthropic-messages') headers.push('anthropic-version: 2023-06-01');
  return [
    'curl',
    posixQuoted(url + path),
    ...headers.map((header) => `-H ${posixQuoted(header)}`),
    `-d ${posixQuoted(JSON.stringify(body))}`,
  ].join(' ');
}

const TEXT = 'Say hello.';
const QUESTIONS: Readonly<Record<DialectId, (model: string) => { readonly path: string; readonly body: object }>> = {
  'openai-chat': (model) => ({ path: '/v1/chat/completions', body: { model, messages: [{ role: 'user', content: TEXT }] } }),
  'openai-responses': (model) => ({ path: '/v1/responses', body: { model, input: TEXT } }),
  'anthropic-messages': (model) => ({
    path: '/v1/messages',
    body: { model, max_tokens: 200, messages: [{ role: 'user', content: TEXT }] },
  }),
  gemini: (model) => ({
    path: `/v1beta/models/${model}:generateContent`,
    body: { contents: [{ role: 'user', parts: [{ text: TEXT }] }] },
  }),
};
