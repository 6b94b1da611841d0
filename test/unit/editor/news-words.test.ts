import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { PlaceHealth } from '../../../src/core/routing/health/health.ts';
import { anomalyText, burstText, healthLine, KeyAlarms } from '../../../src/vscode/routing/news-words.ts';

const AT = new Date(2026, 10, 21, 14, 2).getTime();
const NAMES = { provider: 'Anthropic', key: 'Work' };

function place(some: Partial<PlaceHealth> = {}): PlaceHealth {
  return {
    provider: 'anthropic',
    model: 'claude-opus-5-5',
    key: 'anthropic/work',
    state: 'dead',
    why: 'key-rejected',
    status: 401,
    since: AT,
    until: AT + 300_000,
    consecutiveFailures: 0,
    latencyMs: undefined,
    headroom: undefined,
    ...some,
  };
}

const well = (some: Partial<PlaceHealth> = {}): PlaceHealth => place({ state: 'well', why: undefined, until: undefined, ...some });

describe('news of keys', () => {
  it('say in words what happened, and offer what helps', () => {
    assert.deepEqual(new KeyAlarms().hear(place(), NAMES), {
      text: 'Anthropic rejected the key "Work" (401). Requests go to other keys or fallbacks until it is replaced.',
      remedies: ['rotateKey', 'testKey'],
    });
    assert.deepEqual(new KeyAlarms().hear(place({ why: 'out-of-credit', status: 402 }), NAMES), {
      text: 'The account of the key "Work" at Anthropic has nothing left to spend (402). Requests go to other keys or fallbacks until it has.',
      remedies: ['testKey'],
    });
    assert.match(
      new KeyAlarms().hear(place({ status: 403 }), NAMES)?.text ?? '',
      /does not let the key "Work" use claude-opus-5-5 \(403\)/,
    );
    const keyless = new KeyAlarms().hear(place({ key: undefined }), { ...NAMES, key: undefined });
    assert.deepEqual(keyless?.remedies, ['addKey']);
  });

  it('are told once for a key and a reason, at however many models, until the key is well again', () => {
    const alarms = new KeyAlarms();
    const heard = (news: PlaceHealth): boolean => alarms.hear(news, NAMES) !== undefined;
    assert.ok(heard(place()));
    assert.ok(!heard(place()));
    assert.ok(!heard(place({ model: 'claude-haiku-4-5' })), 'the same reason at another model');
    assert.ok(heard(place({ why: 'out-of-credit', status: 402 })), 'another reason');
    assert.ok(!heard(place()), 'the first reason, after another');
    assert.ok(heard(place({ key: 'anthropic/home' })), 'another key');
    assert.ok(!heard(well()), 'well again is no notification');
    assert.ok(!heard(place({ model: 'claude-sonnet-4-5' })), 'it is not well yet at the other model');
    assert.ok(!heard(well({ model: 'claude-haiku-4-5' })));
    assert.ok(!heard(well({ model: 'claude-sonnet-4-5' })));
    assert.ok(heard(place()), 'well in between');
  });

  it('do not tell of a model that fails', () => {
    assert.equal(new KeyAlarms().hear(place({ state: 'open', why: 'transient' }), NAMES), undefined);
  });

  it('have a line in the log, with ids', () => {
    const { status: _status, ...failing } = place({ state: 'open', why: 'overloaded' });
    assert.equal(
      healthLine(failing, AT),
      'anthropic/claude-opus-5-5 with the key anthropic/work is set aside: overloaded; it is tried again at 14:07',
    );
    assert.equal(healthLine(well(), AT), 'anthropic/claude-opus-5-5 with the key anthropic/work is well again');
  });
});

describe('news of a burst', () => {
  it('have the numbers, and say whether the agent was paused', () => {
    const burst = { agent: 'codex', perMinute: 1240, usual: 12.4 };
    assert.equal(burstText(burst, false), '"codex" sent 1,240 requests in the last minute; in a usual busy minute it sends 12.');
    assert.match(
      burstText({ ...burst, usual: 2.345 }, true),
      /it sends 2\.3\. It was paused: its requests are refused until you resume it\./,
    );
  });
});

describe('news of an anomaly', () => {
  const spend = {
    kind: 'spend',
    agent: 'codex',
    since: AT,
    spentNano: 9_747_068_640,
    minutes: 3,
    usualNano: 3_181_265_823,
  } as const;
  const errors = {
    kind: 'errors',
    agent: 'codex',
    since: AT,
    requests: 27,
    failed: 21,
    usualShare: 0.021,
    code: 'upstream-529',
  } as const;
  const latency = {
    kind: 'latency',
    agent: 'codex',
    target: 'openai/gpt-5.6',
    since: AT,
    answers: 12,
    medianMs: 37_115,
    usualMs: 13_915,
  } as const;

  it('say what it was, what is usual, and since when', () => {
    assert.equal(
      anomalyText(spend, false, AT),
      '"codex" has spent $9.75 since 14:02, $3.25 a minute. Usually it spends at most $3.18 in a whole quarter of an hour.',
    );
    assert.equal(
      anomalyText(errors, false, AT),
      '21 of the last 27 requests of "codex" failed, since 14:02; most often: the provider answered 529 (overloaded). Usually at most 3 % fail.',
    );
    assert.equal(
      anomalyText({ ...errors, usualShare: 0, code: undefined }, false, AT),
      '21 of the last 27 requests of "codex" failed, since 14:02. Usually none fail.',
    );
    assert.equal(
      anomalyText(latency, false, AT).replaceAll('\u00a0', ' '),
      'openai/gpt-5.6 keeps "codex" waiting since 14:02: half of its last 12 answers took over 37.1 s. Answers of their size usually take 13.9 s.',
    );
  });

  it('say that the agent was paused', () => {
    assert.match(
      anomalyText(errors, true, AT),
      /at most 3 % fail\. It was paused: its requests are refused until you resume it\.$/,
    );
  });
});
