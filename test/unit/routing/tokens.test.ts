import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { inspect } from 'node:util';
import { TokenTable } from '../../../src/core/routing/tokens.ts';

const TABLE = new TokenTable([
  ['codex', 'gh-codex'],
  ['__proto__', 'gh-proto'],
  ['zwölf', 'gh-zwölf'],
]);

describe('TokenTable', () => {
  for (const [why, presented, agent] of [
    ['knows a token', ['gh-codex'], 'codex'],
    ['finds ours beside a credential of the agent’s own', ['sk-ant-123', 'gh-codex'], 'codex'],
    ['takes the first of two that are both ours', ['gh-zwölf', 'gh-codex'], 'zwölf'],
    ['has agents named like a method of every object', ['gh-proto'], '__proto__'],
    ['does not know a beginning', ['gh-code'], undefined],
    ['does not know more than a token', ['gh-codex '], undefined],
    ['does not know another case', ['GH-CODEX'], undefined],
    ['does not know the same letters in another form', ['gh-zwölf'.normalize('NFD')], undefined],
    ['does not know an agent’s name', ['codex', 'constructor'], undefined],
    ['does not know nothing', [], undefined],
    ['does not know the empty token', [''], undefined],
  ] as const) {
    it(why, () => assert.equal(TABLE.agentOf(presented), agent));
  }

  it('knows nobody when it is empty', () => assert.equal(new TokenTable([]).agentOf(['', 'undefined', 'null']), undefined));

  it('shows no token', () => {
    const shown = [inspect(TABLE, { showHidden: true, depth: 9 }), JSON.stringify(TABLE), inspect(structuredClone(TABLE))];
    assert.doesNotMatch(shown.join(), /gh-/);
  });
});
