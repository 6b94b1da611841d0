// Asks as fast as answers come. A process of its own that its parent commands over the IPC channel, one slice of load at a time.
// Plain sockets: an HTTP client would cost more than the fastest thing measured here, and the figures would be the client's.
import net from 'node:net';
import { median } from './median.ts';

export interface Slice {
  readonly port: number;
  readonly request: string;
  readonly connections: number;
  /** Nothing asked before it has passed is counted: connections are made and code is compiled then. */
  readonly warmUpMs: number;
  /** Ends when either is reached; time counts from the end of the warm-up. */
  readonly milliseconds: number;
  readonly requests: number;
}

/** Latencies are medians in milliseconds. */
export interface SliceResult {
  readonly answers: number;
  /** Anything but a whole answer with status 200. */
  readonly errors: number;
  readonly perSecond: number;
  /** Of the answer's body. */
  readonly firstByte: number;
  readonly total: number;
}

const HEAD_END = Buffer.from('\r\n\r\n');
/** Nothing else in the mock's answers looks like the end of a chunked body, and nothing follows it. */
const CHUNKED_END = '0\r\n\r\n';
const READ_BYTES = 64 * 1024;
const PATIENCE_MS = 20_000;

process.on('disconnect', () => process.exit());
process.on('message', (slice: Slice) => {
  void runSlice(slice).then((result) => process.send?.(result));
});

async function runSlice(slice: Slice): Promise<SliceResult> {
  const firstBytes: number[] = [];
  const totals: number[] = [];
  let errors = 0;
  let asked = 0;
  const begun = performance.now() + slice.warmUpMs;
  const mayAsk = (): boolean => asked++ < slice.requests && performance.now() - begun < slice.milliseconds;
  const onAnswer = (status: number, sentAt: number, firstByteAt: number): void => {
    if (status !== 200) errors++;
    if (sentAt < begun) return;
    firstBytes.push(firstByteAt - sentAt);
    totals.push(performance.now() - sentAt);
  };
  const request = Buffer.from(slice.request, 'latin1');
  const ends = await Promise.all(
    Array.from({ length: slice.connections }, () => askRepeatedly(slice.port, request, mayAsk, onAnswer)),
  );
  const seconds = (performance.now() - begun) / 1000;
  errors += ends.filter((end) => end === 'cut').length;
  return {
    answers: totals.length,
    errors,
    perSecond: totals.length / seconds,
    firstByte: median(firstBytes),
    total: median(totals),
  };
}

/** One connection. Times run from the write of a request to the arrival of bytes. */
function askRepeatedly(
  port: number,
  request: Buffer,
  mayAsk: () => boolean,
  onAnswer: (status: number, sentAt: number, firstByteAt: number) => void,
): Promise<'done' | 'cut'> {
  const { promise, resolve } = Promise.withResolvers<'done' | 'cut'>();
  let sentAt = 0;
  let firstByteAt = 0;
  let head: Buffer | undefined;
  let status = 0;
  /** Bytes of the body still to come; undefined while it is chunked. */
  let missing: number | undefined;
  let tail = '';

  const ask = (): void => {
    if (!mayAsk()) {
      resolve('done');
      socket.destroy();
      return;
    }
    head = undefined;
    status = 0;
    firstByteAt = 0;
    tail = '';
    sentAt = performance.now();
    socket.write(request);
  };

  const read = (piece: Buffer): void => {
    let body = piece;
    if (status === 0) {
      // The read buffer is used again for the next piece.
      head = head === undefined ? piece : Buffer.concat([head, piece]);
      const end = head.indexOf(HEAD_END);
      if (end === -1) return void (head = Buffer.from(head));
      const text = head.toString('latin1', 0, end);
      status = Number(text.slice(9, 12));
      const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
      missing = length === undefined ? undefined : Number(length);
      body = head.subarray(end + HEAD_END.length);
    }
    if (firstByteAt === 0 && body.length > 0) firstByteAt = performance.now();
    if (missing !== undefined) missing -= body.length;
    tail = (tail + body.toString('latin1', Math.max(0, body.length - CHUNKED_END.length))).slice(-CHUNKED_END.length);
    const whole = missing === undefined ? tail.endsWith(CHUNKED_END) : missing <= 0;
    if (!whole) return;
    onAnswer(status, sentAt, firstByteAt);
    ask();
  };

  const socket = net.connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      buffer: Buffer.allocUnsafe(READ_BYTES),
      callback: (bytes, buffer) => {
        read((buffer as Buffer).subarray(0, bytes));
        return true;
      },
    },
  });
  socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  socket.on('connect', ask);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => resolve('cut'));
  return promise;
}
