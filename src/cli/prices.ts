import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { faultLine, oneLine } from '../core/config/parse.ts';
import { PRICES_FROM } from '../core/config/schema-money.ts';
import { createPriceBook } from '../core/ledger/price-book.ts';
import { Dialer } from '../core/server/dial.ts';
import { keepPrices, type PriceKeeper } from '../host/keep-prices.ts';
import { networkFromEnvironment } from '../host/network-settings.ts';
import { looksLikeSlip, proposalLines, sourceLine } from '../host/price-words.ts';
import type { PriceProposal } from '../host/propose-prices.ts';
import { logTo, systemClock } from '../host/system-ports.ts';
import { readConfig } from './read-config.ts';
import { UsageError } from './usage-error.ts';

interface PricesOptions {
  readonly data?: string | undefined;
  readonly config?: string | undefined;
  readonly yes: boolean;
  readonly json: boolean;
}

/** The prices of a data folder. A gateway that runs on it takes over what changes. */
export async function prices([action, file, ...others]: readonly string[], options: PricesOptions): Promise<number> {
  if (options.data === undefined) throw new UsageError('prices needs --data DIR');
  if (others.length > 0 || (file !== undefined && action !== 'import')) throw new UsageError('prices was given too many arguments');
  mkdirSync(options.data, { recursive: true, mode: 0o700 });
  const log = logTo((level, line) => void (level === 'warn' && process.stderr.write(`${line}\n`)));
  const keeper = keepPrices(options.data, createPriceBook(), systemClock, log);
  try {
    switch (action) {
      case 'show':
        return show(keeper, options);
      case 'import':
        return await takeOver(keeper, await keeper.proposeImport(listIn(file)), options);
      case 'refresh':
        return await refresh(keeper, options);
      case 'reset':
        process.stderr.write(keeper.reset() ? 'The built-in prices hold again.\n' : 'The built-in prices hold already.\n');
        return 0;
      default:
        throw new UsageError('prices knows show, import FILE, refresh and reset');
    }
  } finally {
    keeper.close();
  }
}

function show(keeper: PriceKeeper, { json }: PricesOptions): number {
  const { sources } = keeper.status();
  process.stdout.write(
    json ? `${JSON.stringify({ sources })}\n` : sources.map((source) => `${oneLine(sourceLine(source))}\n`).join(''),
  );
  return 0;
}

function listIn(file: string | undefined): { readonly name: string; readonly text: string } {
  if (file === undefined) throw new UsageError('prices import needs a file');
  try {
    return { name: path.basename(file), text: readFileSync(file, 'utf8') };
  } catch {
    throw new Error(`the file ${JSON.stringify(file)} cannot be read`);
  }
}

async function refresh(keeper: PriceKeeper, options: PricesOptions): Promise<number> {
  const address = addressIn(options.config);
  if (!(await agreed(`Prices are fetched from ${address}.`, options, true))) return 1;
  const dialer = new Dialer(networkFromEnvironment(process.env));
  try {
    return await takeOver(keeper, await keeper.proposeRefresh(dialer, address), options);
  } finally {
    await dialer.close();
  }
}

function addressIn(config: string | undefined): string {
  if (config === undefined) return PRICES_FROM;
  const parsed = readConfig(config);
  if (parsed.faults !== undefined) throw new UsageError(parsed.faults.map(faultLine).join('\n'));
  return parsed.config.pricesFrom;
}

async function takeOver(keeper: PriceKeeper, proposal: PriceProposal, options: PricesOptions): Promise<number> {
  const lines = proposalLines(proposal).map(oneLine).join('\n');
  // Where nobody can be asked, what looks like a slip needs a word.
  if (!(await agreed(lines, options, !looksLikeSlip(proposal)))) {
    process.stderr.write('Nothing was taken over. --yes takes it over all the same.\n');
    return 1;
  }
  keeper.take(proposal);
  process.stderr.write('These prices hold for requests that begin from now on.\n');
  return 0;
}

/** Says it; asks where there is a terminal; else it is as `otherwise` says. */
async function agreed(text: string, { yes }: PricesOptions, otherwise: boolean): Promise<boolean> {
  process.stderr.write(`${text}\n`);
  if (yes || !process.stdin.isTTY) return yes || otherwise;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question('Go on? [y/N] ')).trim());
  } finally {
    terminal.close();
  }
}
