import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { DIALECTS } from '../../../src/core/dialects/by-id.ts';
import { COMPLEXITIES, REQUEST_CLASSES } from '../../../src/core/config/kinds.ts';
import type { RequestFeatures } from '../../../src/core/ir/features.ts';
import { classify } from '../../../src/core/routing/rules/classify.ts';
import { AGENT_REQUESTS } from '../../matrix/agent-requests.ts';

const PLAIN: RequestFeatures = {
  tokens: 500,
  tools: 0,
  webSearch: false,
  onlyWebSearch: false,
  images: 0,
  newImages: 0,
  thinking: false,
  turns: 1,
  jsonAnswer: false,
  lastUserCharacters: 40,
  outputLimit: undefined,
  background: undefined,
};

const EXPECTED: Readonly<Record<string, string>> = {
  'ai-sdk-chat': 'tools, normal',
  'ai-sdk-responses': 'tools, normal',
  'claude-code-opus': 'tools, normal',
  'claude-code-opus-no-thinking': 'image, normal',
  'claude-code-sonnet-4-5': 'tools, normal',
  'claude-code-title': 'background, simple',
  'claude-code-web-search': 'web-search, simple',
  'cline-anthropic': 'image, normal',
  'cline-chat': 'image, normal',
  'codex-additional-tools': 'tools, normal',
  'codex-gpt-5.5': 'tools, normal',
  'codex-namespace': 'image, normal',
  'gemini-cli-2.5': 'image, normal',
  'gemini-cli-3': 'tools, normal',
  'gemini-cli-no-thinking': 'plain, simple',
  'gemini-cli-router': 'background, simple',
  'opencode-anthropic': 'tools, normal',
  'opencode-chat': 'tools, normal',
  // OpenCode's title call, which it makes on its own.
  'opencode-chat-no-thinking': 'background, simple',
  'opencode-gemini': 'tools, normal',
  'opencode-responses': 'thinking, hard',
  'qwen-code-chat': 'tools, normal',
};

describe('classify', () => {
  it('has a word on every recorded request', () => {
    assert.deepEqual(AGENT_REQUESTS.map(({ name }) => name).sort(), Object.keys(EXPECTED).sort());
  });

  for (const { name, dialect, body } of AGENT_REQUESTS) {
    it(`${name}: ${EXPECTED[name]}`, () => {
      const features = DIALECTS[dialect].readFeatures(Buffer.from(JSON.stringify(body)));
      const { class: fits, complexity } = classify(features, {});
      assert.equal(`${fits}, ${complexity}`, EXPECTED[name]);
    });
  }

  it('takes the first class that fits', () => {
    const steps: readonly Partial<RequestFeatures>[] = [
      {},
      { tools: 3 },
      { thinking: true },
      { tokens: 100_001 },
      { newImages: 1 },
      { onlyWebSearch: true },
      { background: 'title', tokens: 30_000 },
    ];
    let features = PLAIN;
    const classes = steps.map((step) => classify((features = { ...features, ...step }), {}).class);
    assert.deepEqual(classes, [...REQUEST_CLASSES].reverse());
  });

  it('takes neither a search that is offered beside others nor old images for a class', () => {
    const { class: fits, reasons } = classify({ ...PLAIN, tools: 12, webSearch: true, images: 2 }, {});
    assert.equal(fits, 'tools');
    assert.deepEqual(reasons, [
      'searching the web is offered beside other tools',
      '2 images only in earlier turns',
      '12 tools are offered',
    ]);
  });

  it('draws the line of a long context above 100,000 tokens', () => {
    assert.equal(classify({ ...PLAIN, tokens: 100_000 }, {}).class, 'plain');
    const { class: fits, reasons } = classify({ ...PLAIN, tokens: 1_234_567 }, {});
    assert.equal(fits, 'long-context');
    assert.equal(reasons[0], 'about 1,234,567 tokens');
  });
});

describe('classify: headers', () => {
  const classOf = (headers: Record<string, string | readonly string[]>, features: Partial<RequestFeatures> = {}) =>
    classify({ ...PLAIN, tools: 2, ...features }, headers).class;

  it("believes Claude Code's and Codex's own word before its own guess", () => {
    for (const value of ['auxiliary', 'compaction', ' Auxiliary '])
      assert.equal(classOf({ 'x-claude-code-request-class': value }), 'background', value);
    for (const value of ['main', 'subagent', 'workflow', 'side_reply'])
      assert.equal(classOf({ 'x-claude-code-request-class': value }, { background: 'title' }), 'tools', value);
    for (const value of ['compact', 'memory_consolidation']) assert.equal(classOf({ 'x-openai-subagent': [value] }), 'background');
    for (const value of ['review', 'collab_spawn'])
      assert.equal(classOf({ 'x-openai-subagent': value }, { background: 'compaction' }), 'tools', value);
  });

  it('guesses by the body where a header says nothing that is known', () => {
    for (const value of ['', 'not-invented-yet']) {
      assert.equal(classOf({ 'x-claude-code-request-class': value }, { background: 'title' }), 'background');
      assert.equal(classOf({ 'x-claude-code-request-class': value }), 'tools');
    }
  });

  it('calls nothing small that is large, and says so', () => {
    const {
      class: fits,
      complexity,
      reasons,
    } = classify({ ...PLAIN, tokens: 150_000 }, { 'x-claude-code-request-class': 'compaction' });
    assert.equal(fits, 'long-context');
    assert.equal(complexity, 'normal');
    assert.equal(reasons[0], 'the header x-claude-code-request-class says compaction, but about 150,000 tokens are no small call');
    assert.equal(classOf({}, { background: 'compaction', tokens: 30_001 }), 'tools');
  });

  it('says in words how a call was recognised', () => {
    const [header] = classify(PLAIN, { 'x-claude-code-request-class': 'auxiliary' }).reasons;
    assert.equal(header, 'the header x-claude-code-request-class says auxiliary');
    const [body] = classify({ ...PLAIN, background: 'router' }, {}).reasons;
    assert.equal(body, 'it asks which model should do the work');
  });
});

describe('classify: complexity', () => {
  const complexity = (features: Partial<RequestFeatures>) => classify({ ...PLAIN, ...features }, {}).complexity;

  it('is simple for a short question, and never with tools', () => {
    assert.equal(complexity({ lastUserCharacters: 400, tokens: 4000, turns: 6 }), 'simple');
    const more: readonly Partial<RequestFeatures>[] = [
      { lastUserCharacters: 401 },
      { tokens: 4001 },
      { turns: 7 },
      { tools: 1 },
      { newImages: 1 },
    ];
    for (const each of more) assert.equal(complexity(each), 'normal', JSON.stringify(each));
  });

  it('is hard for thinking, or for two signs of work', () => {
    assert.equal(complexity({ thinking: true }), 'hard');
    const signs: readonly Partial<RequestFeatures>[] = [{ lastUserCharacters: 1501 }, { tokens: 50_001 }, { turns: 31 }];
    for (const [at, one] of signs.entries()) {
      assert.equal(complexity({ tools: 5, ...one }), 'normal', JSON.stringify(one));
      assert.equal(complexity({ tools: 5, ...one, ...signs[(at + 1) % 3] }), 'hard', JSON.stringify(one));
    }
    assert.equal(complexity({ lastUserCharacters: 1500, tokens: 50_000, turns: 30 }), 'normal');
  });

  it('always gives a class and a complexity that a rule may name, and says why', () => {
    const features = fc.record({
      tokens: fc.nat(300_000),
      tools: fc.nat(30),
      webSearch: fc.boolean(),
      onlyWebSearch: fc.boolean(),
      images: fc.nat(3),
      newImages: fc.nat(3),
      thinking: fc.boolean(),
      turns: fc.nat(80),
      jsonAnswer: fc.boolean(),
      lastUserCharacters: fc.nat(5000),
      outputLimit: fc.constantFrom(undefined, 1, 1000),
      background: fc.constantFrom(undefined, 'title', 'compaction', 'not-known-here'),
    });
    fc.assert(
      fc.property(features, (each) => {
        const classified = classify(each, {});
        assert.ok(REQUEST_CLASSES.includes(classified.class));
        assert.ok(COMPLEXITIES.includes(classified.complexity));
        assert.ok(classified.reasons.length > 0 && classified.reasons.every((reason) => reason !== ''));
        const again = classify(each, {});
        assert.deepEqual(
          [again.class, again.complexity, again.reasons],
          [classified.class, classified.complexity, classified.reasons],
        );
      }),
    );
  });
});
