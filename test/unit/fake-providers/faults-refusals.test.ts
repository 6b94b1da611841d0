import assert from 'node:assert/strict';
import { CODECS } from '../../../src/core/dialects/codecs.ts';
import { DIALECT_IDS, type DialectId } from '../../../src/core/ir/dialect.ts';
import { failureOfError } from '../../../src/core/routing/failures/failure-of.ts';
import { readRetryHints } from '../../../src/core/routing/failures/retry-hints.ts';
import { FAULTS, faultNamed } from '../../support/faults/catalogue.ts';
import type { Heard } from '../../support/faults/hear.ts';
import { LIMIT_FAULTS } from '../../support/faults/limit-faults.ts';
import { REFUSAL_FAULTS } from '../../support/faults/refusal-faults.ts';
import { startFaulty } from '../../support/faults/start-faulty.ts';
import { startFakeProvider } from '../../support/fake-providers/server.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { ask, KEY, playEverywhere } from './faults-played.ts';

/** The error object of each dialect's body. */
const errorIn = (text: string): any => {
  const body: any = JSON.parse(text);
  return (Array.isArray(body) ? body[0] : body).error;
};

/** All the forms in which an answer says when to come again. */
function hintsIn({ headers, body }: Heard): readonly string[] {
  const text = body.toString();
  const usedUp = (name: string): boolean => headers[name] === '0';
  const forms: readonly (readonly [string, boolean])[] = [
    ['retry-after', headers['retry-after'] !== undefined],
    ['retry-after-ms', headers['retry-after-ms'] !== undefined],
    ['x-should-retry', headers['x-should-retry'] !== undefined],
    ['retryDelay', text.includes('"retryDelay"')],
    ['anthropic-reset', usedUp('anthropic-ratelimit-requests-remaining')],
    ['openai-reset', usedUp('x-ratelimit-remaining-tokens')],
    ['words', /try again in \d/.test(text)],
  ];
  return forms.flatMap(([name, there]) => (there ? [name] : []));
}

const HINTS: Readonly<Record<string, readonly string[]>> = {
  '429-retry-after-seconds': ['retry-after'],
  '429-retry-after-long': ['retry-after'],
  '429-retry-after-date': ['retry-after'],
  '429-retry-after-ms': ['retry-after-ms'],
  '429-should-retry': ['x-should-retry'],
  '429-should-not-retry': ['x-should-retry'],
  '429-retry-info': ['retryDelay'],
  '429-retry-info-in-a-list': ['retryDelay'],
  '429-anthropic-reset': ['anthropic-reset'],
  '429-openai-reset': ['openai-reset'],
  '429-try-again-in': ['words'],
  '429-try-again-in-minutes': ['words'],
  '429-no-hint': [],
  'daily-quota': ['retryDelay'],
};

describe('refusals and limits', () => {
  for (const fault of [...LIMIT_FAULTS, ...REFUSAL_FAULTS]) {
    it(fault.name, async () => {
      let played = 0;
      await playEverywhere(fault, ({ heard, text, dialect, stream }) => {
        played += 1;
        if (fault.name === 'context-window-in-stream') {
          assert.equal(heard.status, 200);
          assert.match(text, /event: response\.created[^]*event: response\.failed\n.*"context_length_exceeded"/);
          return;
        }
        const where = `${dialect} ${stream ? 'stream' : 'whole'}`;
        const named = /(?:^|-)([45]\d\d)(?:-|$)/.exec(fault.name)?.[1];
        // Google says 400 to a key that it does not know.
        const status = fault.name === 'key-revoked-401' && dialect === 'gemini' ? 400 : Number(named ?? heard.status);
        assert.deepEqual([heard.status, heard.end], [status, 'clean'], where);
        assert.ok((heard.status ?? 0) >= 400, where);
        assert.match(heard.headers['content-type'] ?? '', /^application\/json/);
        assert.equal(typeof errorIn(text).message, 'string', where);
        const hints = HINTS[fault.name];
        if (hints !== undefined) assert.deepEqual(hintsIn(heard), hints, where);
        else assert.ok(!fault.name.startsWith('429'), 'its hints are not described');
      });
      assert.ok(played > 0);
    });
  }

  it('says moments by the clock that its client lives by', async () => {
    for (const name of ['429-retry-after-date', '429-anthropic-reset']) {
      const clock = new VirtualClock();
      await clock.advance(86_400_000);
      const faulty = await startFaulty(faultNamed(name), 'anthropic-messages', false, { key: KEY, clock });
      const { headers } = await ask(clock, faulty.url, 'anthropic-messages', false);
      await faulty.close();
      const said = String(headers['retry-after'] ?? headers['anthropic-ratelimit-requests-reset']);
      const inMs = Date.parse(said) - clock.now();
      assert.ok(inMs > 1400 && inMs <= 3000, `${said} is in ${inMs} ms`);
      assert.equal(Date.parse(headers.date ?? ''), clock.now());
    }
  });

  it('refuses a revoked key for good, and only that one', async () => {
    const clock = new VirtualClock();
    for (const dialect of DIALECT_IDS) {
      const fault = faultNamed('key-revoked-401');
      const faulty = await startFaulty(fault, dialect, false, { key: KEY, keys: ['a-second-key'], clock });
      const status = async (key: string): Promise<number | undefined> => (await ask(clock, faulty.url, dialect, false, key)).status;
      const refused = dialect === 'gemini' ? 400 : 401;
      assert.deepEqual([await status(KEY), await status(KEY), await status('a-second-key')], [refused, refused, 200], dialect);
      assert.deepEqual(
        faulty.fake?.requests.map((request) => request.key),
        [KEY, undefined, 'a-second-key'],
      );
      await faulty.close();
    }
  });

  it('shows an answerer which key came, and takes no two at once', async () => {
    const clock = new VirtualClock();
    const fake = await startFakeProvider({
      key: KEY,
      keys: ['other'],
      dialect: 'anthropic-messages',
      clock,
      script: ({ key }) => (key === 'other' ? { error: { status: 529 } } : {}),
    });
    const status = async (key: string): Promise<number | undefined> =>
      (await ask(clock, fake.url, 'anthropic-messages', false, key)).status;
    assert.deepEqual([await status(KEY), await status('other'), await status('neither')], [200, 529, 401]);
    const both = await fetch(`${fake.url}/v1/messages`, {
      method: 'POST',
      headers: {
        'x-api-key': KEY,
        authorization: 'Bearer other',
        'anthropic-version': '2023-06-01',
        'content-type': 'application/json',
      },
      body: '{}',
    });
    assert.equal(both.status, 401);
    await fake.close();
  });

  it('is busy for a while and then well', async () => {
    const clock = new VirtualClock();
    const faulty = await startFaulty(faultNamed('burst-of-503'), 'gemini', false, { key: KEY, clock });
    const statuses: unknown[] = [];
    for (let n = 0; n < 5; n++) statuses.push((await ask(clock, faulty.url, 'gemini', false)).status);
    await faulty.close();
    assert.deepEqual(statuses, [503, 503, 503, 503, 200]);
  });

  it('is read by the gateway as what it is', async () => {
    const wrong: string[] = [];
    for (const fault of [...LIMIT_FAULTS, ...REFUSAL_FAULTS]) {
      await playEverywhere(fault, ({ heard, text, dialect, stream }) => {
        if (stream) return;
        const failure = failureIn(heard, text, dialect);
        const late = Math.abs((failure.waitMs ?? -1) - (fault.hint?.waitMs ?? -1));
        const isRight = failure.class === fault.class && late <= 1000 && failure.shouldRetry === fault.hint?.shouldRetry;
        if (!isRight) wrong.push(`${fault.name} of ${dialect}: ${JSON.stringify(failure)}`);
      });
    }
    assert.deepEqual(wrong, []);
  });

  it('names every fault once, and gives each error a class', () => {
    const names = FAULTS.map((fault) => fault.name);
    assert.equal(new Set(names).size, names.length);
    for (const fault of FAULTS) assert.equal(fault.class !== undefined, fault.right === 'error', fault.name);
  });
});

function failureIn(heard: Heard, text: string, dialect: DialectId): ReturnType<typeof failureOfError> {
  const body: any = JSON.parse(text);
  const now = Date.parse(heard.headers.date ?? '');
  const error = CODECS[dialect].readError(heard.status ?? 0, Array.isArray(body) ? body[0] : body);
  return failureOfError(error, readRetryHints(heard.headers, body, now));
}
