import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DIALECTS } from '../../src/core/dialects/by-id.ts';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import { streamedTokens } from '../../src/core/ledger/book-entry.ts';
import type { SettledRequest } from '../../src/core/ledger/records.ts';
import type { Step } from '../support/fake-providers/script.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { FAULTS } from '../support/faults/catalogue.ts';
import { ask, forgetFailures, KEY, startGateway, type TestGateway, WIRES } from '../support/gateway.ts';

/** As large as a screenshot: by its bytes it would be 200,000 tokens. */
const PICTURE = Buffer.alloc(600_000, 'p').toString('base64');

const WITH_PICTURE: Readonly<Record<DialectId, object>> = {
  'openai-chat': {
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${PICTURE}` } },
        ],
      },
    ],
  },
  'openai-responses': {
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'What is this?' },
          { type: 'input_image', image_url: `data:image/png;base64,${PICTURE}` },
        ],
      },
    ],
  },
  'anthropic-messages': {
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PICTURE } },
        ],
      },
    ],
  },
  gemini: {
    contents: [{ role: 'user', parts: [{ text: 'What is this?' }, { inlineData: { mimeType: 'image/png', data: PICTURE } }] }],
  },
};

/** A tool that may be called, and the wish to see what the model thinks. */
const WITH_TOOL: Readonly<Record<DialectId, object>> = {
  'openai-chat': {
    tools: [{ type: 'function', function: { name: 'write', parameters: { type: 'object', properties: {} } } }],
  },
  'openai-responses': { tools: [{ type: 'function', name: 'write', parameters: { type: 'object', properties: {} } }] },
  'anthropic-messages': { tools: [{ name: 'write', input_schema: { type: 'object' } }] },
  gemini: {
    tools: [
      { functionDeclarations: [{ name: 'write', parameters: { type: 'OBJECT', properties: { text: { type: 'STRING' } } } }] },
    ],
  },
};

/** How many events at the end of a stream tell its usage, or that it is over. */
const LAST: Readonly<Record<DialectId, number>> = {
  'openai-chat': -3,
  'openai-responses': -1,
  'anthropic-messages': -2,
  gemini: -1,
};

describe('estimates', function () {
  this.timeout(20_000);
  let fake: FakeProvider;
  let gateway: TestGateway;
  beforeEach(async () => {
    fake = await startFakeProvider({ key: KEY });
    gateway = await startGateway({ provider: fake.url });
  });
  afterEach(async () => {
    await gateway.close();
    await fake.close();
  });

  let booked = 0;
  beforeEach(() => (booked = 0));
  async function settled(dialect: DialectId, stream: boolean, step: Step, change: object = {}) {
    fake.script(step);
    forgetFailures(gateway);
    const answer = await ask(gateway, dialect, stream, { change });
    const row = (await gateway.rows(++booked)).at(-1)!;
    const body = Buffer.from(JSON.stringify({ ...WIRES[dialect].body(stream), ...change }));
    return { answer, row, tokens: DIALECTS[dialect].readFeatures(body).tokens };
  }
  /** At 3 dollars a million tokens of input, and 15 of output. */
  const due = ({ usage }: SettledRequest) =>
    usage.input * 3000 + usage.cacheRead * 300 + usage.cacheWrite5m * 3750 + usage.output * 15_000;

  for (const fault of FAULTS.filter(({ name, right }) => name.startsWith('usage-') && right === 'answer')) {
    it(`${fault.name}: what nobody can believe is estimated from what was sent and seen, and marked`, async () => {
      for (const dialect of DIALECT_IDS) {
        for (const stream of [true, false].filter((form) => fault.appliesTo(dialect, form))) {
          const what = `${dialect}, ${stream ? 'stream' : 'whole'}`;
          const { row, tokens } = await settled(dialect, stream, fault.steps(dialect, stream)[0] as Step);
          const seen = stream ? streamedTokens(row.bytesOut, dialect) : Math.ceil(row.bytesOut / 4);
          assert.deepEqual([row.settled, row.estimated, row.usage.source === 'reported'], ['done', true, false], what);
          assert.deepEqual([row.usage.input, row.usage.output], [tokens, seen], what);
          assert.ok(row.usage.output > 0 && row.usage.output < 1000, what);
          assert.equal(row.costNano, due(row), what);
        }
      }
    });
  }

  it('a picture is worth what providers take for one, and not its bytes', async () => {
    for (const dialect of DIALECT_IDS) {
      for (const [stream, step] of [
        [true, { cut: 'eof', afterEvents: 4 }],
        [false, { cut: 'eof', afterBytes: 20 }],
        [true, { usage: 'absent' }],
        [false, { usage: 'absent' }],
      ] as const) {
        const { row, tokens } = await settled(dialect, stream, step, WITH_PICTURE[dialect]);
        const what = `${dialect}, ${JSON.stringify(step)}`;
        assert.equal(row.estimated, true, what);
        // Anthropic's stream tells the input at its start, Gemini's with every piece, where they tell anything.
        const told = stream && !('usage' in step) && (dialect === 'anthropic-messages' || dialect === 'gemini');
        if (!told) assert.equal(row.usage.input, tokens, what);
        assert.ok(row.usage.input < 5000, `${what}: ${row.usage.input}`);
        assert.equal(row.costNano, due(row), what);
      }
    }
  });

  for (const [what, step] of [
    ['thoughts', { thinking: 'thinking about this and that '.repeat(100), text: 'ok' }],
    ['arguments of tools', { toolCalls: [{ name: 'write', args: { text: 'line after line '.repeat(200) } }], text: 'ok' }],
  ] as const) {
    it(`${what} count in a stream that broke off, each byte as the dialect wraps it`, async () => {
      for (const dialect of DIALECT_IDS) {
        const cut = { cut: 'eof', afterEvents: LAST[dialect] } as const;
        const { row, tokens } = await settled(dialect, true, { ...step, ...cut }, WITH_TOOL[dialect]);
        const { row: short } = await settled(dialect, true, { text: 'ok', ...cut }, WITH_TOOL[dialect]);
        assert.deepEqual([row.settled, row.estimated], ['truncated', true], dialect);
        if (dialect === 'openai-chat' || dialect === 'openai-responses') assert.equal(row.usage.input, tokens, dialect);
        assert.ok(row.usage.output >= streamedTokens(row.bytesOut, dialect), dialect);
        assert.ok(row.usage.output > short.usage.output + 30, `${dialect}: ${row.usage.output} after ${short.usage.output}`);
        assert.equal(row.costNano, due(row), dialect);
      }
    });
  }

  it('whoever leaves in the middle pays for what was seen until then', async () => {
    for (const dialect of DIALECT_IDS) {
      const going = new AbortController();
      fake.script({ stallAfterEvents: 6, pieces: 9 });
      await ask(gateway, dialect, true, { signal: going.signal, onData: () => going.abort() }).catch(() => undefined);
      const row = (await gateway.rows(++booked)).at(-1)!;
      assert.deepEqual([row.settled, row.estimated], ['aborted', true], dialect);
      assert.ok(row.usage.input > 0 && row.usage.output >= streamedTokens(row.bytesOut, dialect), dialect);
      assert.equal(row.costNano, due(row), dialect);
    }
  });
});
