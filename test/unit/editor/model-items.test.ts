import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { UsageRow } from '../../../src/core/ledger/records.ts';
import type { PlaceHealth } from '../../../src/core/routing/health/health.ts';
import { conditionWords, withRuleMoved } from '../../../src/vscode/commands/route-rules.ts';
import { modelItems, pacesOf, type ModelFigures } from '../../../src/vscode/commands/model-items.ts';
import { abilitiesOf } from '../../../src/vscode/model-abilities.ts';

const NOW = new Date(2026, 10, 30, 9).getTime();

const place = (more: Partial<PlaceHealth> = {}): PlaceHealth => ({
  provider: 'anthropic',
  model: 'claude-opus-5-5',
  key: 'anthropic/work',
  state: 'dead',
  why: 'key-rejected',
  status: 401,
  since: undefined,
  until: undefined,
  consecutiveFailures: 1,
  latencyMs: undefined,
  headroom: undefined,
  ...more,
});

const figures = (more: Partial<ModelFigures> = {}): ModelFigures => ({
  lists: new Map([
    ['groq', [{ reference: 'groq/llama-4', name: 'llama-4' }]],
    [
      'anthropic',
      [
        { reference: 'anthropic/claude-opus-5-5', name: 'claude-opus-5-5', inputUsd: 5, outputUsd: 25, contextTokens: 1_000_000 },
        { reference: 'anthropic/claude-2', name: 'claude-2', inputUsd: 0, outputUsd: 0, contextTokens: 100_000 },
      ],
    ],
  ]),
  providers: ['groq', 'anthropic'],
  keyless: new Set(),
  aliases: [{ name: 'fast', targets: ['groq/llama-4'] }],
  recent: [],
  paces: new Map(),
  health: [],
  present: undefined,
  now: NOW,
  ...more,
});

const lines = (more: Partial<ModelFigures> = {}): readonly string[] =>
  modelItems(figures(more)).map(({ label, description, detail, reference }) =>
    reference === undefined ? `-- ${label}` : [label, description, detail].filter(Boolean).join(' | ').replaceAll('\u{a0}', ' '),
  );

describe('the list of models to choose from', () => {
  it('says price, context and abilities, as far as they are known', () => {
    assert.deepEqual(lines(), [
      '-- aliases',
      'fast | groq/llama-4',
      '-- groq',
      'llama-4 | unpriced | images',
      '-- anthropic',
      'claude-opus-5-5 | $5 in, $25 out per million tokens · 1M context | tools, images, thinking',
      'claude-2 | free · 100k context | no tools, no images',
    ]);
  });

  it('works before any list is there', () => {
    assert.deepEqual(lines({ lists: new Map(), recent: ['groq/llama-4'] }), [
      '-- used of late',
      'llama-4 | groq · unpriced | images',
      '-- aliases',
      'fast | groq/llama-4',
    ]);
  });

  it('puts what was used of late first and nowhere else, and marks what serves the agent now', () => {
    const all = lines({ recent: ['anthropic/claude-2'], present: 'anthropic/claude-2' });
    assert.equal(all[1], '$(check) claude-2 | anthropic · free · 100k context | no tools, no images');
    assert.equal(all.filter((line) => line.includes('claude-2')).length, 1);
  });

  it('puts providers without a key and places that are set aside last, and says why', () => {
    const all = lines({
      keyless: new Set(['groq']),
      health: [place()],
    });
    assert.deepEqual(all.slice(2), [
      '-- anthropic',
      'claude-2 | free · 100k context | no tools, no images',
      'claude-opus-5-5 | $5 in, $25 out per million tokens · 1M context | $(warning) set aside: rejected by the provider (401) · tools, images, thinking',
      '-- groq, no key yet',
      'llama-4 | unpriced | $(key) no key yet · images',
    ]);
    const other = place({ key: 'anthropic/other', state: 'well', why: undefined });
    const one = lines({ health: [place(), other] });
    assert.match(one.join('\n'), /claude-opus-5-5 .*\$\(pass\) well/);
  });

  it('marks who is the fastest, and who begins first, of those that were measured often enough', () => {
    const row = (model: string, requests: number, firstByteP50Ms: number, tokensPerSecond: number): UsageRow => ({
      group: { provider: 'anthropic', model },
      requests,
      errors: 0,
      input: 0,
      cacheRead: 0,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
      output: 0,
      reasoning: 0,
      costNano: 0,
      unpriced: 0,
      estimated: 0,
      firstByteP50Ms,
      tokensPerSecond,
    });
    const paces = pacesOf([row('claude-opus-5-5', 9, 400, 90), row('claude-2', 3, 300, 20), row('rare', 2, 1, 999)]);
    const all = lines({ paces }).join('\n');
    assert.match(all, /claude-opus-5-5 .*begins after 400 ms, 90 tokens a second · \$\(zap\) the fastest$/m);
    assert.match(all, /claude-2 .*begins after 300 ms, 20 tokens a second · \$\(watch\) the quickest to begin$/m);
    assert.doesNotMatch(lines({ paces: pacesOf([row('claude-2', 3, 300, 20)]) }).join('\n'), /fastest|quickest/);
  });
});

describe('what a model does', () => {
  it('is told by its name, and otherwise not known', () => {
    assert.deepEqual(abilitiesOf('openai/gpt-5.5'), { tools: true, images: true, thinking: true });
    assert.deepEqual(abilitiesOf('gpt-4o-mini'), { tools: true, images: true, thinking: false });
    assert.deepEqual(abilitiesOf('gemini-1.5-pro'), { tools: true, images: true, thinking: false });
    assert.deepEqual(abilitiesOf('my-own'), { tools: undefined, images: undefined, thinking: undefined });
  });
});

describe('rules as they are edited', () => {
  it('are told by their conditions, and move', () => {
    assert.equal(conditionWords({ class: ['background', 'tools'], tokensOver: 5 }), 'class: background / tools, tokensOver: 5');
    assert.equal(conditionWords({}), 'all requests');
    const rules = ['a', 'b', 'c'].map((to) => ({ when: {}, to }));
    assert.deepEqual(
      withRuleMoved(rules, 2, 0).map(({ to }) => to),
      ['c', 'a', 'b'],
    );
  });
});
