import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { openLedgerReadOnly } from '../core/ledger/read-only.ts';
import { LEDGER_FILE } from '../host/ledger-file.ts';
import { dataFiles, listLines, usedBy } from '../host/purge/data-files.ts';
import { eraseFiles } from '../host/purge/erase.ts';
import { UsageError } from './usage-error.ts';

interface PurgeOptions {
  readonly data?: string | undefined;
  readonly yes: boolean;
  readonly force: boolean;
}

const WORD = 'purge';

/** Erases what gateways have kept in a folder. Keys and tokens are in none: keys come from outside, tokens live as long as the gateway. */
export async function purge({ data, yes, force }: PurgeOptions): Promise<number> {
  if (data === undefined) throw new UsageError('purge needs --data DIR');
  const folder = path.resolve(data);
  if (!existsSync(folder)) throw new Error('There is no such folder; check --data.');
  // First: reading leaves a log and an index beside the ledger.
  const requests = bookedRequests(folder);
  const groups = dataFiles(folder);
  if (groups.length === 0) {
    process.stdout.write('There is nothing of Gatehouse in this folder.\n');
    return 0;
  }
  const lines = listLines(groups, requests);
  process.stdout.write(`This will be erased from ${folder}:\n${lines.map((line) => `  ${line}\n`).join('')}`);
  const running = usedBy(folder);
  if (running.length > 0 && !force) {
    const who = running.map(({ pid, place }) => `process ${pid} on ${place.split('/')[0]}`).join(', ');
    throw new Error(`A gateway uses this folder: ${who}. Stop it first, or give --force: then what it still writes is left over.`);
  }
  if (!yes && !(await isConfirmed())) return 2;
  const failed = eraseFiles(
    groups.flatMap(({ files }) => files),
    running.length > 0,
  );
  for (const { file, code } of failed) process.stderr.write(`${path.basename(file)} could not be erased (${code})\n`);
  const left = dataFiles(folder).flatMap(({ files }) => files);
  process.stdout.write(left.length === 0 ? 'Erased.\n' : `${left.length} files are left.\n`);
  return left.length === 0 ? 0 : 1;
}

/** Only at a terminal there is somebody to ask. */
async function isConfirmed(): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    process.stderr.write('Nothing was erased. Give --yes to do it.\n');
    return false;
  }
  const question = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await question.question(`It cannot be brought back. Type "${WORD}" to erase it: `);
  question.close();
  if (answer.trim() === WORD) return true;
  process.stderr.write('Nothing was erased.\n');
  return false;
}

/** Undefined where there is no ledger that can be read. */
function bookedRequests(folder: string): number | undefined {
  try {
    const ledger = openLedgerReadOnly(path.join(folder, LEDGER_FILE));
    try {
      return ledger.usage({ by: [] }).reduce((sum, row) => sum + row.requests, 0);
    } finally {
      ledger.close();
    }
  } catch {
    return undefined;
  }
}
