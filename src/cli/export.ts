import { once } from 'node:events';
import path from 'node:path';
import { exportPieces } from '../core/ledger/export.ts';
import { exportSums } from '../core/ledger/export-sums.ts';
import { openLedgerReadOnly, type LedgerReader } from '../core/ledger/read-only.ts';
import { LEDGER_FILE } from '../host/ledger-file.ts';
import { writeBeside } from '../host/write-beside.ts';
import { groupColumns } from './group-columns.ts';
import { timeRange } from './time-range.ts';
import { UsageError } from './usage-error.ts';

interface ExportOptions {
  readonly data?: string | undefined;
  readonly by: string;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly format?: string | undefined;
  readonly output?: string | undefined;
}

/** Every request as a line, or with `--by` the sums; to a file or to standard output. Safe while a gateway writes the same file. */
export async function exportUsage(options: ExportOptions): Promise<number> {
  const { data, output, by } = options;
  if (data === undefined) throw new UsageError('export needs --data DIR');
  const format = formatOf(options);
  const columns = by === '' ? 'request' : groupColumns(by);
  const range = timeRange(options);
  const ledger = openLedgerReadOnly(path.join(data, LEDGER_FILE));
  try {
    const texts =
      columns === 'request'
        ? requestTexts(ledger, { ...range, format: format === 'csv' ? 'csv' : 'jsonl' })
        : [exportSums(ledger.usage({ ...range, by: columns }), columns, format)];
    return await (output === undefined ? writeOut(texts) : writeFile(output, texts));
  } finally {
    ledger.close();
  }
}

function formatOf({ format, output }: ExportOptions): 'csv' | 'json' {
  const named = format ?? (output !== undefined && /\.jsonl?$/i.test(output) ? 'json' : 'csv');
  if (named === 'csv' || named === 'json') return named;
  throw new UsageError(`--format knows csv and json; not "${named}"`);
}

async function* requestTexts(ledger: LedgerReader, query: Parameters<LedgerReader['exportPiece']>[0]): AsyncGenerator<string> {
  for await (const { text } of exportPieces((after) => ledger.exportPiece(query, after))) yield text;
}

/** As fast as the reader reads. One that has seen enough (`| head`) is no failure. */
async function writeOut(texts: AsyncIterable<string> | Iterable<string>): Promise<number> {
  const { stdout } = process;
  let failure: NodeJS.ErrnoException | undefined;
  stdout.on('error', (error) => (failure = error));
  for await (const text of texts) {
    if (failure !== undefined) break;
    if (!stdout.write(text)) await once(stdout, 'drain').catch(() => undefined);
  }
  // What was written last may fail, too.
  await new Promise<void>((resolve) => stdout.write('', () => resolve()));
  if (failure !== undefined && failure.code !== 'EPIPE') throw failure;
  return 0;
}

/** A shell's code for a program that was interrupted. */
const INTERRUPTED = 130;

async function writeFile(output: string, texts: AsyncIterable<string> | Iterable<string>): Promise<number> {
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  process.on('SIGINT', abort).on('SIGTERM', abort);
  try {
    await writeBeside(output, texts, stop.signal);
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return INTERRUPTED;
    const { code } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : new Error(`${JSON.stringify(output)} could not be written (${code})`, { cause: error });
  } finally {
    process.off('SIGINT', abort).off('SIGTERM', abort);
  }
}
