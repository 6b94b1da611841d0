import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { CONVERSATIONS } from '../support/conversations.ts';
import { startFakeProvider, type FakeProvider } from '../support/fake-providers/server.ts';
import { toolLoop } from '../support/fake-providers/tool-loop.ts';
import {
  ask,
  errorMessage,
  jsonOf,
  forgetFailures,
  KEY,
  startGateway,
  type TestGateway,
  TOKEN,
  USED,
  USED_NANO,
} from '../support/gateway.ts';
import { CALLS, expectClass, failureOf } from '../support/sdk-calls.ts';

const ARGS = { q: 'größe "1"' };

/** Models that think, one for each wire. */
const MODELS: Readonly<Record<DialectId, string>> = {
  'openai-chat': 'deepseek-reasoner',
  'openai-responses': 'gpt-5.5',
  'anthropic-messages': 'claude-sonnet-4-5',
  gemini: 'gemini-3-pro',
};

const SDK: Readonly<Record<DialectId, string>> = {
  'openai-chat': 'openai chat',
  'openai-responses': 'openai responses',
  'anthropic-messages': 'anthropic',
  gemini: 'genai',
};

const STOPPED: Readonly<Record<DialectId, unknown>> = {
  'openai-chat': ['tool_calls', 'stop'],
  'openai-responses': ['completed', 'completed'],
  'anthropic-messages': ['tool_use', 'end_turn'],
  gemini: ['STOP', 'STOP'],
};

const PAIRS = DIALECT_IDS.flatMap((from) => DIALECT_IDS.flatMap((to) => (from === to ? [] : [{ from, to }])));

describe('translation: an agent on a provider that speaks another dialect', () => {
  let fake: FakeProvider;
  let gateway: TestGateway;
  async function start(to: DialectId): Promise<void> {
    fake = await startFakeProvider({ key: KEY, dialect: to });
    gateway = await startGateway({ provider: fake.url, dialects: [to], agent: { model: `fake/${MODELS[to]}` } });
  }
  afterEach(async () => {
    await gateway.close();
    await fake.close();
  });

  function refusals(): unknown[] {
    return fake.requests.flatMap(({ refusal, body }) => (refusal === undefined ? [] : [{ refusal, body }]));
  }

  for (const { from, to } of PAIRS) {
    for (const stream of [false, true]) {
      for (const thinks of [false, true]) {
        it(`${from} on ${to}: a tool round ${stream ? 'streamed' : 'whole'}, thinking ${thinks ? 'on' : 'off'}`, async () => {
          await start(to);
          const loop = toolLoop({ tool: 'lookup', args: ARGS, final: 'Grüße 🧱.' });
          fake.script((request) => ({ usage: USED, ...(thinks ? { thinking: 'I should look.' } : {}), ...loop(request) }));
          const round = await CONVERSATIONS[from]({ url: gateway.url, stream, thinks })
            .turn()
            .catch((error: unknown) => {
              throw new Error(`${String(error)}\n${JSON.stringify(refusals(), undefined, 1)}`, { cause: error });
            });
          assert.deepEqual(refusals(), []);
          assert.deepEqual(round, { text: 'Grüße 🧱.', called: ARGS, stopped: STOPPED[from] });
          for (const row of await gateway.rows(2)) {
            const { input, cacheRead, output } = row.usage;
            assert.deepEqual(
              [row.mode, row.settled, row.status, row.dialect, row.model, row.costNano, row.attempts],
              ['translate', 'done', 200, from, MODELS[to], USED_NANO, 1],
            );
            assert.deepEqual({ input, cacheRead, output }, USED);
          }
        });
      }
    }

    it(`${from} on ${to}: refusals keep their status, words and hints in the agent's dialect`, async () => {
      await start(to);
      const sdk = SDK[from];
      const headers = { 'retry-after': '7' };
      for (const status of [400, 401, 429, 500, 529]) {
        for (const stream of [false, true]) {
          // Some providers say the key that they refuse.
          fake.script({ error: { status, message: `words of ${status} ${KEY}`, headers } });
          forgetFailures(gateway);
          const failure = await failureOf(CALLS[sdk]!(gateway.url, TOKEN, stream));
          expectClass(sdk, failure, status);
          assert.match(failure.message, new RegExp(`words of ${status}`));
          assert.equal(failure.message.includes(KEY), false);
          if (from !== 'gemini') assert.equal(failure.headers?.get('retry-after'), '7');
        }
      }
      const rows = await gateway.rows(10);
      for (const row of rows) assert.deepEqual([row.mode, row.settled, row.costNano], ['translate', 'error', 0]);
    });

    it(`${from} on ${to}: an answer that breaks off is an error, and what came of it is booked`, async () => {
      await start(to);
      fake.script(
        { text: 'half of it', pieces: 4, cut: 'reset', afterEvents: 3 },
        { text: 'half of it', pieces: 4, cut: 'eof', afterEvents: 3 },
        { text: 'half of it', pieces: 4, errorEvent: { status: 529, message: `busy ${KEY}` }, afterEvents: 3 },
      );
      for (let n = 0; n < 3; n++) {
        await assert.rejects(CALLS[SDK[from]]!(gateway.url, TOKEN, true), (error: Error) => !error.message.includes(KEY));
      }
      const rows = await gateway.rows(3);
      assert.deepEqual(
        rows.map((row) => row.settled),
        ['truncated', 'truncated', 'error'],
      );
    });

    it(`${from} on ${to}: an error that comes first in a stream is a status`, async () => {
      await start(to);
      fake.script({ errorEvent: { status: 429, message: `come later ${KEY}` } });
      const refused = await ask(gateway, from, true);
      assert.equal(refused.text.includes(KEY), false);
      assert.equal(refused.status, 429);
      assert.match(errorMessage(refused), /come later/);
    });
  }

  it('says on the answer how it was served, and what was lost, by name', async () => {
    await start('gemini');
    fake.script({ text: 'ok' });
    const answer = await ask(gateway, 'openai-chat', false, { change: { logit_bias: { 5: 1 }, frobnicate: 'secret words' } });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['x-gatehouse-mode'], 'translate');
    assert.match(String(answer.headers['x-gatehouse-losses']), /^2; field:frobnicate, field:logit_bias$/);
    assert.equal(JSON.stringify(answer.headers).includes('secret'), false);
    const [row] = await gateway.rows(1);
    assert.deepEqual([...(row?.losses ?? [])].sort(), ['field:frobnicate', 'field:logit_bias']);
  });

  it('refuses what cannot be meant, in the agent dialect, and asks nobody', async () => {
    await start('anthropic-messages');
    const answer = await ask(gateway, 'openai-responses', true, { change: { previous_response_id: 'resp_1' } });
    assert.equal(answer.status, 400);
    assert.match(errorMessage(answer), /previous_response_id/);
    assert.equal(jsonOf(answer).error.type, 'invalid_request_error');
    assert.equal(fake.requests.length, 0);
  });

  it('an agent that goes away ends the call at the provider', async () => {
    await start('anthropic-messages');
    fake.script({ text: 'slow', pieces: 9, stallAfterEvents: 5 });
    const going = new AbortController();
    await assert.rejects(
      ask(gateway, 'openai-chat', true, { signal: going.signal, onData: () => going.abort() }).then((got) => {
        if (!got.clean) throw new Error('cut');
      }),
    );
    assert.equal((await gateway.row()).settled, 'aborted');
  });

  it('Gemini without alt=sse gets its stream as a list', async () => {
    await start('openai-chat');
    fake.script({ text: 'Listed.' });
    const answer = await ask(gateway, 'gemini', true, { path: '/v1beta/models/any:streamGenerateContent' });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(jsonOf(answer)[0].candidates[0].content.parts[0].text, 'Listed.');
  });
});
