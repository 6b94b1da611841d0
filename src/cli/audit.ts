import path from 'node:path';
import { faultLine } from '../core/config/parse.ts';
import type { Config } from '../core/config/schema.ts';
import { auditKey } from '../core/ledger/audit/chain.ts';
import { allEntries, isoTime, jsonLines } from '../core/ledger/audit/entries.ts';
import { verdictWords } from '../core/ledger/audit/verdict-words.ts';
import { verifyAudit, type AuditVerdict } from '../core/ledger/audit/verify.ts';
import { openLedgerReadOnly } from '../core/ledger/read-only.ts';
import { LEDGER_FILE } from '../host/ledger-file.ts';
import { auditKeyFor, readAnchor } from './audit-files.ts';
import { readConfig } from './read-config.ts';
import { UsageError } from './usage-error.ts';

interface AuditCommand {
  readonly data?: string | undefined;
  readonly config?: string | undefined;
  readonly json: boolean;
}

/** Safe while a gateway writes the same file. `verify` returns 1 for a log that is not as it was written. */
export async function audit(what: string | undefined, { data, config, json }: AuditCommand): Promise<number> {
  if (what !== 'verify' && what !== 'export') throw new UsageError('audit knows verify and export');
  if (data === undefined) throw new UsageError(`audit ${what} needs --data DIR`);
  // Before the entries: the log may grow meanwhile, but it never shrinks.
  const anchor = readAnchor(data);
  const ledger = openLedgerReadOnly(path.join(data, LEDGER_FILE));
  try {
    const entries = await allEntries((offset, limit) => ledger.auditEntries(offset, limit));
    if (what === 'export') {
      process.stdout.write(jsonLines(entries));
      return 0;
    }
    const verdict = await verifyAudit(entries, auditKey(auditKeyFor(data, configFrom(config), false)), anchor);
    process.stdout.write(`${json ? JSON.stringify(asJson(verdict)) : verdictWords(verdict)}\n`);
    return verdict.broken === undefined ? 0 : 1;
  } finally {
    ledger.close();
  }
}

function configFrom(file: string | undefined): Config | undefined {
  if (file === undefined) return undefined;
  const parsed = readConfig(file);
  if (parsed.faults !== undefined) throw new UsageError(parsed.faults.map(faultLine).join('\n'));
  return parsed.config;
}

function asJson(verdict: AuditVerdict): object {
  const { entries, from, to, broken, before, anchored } = verdict;
  const time = (at: number | undefined) => (at === undefined ? undefined : isoTime(at));
  return {
    ok: broken === undefined,
    entries,
    from: time(from),
    to: time(to),
    anchored,
    ...(broken && { broken: { ...broken, at: time(broken.at) } }),
    ...(before?.before && { before: { entries: before.before.seq, setAside: before.setAside } }),
    text: verdictWords(verdict),
  };
}
