import assert from 'node:assert/strict';
import { isShorter, whatGoesWords } from '../../../src/vscode/retention-words.ts';

describe('editor: a shorter retention', () => {
  it('is one that deletes what the other keeps', () => {
    assert.equal(isShorter({ days: 30 }, {}), true);
    assert.equal(isShorter({ days: 30, rollupDays: 90 }, { days: 30 }), true);
    assert.equal(isShorter({ days: 30 }, { days: 30, rollupDays: 90 }), false);
    assert.equal(isShorter({}, { days: 30 }), false);
    assert.equal(isShorter({ days: 31 }, { days: 30 }), false);
  });

  it('says what will go', () => {
    const rowsFrom = Date.UTC(2026, 10, 1);
    assert.match(
      whatGoesWords({ requests: 12_345, sums: 1, rowsFrom }),
      /delete: 12,345 requests from before 2026-11-01 \(they stay in the sums\); the sums over 1 request\. This cannot be undone/,
    );
    assert.match(whatGoesWords({ requests: 0, sums: 7, rowsFrom }), /delete: the sums over 7 requests\./);
  });
});
