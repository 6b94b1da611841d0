import assert from 'node:assert/strict';
import type { DialectId } from '../../../src/core/ir/dialect.ts';
import { DIALECT_IDS } from '../../../src/core/ir/dialect.ts';
import { faultNamed } from '../../support/faults/catalogue.ts';
import { storm } from '../../support/faults/storm.ts';
import type { Answerer } from '../../support/fake-providers/script.ts';
import { startFakeProvider } from '../../support/fake-providers/server.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { ask, KEY } from './faults-played.ts';

type Asked = Parameters<Answerer>[0];

const request = (dialect: DialectId, stream: boolean): Asked => ({ dialect, read: { stream } }) as Asked;

describe('a storm', () => {
  const givenBy = (seed: number, share: number, count: number, dialect: DialectId = 'anthropic-messages'): readonly unknown[] => {
    const answer = storm(seed, share);
    for (let n = 0; n < count; n++) answer(request(dialect, n % 3 > 0));
    return answer.given;
  };

  it('is the same for the same seed and another for another', () => {
    assert.deepEqual(givenBy(7, 0.3, 200), givenBy(7, 0.3, 200));
    assert.notDeepEqual(givenBy(7, 0.3, 200), givenBy(8, 0.3, 200));
  });

  it('hits the same requests whatever their kind', () => {
    const hits = (dialect: DialectId): readonly boolean[] => givenBy(3, 0.3, 100, dialect).map((name) => name !== undefined);
    for (const dialect of DIALECT_IDS) assert.deepEqual(hits(dialect), hits('gemini'));
  });

  it('hits its share', () => {
    for (const share of [0, 0.3, 1]) {
      const hit = givenBy(1, share, 2000).filter((name) => name !== undefined).length / 2000;
      assert.ok(Math.abs(hit - share) < 0.04, `${hit} is not ${share}`);
    }
  });

  it('gives many kinds of fault, each where it applies, and none that does not pass by itself', () => {
    for (const dialect of DIALECT_IDS) {
      for (const stream of [true, false]) {
        const answer = storm(5, 1);
        for (let n = 0; n < 500; n++) answer(request(dialect, stream));
        const names = new Set(answer.given);
        assert.ok(names.size >= 12, `${names.size} kinds`);
        for (const name of names) {
          const fault = faultNamed(name ?? '');
          assert.ok(fault.appliesTo(dialect, stream) && !fault.slow, name);
          assert.ok(fault.right !== 'broken-stream', name);
          assert.ok(!['key-rejected', 'out-of-credit', 'quota', 'bad-request'].includes(fault.class ?? ''), name);
        }
      }
    }
  });

  it('leaves the answer alone where it is harmless or misses', () => {
    const answer = storm(2, 0.5, () => ({ text: 'well' }));
    for (let n = 0; n < 300; n++) {
      const step = answer(request('openai-chat', true));
      const name = answer.given[n];
      const harmless = name === undefined || faultNamed(name).right === 'answer';
      assert.equal(step?.text === 'well', harmless, name);
    }
    assert.ok(answer.given.includes('gzip-unasked'));
  });

  it('comes over the wire', async () => {
    const clock = new VirtualClock();
    const answer = storm(11, 0.5);
    const fake = await startFakeProvider({ key: KEY, dialect: 'openai-responses', clock, script: answer });
    let good = 0;
    for (let n = 0; n < 30; n++) {
      const heard = await ask(clock, fake.url, 'openai-responses', true);
      good += heard.status === 200 && heard.end === 'clean' && /response\.completed/.test(heard.body.toString()) ? 1 : 0;
    }
    await fake.close();
    const untouched = answer.given.filter((name) => name === undefined).length;
    assert.equal(answer.given.length, 30);
    assert.ok(good >= untouched && good < 30, `${good} of 30 came through, ${untouched} were untouched`);
  });
});
