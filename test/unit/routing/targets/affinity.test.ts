import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Affinity } from '../../../../src/core/routing/targets/affinity.ts';
import { StillClock } from './fakes.ts';

const HOUR = 60 * 60 * 1000;

describe('what a conversation is bound to', () => {
  it('is kept for target and key apart, by pool and provider', () => {
    const affinity = new Affinity(new StillClock());
    affinity.set('c', 'pool', 'openai/gpt-5');
    affinity.set('c', 'pool', 'work', 'openai');
    affinity.set('c', 'other pool', 'private', 'openai');
    assert.equal(affinity.get('c', 'pool'), 'openai/gpt-5');
    assert.equal(affinity.get('c', 'pool', 'openai'), 'work');
    assert.equal(affinity.get('c', 'other pool', 'openai'), 'private');
    assert.equal(affinity.get('c', 'other pool'), undefined);
    assert.equal(affinity.get('c', 'pool', 'groq'), undefined);
    assert.equal(affinity.get('d', 'pool'), undefined);
  });

  it('is not mixed up where agents choose names that run into each other', () => {
    const affinity = new Affinity(new StillClock());
    const names = ['', 'a', 'ab', '1', '1,1 ', 'a\n', '\0', ',', ' a'];
    const all = names.flatMap((c) =>
      names.flatMap((pool) => [undefined, ...names].map((provider) => [c, pool, provider] as const)),
    );
    for (const [at, [c, pool, provider]] of all.entries()) affinity.set(c, pool, `to ${at}`, provider);
    for (const [at, [c, pool, provider]] of all.entries()) assert.equal(affinity.get(c, pool, provider), `to ${at}`);
  });

  it('is forgotten after an hour of silence, which each answer begins anew', () => {
    const clock = new StillClock();
    const affinity = new Affinity(clock);
    affinity.set('c', 'pool', 'a');
    clock.at += HOUR - 1;
    assert.equal(affinity.get('c', 'pool'), 'a');
    affinity.set('c', 'pool', 'a');
    clock.at += HOUR - 1;
    assert.equal(affinity.get('c', 'pool'), 'a');
    clock.at += 1;
    assert.equal(affinity.get('c', 'pool'), undefined);
  });

  it('is dropped only by whom it is bound to', () => {
    const affinity = new Affinity(new StillClock());
    affinity.set('c', 'pool', 'b', 'openai');
    affinity.drop('c', 'pool', 'a', 'openai');
    affinity.drop('c', 'pool', 'b');
    assert.equal(affinity.get('c', 'pool', 'openai'), 'b');
    affinity.drop('c', 'pool', 'b', 'openai');
    assert.equal(affinity.get('c', 'pool', 'openai'), undefined);
  });

  it('is bounded: whoever was silent longest is forgotten first', () => {
    const affinity = new Affinity(new StillClock());
    for (let n = 0; n < 5000; n++) affinity.set(`c${n}`, 'pool', 'a');
    affinity.set('c0', 'pool', 'a');
    affinity.set('new', 'pool', 'a');
    assert.equal(affinity.get('c0', 'pool'), 'a');
    assert.equal(affinity.get('c1', 'pool'), undefined);
    assert.equal(affinity.get('c2', 'pool'), 'a');
  });
});
