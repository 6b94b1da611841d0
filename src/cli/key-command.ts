import { spawn } from 'node:child_process';
import path from 'node:path';

/** A password manager may wait for a fingerprint. */
const PATIENCE_MS = 60_000;
/** No key is that long; a program that prints more prints something else. */
const MOST_BYTES = 16 * 1024;

export type CommandAnswer = { readonly secret: string } | { readonly failure: string };

/**
 * Asks a program for a key: its standard output, without blanks and line breaks around it. No shell is between. What it says on standard error
 * is thrown away, for it may hold the key; a failure names the program and its exit code and nothing else, for arguments may be secret, too.
 */
export function askCommand([program = '', ...args]: readonly string[], patienceMs = PATIENCE_MS): Promise<CommandAnswer> {
  const name = path.basename(program);
  const failed = (what: string): CommandAnswer => ({ failure: `${name} ${what}` });
  const { promise, resolve } = Promise.withResolvers<CommandAnswer>();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], windowsHide: true });
  const give = (answer: CommandAnswer): void => {
    clearTimeout(timer);
    // What it has started may keep the pipe open for longer than itself.
    child.stdout.destroy();
    resolve(answer);
  };
  const stop = (what: string): void => {
    child.kill('SIGKILL');
    give(failed(what));
  };
  const timer = setTimeout(() => stop(`gave no key within ${patienceMs / 1000} s`), patienceMs);
  const chunks: Buffer[] = [];
  let size = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MOST_BYTES) stop(`printed more than ${MOST_BYTES / 1024} KB, which is no key`);
  });
  child.on('error', (error: NodeJS.ErrnoException) => give(failed(`could not be started (${error.code ?? 'no reason given'})`)));
  child.on('close', (code, signal) => {
    if (code !== 0) return give(failed(code === null ? `was ended by ${signal}` : `ended with exit code ${code}`));
    const secret = Buffer.concat(chunks).toString('utf8').trim();
    if (secret === '') return give(failed('printed nothing'));
    give(/[^\u0021-\u007e]/.test(secret) ? failed('printed more than one word, or characters that no key has') : { secret });
  });
  return promise;
}
