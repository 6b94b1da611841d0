import assert from 'node:assert/strict';
import type { AuditEvent } from '../../../src/core/ledger/audit/audit-event.ts';
import type { AuditEntry } from '../../../src/core/ledger/audit/chain.ts';
import { auditDocument } from '../../../src/vscode/audit/audit-document.ts';
import { entryWords } from '../../../src/vscode/audit/words.ts';

const NOON = new Date(2026, 10, 21, 12).getTime();
const OF = { key: 'openai/work', provider: 'openai' };

const entry = (seq: number, { kind, ...fields }: AuditEvent, actor = 'user'): AuditEntry => ({
  seq,
  id: `id-${seq}`,
  at: NOON + seq * 60_000,
  actor,
  kind,
  body: JSON.stringify(fields),
  key: 'key',
  prev: '',
  hash: '',
});
const words = ({ kind, ...fields }: AuditEvent): string => entryWords({ kind, body: JSON.stringify(fields) });

describe('the audit log as a document', () => {
  it('says in words what happened, the newest first', () => {
    const entries = [
      entry(1, { kind: 'key-rotated', ...OF, lastFour: 'abcd', overlapMinutes: 20 }),
      entry(2, { kind: 'token-refused', requests: 3 }, 'gateway'),
    ];
    assert.deepEqual(auditDocument(entries, NOON).split('\n').slice(4, 6), [
      '| 2 | 12:02 | the gateway | 3 requests without a valid token refused |',
      '| 1 | 12:01 | you | Key openai/work was rotated; it ends in abcd, and the old value stays for 20 minutes |',
    ]);
  });

  it('has words for every kind', () => {
    const cases: readonly (readonly [AuditEvent, string])[] = [
      [{ kind: 'key-added', ...OF, lastFour: 'abcd' }, 'Key openai/work was added; it ends in abcd'],
      [
        { kind: 'key-imported', ...OF, lastFour: 'abcd', source: '.env' },
        'Key openai/work was imported from .env; it ends in abcd',
      ],
      [{ kind: 'key-tested', ...OF, verdict: 'good' }, 'Key openai/work was tested: good'],
      [{ kind: 'key-changed', ...OF, fields: ['weight', 'label'] }, 'Key openai/work: weight, label changed'],
      [{ kind: 'key-disabled', ...OF }, 'Key openai/work was disabled'],
      [{ kind: 'key-enabled', ...OF }, 'Key openai/work was enabled'],
      [{ kind: 'key-rotation-undone', ...OF, lastFour: 'abcd' }, 'Key openai/work: the rotation was undone; it ends in abcd'],
      [{ kind: 'key-overlap-ended', ...OF }, 'Key openai/work: the old value was erased'],
      [{ kind: 'key-revoked', ...OF, inFlight: 'finish' }, 'Key openai/work was revoked'],
      [{ kind: 'key-revoked', ...OF, inFlight: 'abort' }, 'Key openai/work was revoked, and requests under way were aborted'],
      [{ kind: 'key-origin-confirmed', ...OF, origins: ['https://a.example'] }, 'Key openai/work may be sent to https://a.example'],
      [{ kind: 'token-rotated', agent: 'codex' }, 'The local token of codex was rotated'],
      [{ kind: 'token-revoked', agent: 'codex' }, 'The local token of codex was revoked'],
      [
        { kind: 'agent-set-up', agent: 'codex', program: 'codex', files: ['~/.codex/config.toml'] },
        'codex was set up with the token of codex in ~/.codex/config.toml',
      ],
      [
        { kind: 'agent-setup-undone', agent: 'codex', program: 'codex', files: ['~/.codex/config.toml'] },
        'The setup of codex was undone in ~/.codex/config.toml',
      ],
      [{ kind: 'extension-allowed', extension: 'a.b' }, 'The extension a.b may use models'],
      [{ kind: 'extension-forgotten', extension: 'a.b' }, 'The extension a.b may not use models any more'],
      [
        { kind: 'workspace-agents-accepted', workspace: 'w', choice: 'codex: openai/x' },
        'The workspace w may choose where requests go: codex: openai/x',
      ],
      [
        {
          kind: 'config-changed',
          providers: [{ name: 'one', change: 'changed', fields: ['baseUrl'] }],
          budgets: [{ name: 'the daily budget', change: 'removed', fields: [] }],
        },
        'Provider one changed: baseUrl; Budget the daily budget was removed',
      ],
      [
        { kind: 'budget-stopped', budget: 'the daily budget', spentUsd: '1.500000000', limitUsd: '2.000000000' },
        'the daily budget stopped a request: $1.50 of $2.00 spent',
      ],
      [
        { kind: 'budget-refused', budget: 'the daily budget', outcome: 'downgraded', requests: 1, until: NOON },
        'the daily budget: 1 request downgraded',
      ],
      [
        { kind: 'budget-raised', budget: 'the daily budget', fromUsd: '5', toUsd: '10' },
        'the daily budget was raised from $5 to $10',
      ],
      [{ kind: 'purged', what: ['keys', 'ledger'] }, 'Erased: keys, ledger'],
    ];
    for (const [event, text] of cases) assert.equal(words(event), text);
  });

  it('shows as it stands what somebody edited, and lets no name out of its cell', () => {
    for (const body of ['', 'null', '{', '{"key":7}', '{"fields":"x"}'])
      assert.match(entryWords({ kind: 'key-changed', body }), /key-changed|Key /, body);
    assert.equal(entryWords({ kind: 'of a later version', body: '{"a":1}' }), 'of a later version {"a":1}');
    const hostile = auditDocument([entry(1, { kind: 'token-rotated', agent: '[x](command:y) | a\n# b' })], NOON);
    assert.match(hostile, /\\\[x\\\]\(command:y\) \\\| a.# b was rotated \|/u);
    assert.equal(hostile.split('\n').length, 6);
  });

  it('of an empty log says so, and of a long one where the rest is', () => {
    assert.match(auditDocument([], NOON), /Nothing was recorded yet/);
    assert.match(auditDocument([entry(7, { kind: 'purged', what: [] })], NOON), /Older entries are in the export/);
  });
});
