import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { TAG_START } from '../../src/core/ir/carry.ts';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { CONVERSATIONS } from '../support/conversations.ts';
import { startFakeProvider, type FakeProvider } from '../support/fake-providers/server.ts';
import { toolLoop } from '../support/fake-providers/tool-loop.ts';
import { KEY, sourceFor, startGateway, type TestGateway } from '../support/gateway.ts';

const MODELS: Readonly<Record<DialectId, string>> = {
  'openai-chat': 'deepseek-reasoner',
  'openai-responses': 'gpt-5.5',
  'anthropic-messages': 'claude-sonnet-4-5',
  gemini: 'gemini-3-pro',
};

/**
 * Three turns: on provider A, on B, and on A again. The fakes refuse what the real ones refuse, signatures that they did not issue
 * above all; and whatever they would let pass, neither may see a signature of the other or a tag of ours.
 */
describe('a conversation that changes its provider and comes back', () => {
  let fakes: FakeProvider[] = [];
  let gateway: TestGateway;
  afterEach(async () => {
    await gateway.close();
    for (const fake of fakes) await fake.close();
    fakes = [];
  });

  async function provider(dialect: DialectId, number: number): Promise<FakeProvider> {
    const loop = toolLoop({ tool: 'lookup', args: { q: 'x' }, final: `Answer of ${number}.` });
    const fake = await startFakeProvider({
      key: KEY,
      dialect,
      countFrom: number * 100,
      script: (request) => ({ thinking: `Thought of ${number}.`, ...loop(request) }),
    });
    fakes.push(fake);
    return fake;
  }

  /** What the fakes put into their answers' opaque fields; both begin alike, and each counts its own. */
  const signaturesIn = (fake: FakeProvider): readonly string[] =>
    fake.requests.flatMap(({ raw }) => raw.toString().match(/ZmFrZSBzaWduYXR1cmUg[A-Za-z0-9+/=]+/g) ?? []);

  for (const from of DIALECT_IDS) {
    for (const a of DIALECT_IDS) {
      for (const b of DIALECT_IDS) {
        it(`${from}: ${a}, then ${b}, then ${a}`, async () => {
          const first = await provider(a, 1);
          const second = await provider(b, 2);
          const providers = {
            one: { kind: 'openai-compatible', baseUrl: `${first.url}/v1`, dialects: [a] },
            two: { kind: 'openai-compatible', baseUrl: `${second.url}/v1`, dialects: [b] },
          };
          const source = (id: 'one' | 'two') => {
            const agents = { tester: { model: `${id}/${MODELS[id === 'one' ? a : b]}` } };
            const keys = (['one', 'two'] as const).map((each) => ({ id: `${each}/key`, provider: each, secret: KEY }));
            return { ...sourceFor({ provider: first.url, config: { providers, agents } }), keys };
          };
          gateway = await startGateway({ provider: first.url });
          const talk = CONVERSATIONS[from]({ url: gateway.url, stream: true, thinks: true });
          for (const id of ['one', 'two', 'one'] as const) {
            gateway.running.swap(source(id));
            const turn = await talk.turn().catch((error: unknown) => {
              const refused = fakes.flatMap(({ requests }) => requests.filter(({ refusal }) => refusal !== undefined));
              const shown = refused.map(({ refusal, body }) => `${refusal}\n${JSON.stringify(body)}`);
              throw new Error(`${String(error)}\n${shown.join('\n')}`, { cause: error });
            });
            assert.equal(turn.text, `Answer of ${id === 'one' ? 1 : 2}.`);
          }
          for (const fake of [first, second]) {
            for (const { refusal, raw } of fake.requests) {
              assert.equal(refusal, undefined);
              assert.equal(raw.includes(TAG_START), false, 'a tag of ours reached a provider');
            }
          }
          const own = new Set(signaturesIn(first));
          assert.deepEqual(
            signaturesIn(second).filter((signature) => own.has(signature)),
            [],
          );
          for (const text of ['Thought of 1.']) {
            assert.equal(
              second.requests.some(({ raw }) => raw.includes(text)),
              false,
              'what one provider thought reached the other',
            );
          }
        });
      }
    }
  }
});
