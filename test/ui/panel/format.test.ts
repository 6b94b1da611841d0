import assert from 'node:assert/strict';
import fc from 'fast-check';
import { requestShown, sumShown } from '../../../media/costs.ts';
import { compact, duration, exactMoney, money, moneyTick, nanos, percentage } from '../../../media/format.ts';
import { visibleName } from '../../../media/visible-name.ts';

describe('usage panel, figures', () => {
  it('loses no digit of a decimal string', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 21n }), (nano) => {
        const usd = `${nano / 1_000_000_000n}.${(nano % 1_000_000_000n).toString().padStart(9, '0')}`;
        assert.equal(nanos(usd), nano);
        assert.equal(exactMoney(nano).replaceAll(',', ''), `$${usd}`);
      }),
    );
  });

  it('never rounds a cost to nothing', () => {
    fc.assert(fc.property(fc.bigInt({ min: 1n, max: 10n ** 12n }), (nano) => assert.doesNotMatch(money(nano), /^\$[0.,]*$/)));
  });

  it('shows small amounts with four places and larger ones with two', () => {
    const shown = ['0', '0.000000001', '0.00005', '0.0123', '0.054399000', '0.99999', '1', '1234.565'].map((usd) =>
      money(nanos(usd) ?? -1n),
    );
    assert.deepEqual(shown, ['$0.00', '<$0.0001', '$0.0001', '$0.0123', '$0.0544', '$1.0000', '$1.00', '$1,234.57']);
  });

  it('takes what is no decimal string for unknown, not for zero', () => {
    for (const usd of ['', 'NaN', '-1', '1e-7', 'free', undefined]) assert.equal(nanos(usd), undefined);
  });

  it('calls a sum of nothing but unpriced requests unpriced', () => {
    assert.equal(sumShown({ costUsd: '0.000000000', unpriced: 2, estimated: 0 }).text, 'unpriced');
    assert.equal(sumShown({ costUsd: '0.000000000', unpriced: 0, estimated: 0 }).text, '$0.00');
    const mixed = sumShown({ costUsd: '1.5', unpriced: 2, estimated: 1 });
    assert.deepEqual([mixed.text, ...mixed.notes.map((note) => note.words)], ['$1.50', '2 unpriced', '1 estimated']);
  });

  it('marks an estimate with a sign and with a word', () => {
    const shown = requestShown('0.0123', true);
    assert.deepEqual([shown.text, shown.notes.map((note) => note.words)], ['~$0.0123', ['estimated']]);
    assert.equal(requestShown(undefined, true).text, 'unpriced');
  });

  it('keeps axis ticks apart however small the costs are', () => {
    assert.deepEqual(
      [moneyTick(0, 1), moneyTick(2, 1), moneyTick(0.5, 0.5), moneyTick(0.002, 0.002), moneyTick(0.00004, 0.00002)],
      ['$0', '$2', '$0.50', '$0.002', '$0.00004'],
    );
  });

  it('shortens tokens, shares and times', () => {
    assert.deepEqual(
      [compact(9999), compact(18_204_551), percentage(0.001), percentage(0.714), percentage(0)],
      ['9,999', '18.2M', '<1%', '71%', '0%'],
    );
    assert.deepEqual(
      [duration(812.4), duration(12_410), duration(59_990), duration(125_000)],
      ['812 ms', '12.4 s', '1 min 0 s', '2 min 5 s'],
    );
  });

  it('makes control characters and direction marks of a name visible', () => {
    assert.equal(visibleName('a\u001b[31mb\nc'), 'a\u241b[31mb\u240ac');
    assert.equal(visibleName('abc\u202etxt\u200b'), 'abc\ufffdtxt\ufffd');
    assert.equal(visibleName('  '), '(no name)');
  });
});
