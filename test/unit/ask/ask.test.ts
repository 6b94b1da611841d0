import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from '../../../src/core/ir/call.ts';
import type { DialectId } from '../../../src/core/ir/dialect.ts';
import type { Part } from '../../../src/core/ir/parts.ts';
import { ask, AskCancelled, AskError, type Ask } from '../../../src/vscode/ask.ts';
import type { Step } from '../../support/fake-providers/script.ts';
import { startFakeProvider, type FakeProvider } from '../../support/fake-providers/server.ts';
import { fold } from '../codecs/support.ts';
import { KEY, localGateway, TOKEN, type LocalGateway } from './local-gateway.ts';

const CALL: Call = {
  model: 'agent/chat',
  system: [{ kind: 'text', text: 'Be brief.' }],
  turns: [{ role: 'user', content: [{ kind: 'text', text: 'Hello?' }] }],
  tools: [],
  toolChoice: 'auto',
  maxOutputTokens: undefined,
};

describe('ask: the editor as a client of the gateway', () => {
  let provider: FakeProvider;
  let gateway: LocalGateway;
  // Fresh for each test: a step that was not used up would answer the next one.
  beforeEach(async () => {
    provider = await startFakeProvider({ key: KEY });
    gateway = await localGateway(provider);
  });
  afterEach(async () => {
    await gateway.close();
    await provider.close();
  });

  function asking(dialect: DialectId, change: Partial<Ask> = {}) {
    const parts: Part[] = [];
    const controller = new AbortController();
    const answer = ask({
      endpoint: gateway.url,
      token: TOKEN,
      dialect,
      call: CALL,
      servedBy: 'fake-large',
      signal: controller.signal,
      onPart: (part) => parts.push(part),
      ...change,
    });
    // Some tests wait for something else first.
    answer.catch(() => undefined);
    return { parts, controller, answer };
  }

  async function failing(dialect: DialectId, step: Step, change: Partial<Ask> = {}): Promise<AskError> {
    provider.script(step);
    const { answer } = asking(dialect, change);
    return answer.then(
      () => assert.fail('it should have failed'),
      (error: unknown) => {
        assert.ok(error instanceof AskError, String(error));
        assert.equal(error.message.includes(TOKEN), false);
        return error;
      },
    );
  }

  for (const dialect of ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const) {
    describe(dialect, () => {
      it('streams an answer, and says who answered and what it used', async () => {
        provider.script({
          text: 'Grüße – 🧱!',
          thinking: 'A greeting.',
          usage: { input: 12, cacheRead: 30, output: 7 },
          chunking: 1,
        });
        const { parts, answer } = asking(dialect, { caller: 'chat', session: 'conversation-1' });
        const { usage, stop, request, target } = await answer;
        const folded = fold(parts);
        assert.equal(folded.blocks.at(-1)?.replace(/ <.*>$/, ''), 'text: Grüße – 🧱!');
        assert.equal(stop.reason, 'end');
        assert.deepEqual([request, target], ['req-1', 'fake/served']);
        assert.deepEqual([usage?.input, usage?.cacheRead, usage?.output, usage?.source], [12, 30, 7, 'reported']);
        const seen = provider.requests.at(-1);
        assert.equal(seen?.refusal, undefined);
        assert.equal(seen?.headers['x-session-id'], 'conversation-1');
        assert.equal(JSON.stringify(seen?.headers).includes(TOKEN), false);
      });

      it('the words and the status of a refusal come through', async () => {
        const error = await failing(dialect, { error: { status: 429, message: 'Slow down, please.' } });
        assert.match(error.message, /Slow down, please\./);
        assert.deepEqual([error.status, error.request, error.target], [429, 'req-1', 'fake/served']);
      });

      it('an error in mid-stream comes through', async () => {
        const error = await failing(dialect, {
          text: 'one two three',
          pieces: 3,
          errorEvent: { status: 503, message: 'No room.' },
          afterEvents: 2,
        });
        assert.match(error.message, /No room\./);
      });

      for (const cut of ['eof', 'reset'] as const) {
        it(`a stream that ends early (${cut}) is an error, not a short answer`, async () => {
          const error = await failing(dialect, { text: 'one two three', pieces: 3, cut, afterEvents: 2 });
          assert.match(error.message, /cut off/);
        });
      }

      it('cancelling before the headers aborts the upstream call', async () => {
        provider.script({ delay: { headersMs: 5_000 } });
        await assertAborted(asking(dialect));
      });

      it('cancelling in mid-stream aborts the upstream call', async () => {
        provider.script({ text: 'one two three', pieces: 3, stallAfterEvents: 2 });
        const asked = asking(dialect);
        while (asked.parts.length === 0) await sleep(2);
        await assertAborted(asked);
      });

      it('what the receiver throws ends the call', async () => {
        provider.script({ text: 'one two three', pieces: 3, stallAfterEvents: 2 });
        const boom = new Error('boom');
        const { answer } = asking(dialect, {
          onPart: () => {
            throw boom;
          },
        });
        await assert.rejects(answer, boom);
        await sawAbort();
      });
    });
  }

  async function assertAborted({ controller, answer }: ReturnType<typeof asking>): Promise<void> {
    while (provider.requests.at(-1)?.times.bodyRead === undefined) await sleep(2);
    controller.abort();
    await assert.rejects(answer, AskCancelled);
    await sawAbort();
  }

  async function sawAbort(): Promise<void> {
    const started = performance.now();
    while (provider.requests.at(-1)?.aborted !== true) {
      assert.ok(performance.now() - started < 1_000, 'the provider never saw the abort');
      await sleep(2);
    }
  }

  it('a signal that was aborted before is not even sent', async () => {
    const count = provider.requests.length;
    await assert.rejects(asking('gemini', { signal: AbortSignal.abort() }).answer, AskCancelled);
    assert.equal(provider.requests.length, count);
  });

  it('a gateway that is gone says so, without an address', async () => {
    const error = await failing('openai-chat', {}, { endpoint: 'http://127.0.0.1:1' });
    assert.match(error.message, /gateway does not answer \(ECONNREFUSED\)/);
    assert.equal(error.status, 0);
  });

  it('a wrong local token gets the words of the gateway', async () => {
    const error = await failing('openai-chat', {}, { token: 'old' });
    assert.deepEqual([error.status, error.message], [401, 'This token is not known. Open a new terminal.']);
  });

  it('a page instead of an answer is an error with a status', async () => {
    const raw = { status: 502, headers: { 'content-type': 'text/html' }, chunks: ['<html>Bad gateway</html>'] };
    assert.match((await failing('openai-chat', { raw })).message, /status 502 and no message/);
    assert.match((await failing('openai-chat', { raw: { ...raw, status: 200 } })).message, /did not stream/);
  });
});
