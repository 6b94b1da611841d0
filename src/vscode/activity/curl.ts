import * as l10n from '@vscode/l10n';
import type { DialectId, Operation } from '../../core/ir/dialect.ts';

/** Of a request, what is known after it is over: its contents are not kept. */
export interface CurlSubject {
  readonly agent: string;
  readonly dialect: DialectId;
  readonly operation: Operation;
  readonly requestedModel: string;
  readonly stream: boolean;
}

/**
 * The same call as a line for a shell, in the form of POSIX. Holds no secret: the token is a variable. What was asked is not kept, so a
 * placeholder stands for it.
 */
export function curlOf(subject: CurlSubject, gatewayUrl: string): string {
  const { path, headers, body } = callOf(subject);
  const lines = [
    `curl -sS${subject.stream ? 'N' : ''} ${quoted(`${gatewayUrl}${path}`)}`,
    ...headers.map((header) => `  -H ${header}`),
    `  -d ${quoted(JSON.stringify(body))}`,
  ];
  return [
    `# ${l10n.t('GATEHOUSE_TOKEN: the local token of the agent "{0}". "Gatehouse: Copy Endpoint for Agent" copies it.', oneLine(subject.agent))}`,
    `# ${l10n.t('What was asked is not kept: "hello" stands for it, and so do tools, images and all other fields.')}`,
    lines.join(' \\\n'),
    '',
  ].join('\n');
}

interface HttpCall {
  readonly path: string;
  readonly headers: readonly string[];
  readonly body: object;
}

const JSON_BODY = quoted('content-type: application/json');

function callOf({ dialect, operation, requestedModel, stream }: CurlSubject): HttpCall {
  const model = requestedModel === '' ? {} : { model: requestedModel };
  const streamed = stream ? { stream: true } : {};
  const message = { role: 'user', content: 'hello' };
  const bearer = { headers: ['"authorization: Bearer $GATEHOUSE_TOKEN"', JSON_BODY] };
  switch (dialect) {
    case 'openai-chat':
      if (operation === 'embed') return { path: '/v1/embeddings', ...bearer, body: { ...model, input: 'hello' } };
      if (operation === 'complete') return { path: '/v1/completions', ...bearer, body: { ...model, ...streamed, prompt: 'hello' } };
      return { path: '/v1/chat/completions', ...bearer, body: { ...model, ...streamed, messages: [message] } };
    case 'openai-responses':
      return { path: '/v1/responses', ...bearer, body: { ...model, ...streamed, input: 'hello' } };
    case 'anthropic-messages':
      return {
        path: '/v1/messages',
        headers: ['"x-api-key: $GATEHOUSE_TOKEN"', quoted('anthropic-version: 2023-06-01'), JSON_BODY],
        body: { ...model, max_tokens: 1024, ...streamed, messages: [message] },
      };
    case 'gemini': {
      const content = { role: 'user', parts: [{ text: 'hello' }] };
      const name = requestedModel.split('/').map(encodeURIComponent).join('/');
      const action = operation === 'embed' ? 'embedContent' : stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
      return {
        path: `/v1beta/models/${name}:${action}`,
        headers: ['"x-goog-api-key: $GATEHOUSE_TOKEN"', JSON_BODY],
        body: operation === 'embed' ? { content } : { contents: [content] },
      };
    }
    default:
      return dialect satisfies never;
  }
}

/** Names of models come from agents: nothing in them means anything to a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ');
}
