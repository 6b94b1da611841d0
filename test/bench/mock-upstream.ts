// A provider that costs next to nothing, so that what is measured is the way to it: HTTP by hand over plain sockets, canned answers.
import net from 'node:net';
import type { AddressInfo } from 'node:net';

const STREAM_CHUNKS = 40;
const HEAD_END = Buffer.from('\r\n\r\n');

/** What providers send beside the answer: a relay has to carry it. */
const COMMON_HEADERS =
  'x-request-id: req_7f3c9d2e51b84a06\r\nopenai-processing-ms: 12\r\nopenai-version: 2020-10-01\r\n' +
  'x-ratelimit-limit-requests: 10000\r\nx-ratelimit-remaining-requests: 9999\r\nx-ratelimit-reset-requests: 6ms\r\n';

const usage = { prompt_tokens: 480, completion_tokens: 190, total_tokens: 670, prompt_tokens_details: { cached_tokens: 128 } };
const about = { id: 'chatcmpl-bench', created: 1_780_000_000, model: 'gpt-5-mini' };

const WHOLE = wholeAnswer();
const PIECES = streamPieces();

net
  .createServer({ noDelay: true }, (socket) => {
    let waiting: Buffer = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
      const request = wholeRequest(waiting);
      if (request === undefined) return;
      waiting = Buffer.alloc(0);
      if (request.includes('"stream":true')) sendPieces(socket, 0);
      else socket.write(WHOLE);
    });
  })
  .listen(0, '127.0.0.1', function (this: net.Server) {
    const { port } = this.address() as AddressInfo;
    process.stdout.write(`${JSON.stringify({ event: 'ready', url: `http://127.0.0.1:${port}` })}\n`);
  });

/** Clients here wait for an answer before they ask again, so a connection never holds more than one request. */
function wholeRequest(bytes: Buffer): Buffer | undefined {
  const head = bytes.indexOf(HEAD_END);
  if (head === -1) return undefined;
  const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, head))?.[1];
  return bytes.length >= head + HEAD_END.length + Number(length ?? 0) ? bytes : undefined;
}

/** One piece per turn of the loop: each is a packet of its own, as with a model that writes. */
function sendPieces(socket: net.Socket, at: number): void {
  const piece = PIECES[at];
  if (piece === undefined || socket.destroyed) return;
  socket.write(piece);
  setImmediate(() => sendPieces(socket, at + 1));
}

function wholeAnswer(): Buffer {
  const message = {
    role: 'assistant',
    content: 'The gate was open, and the keeper wrote each name down. '.repeat(12),
    refusal: null,
  };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }];
  const body = JSON.stringify({ object: 'chat.completion', ...about, choices, usage });
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${COMMON_HEADERS}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function streamPieces(): Buffer[] {
  const event = (data: string): string => `data: ${data}\n\n`;
  const chunk = (delta: object, finish: string | null): string =>
    event(
      JSON.stringify({
        object: 'chat.completion.chunk',
        ...about,
        choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
        usage: null,
      }),
    );
  const words = Array.from({ length: STREAM_CHUNKS - 2 }, (_, i) => chunk({ content: ` word ${i}` }, null));
  const last = event(JSON.stringify({ object: 'chat.completion.chunk', ...about, choices: [], usage })) + event('[DONE]');
  const framed = [...words, chunk({}, 'stop'), last].map((text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
  framed[0] = `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n${COMMON_HEADERS}transfer-encoding: chunked\r\n\r\n${framed[0]}`;
  framed[framed.length - 1] += '0\r\n\r\n';
  return framed.map((text) => Buffer.from(text));
}
