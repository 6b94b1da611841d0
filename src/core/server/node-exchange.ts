import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer, AnswerHeaders, Exchange } from '../gateway/exchange.ts';
import { gatewayError, type GatewayError } from '../ir/error.ts';
import { decodeBody } from '../wire/content-encoding.ts';

/** One request of node:http as the pipeline sees it. */
export function nodeExchange(request: IncomingMessage, response: ServerResponse): Exchange {
  return {
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    rawHeaders: request.rawHeaders,
    headers: request.headers,
    readBody: (limit) => readBody(request, response, limit),
    answer: nodeAnswer(response),
    onGone(listener) {
      // Not `request.destroyed`: a request is destroyed as soon as its body has been read.
      if (response.destroyed) return listener();
      response.once('close', () => {
        if (!response.writableFinished) listener();
      });
    },
  };
}

function nodeAnswer(response: ServerResponse): Answer {
  return {
    get begun() {
      return response.headersSent;
    },
    begin(status: number, headers: AnswerHeaders) {
      if (!response.headersSent) response.writeHead(status, headers as Record<string, string | string[]>);
    },
    write: (chunk) => response.writableEnded || response.destroyed || response.write(chunk),
    onDrain(listener) {
      response.on('drain', listener);
    },
    end() {
      response.end();
    },
    destroy() {
      response.destroy();
    },
  };
}

async function readBody(request: IncomingMessage, response: ServerResponse, limit: number): Promise<Uint8Array | GatewayError> {
  const tooLarge = (): GatewayError => {
    // What is still on its way is not read: the connection ends with the answer.
    response.setHeader('connection', 'close');
    return gatewayError('body-too-large', `The request is larger than ${Math.floor(limit / 1024 / 1024)} MB, the limit set by maxBodyMegabytes.`);
  };
  if (Number(request.headers['content-length'] ?? 0) > limit) return tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) return tooLarge();
      chunks.push(chunk);
    }
  } catch {
    return gatewayError('bad-request', 'The request was cut off before its end.');
  }
  const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
  const encoding = request.headers['content-encoding'];
  const decoded = await decodeBody(body, encoding, limit);
  if ('body' in decoded) return decoded.body;
  switch (decoded.fault) {
    case 'too-large':
      return tooLarge();
    case 'unknown-encoding':
      return gatewayError('unsupported-encoding', `The content encoding "${encoding}" is not known here. Send gzip, deflate, br, zstd or none.`);
    case 'corrupt':
      return gatewayError('bad-request', `The request body is not valid ${encoding}.`);
    default:
      return decoded.fault satisfies never;
  }
}
