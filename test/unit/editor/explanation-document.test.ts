import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Explanation } from '../../../src/core/gateway/explain-route.ts';
import type { ExplainedTarget } from '../../../src/core/gateway/explain-steps.ts';
import { explanationDocument } from '../../../src/vscode/routing/explanation-document.ts';

const AT = new Date(2026, 10, 21, 14, 30).getTime();
const labelOf = (key: string): string => (key === 'anthropic/work' ? 'Work' : key);

const TARGET: ExplainedTarget = {
  target: 'anthropic/claude-opus-5-5',
  allowed: true,
  mode: 'relay',
  dialect: 'anthropic-messages',
  weight: 1,
  bonded: false,
  keys: [{ id: 'anthropic/work', blocked: false, bonded: false, state: 'well', headroom: 0.257 }],
  latencyMs: 812,
  price: { inputUsd: 5, outputUsd: 25 },
  budgetLeftUsd: null,
};

const EXPLAINED: Explanation = {
  at: AT,
  agent: 'claude-code',
  dialect: 'anthropic-messages',
  model: 'claude-haiku-4-5',
  rules: [
    {
      number: 1,
      name: 'images',
      matched: false,
      tried: true,
      needsBody: true,
      why: ['no image is there, but should be'],
      to: 'google/gemini-3-pro',
    },
    { number: 2, matched: false, tried: true, needsBody: false, why: ['model is "claude-haiku-4-5", not "*opus*"'], to: 'fast' },
    {
      number: 3,
      name: 'titles',
      matched: true,
      tried: true,
      needsBody: false,
      why: ['model fits'],
      to: 'anthropic/claude-opus-5-5',
    },
    { number: 4, matched: true, tried: false, needsBody: false, why: ['always matches'], to: 'fast' },
    { number: 5, matched: false, tried: false, needsBody: false, why: ['session is not there'], to: 'fast' },
  ],
  taken: 3,
  foundBy: 'rule',
  steps: [
    { reference: 'anthropic/claude-opus-5-5', on: [], balance: 'weighted', sticky: true, targets: [TARGET] },
    {
      reference: 'fast',
      on: ['error', 'context-window'],
      balance: 'latency',
      sticky: true,
      targets: [
        {
          ...TARGET,
          target: 'groq/llama-4',
          mode: 'translate',
          dialect: 'openai-chat',
          weight: 3,
          bonded: true,
          losses: ['cache-marks'],
          price: { inputUsd: 0.1, outputUsd: 0.4, estimateUsd: 0.00123 },
          keys: [
            {
              id: 'groq/a',
              blocked: true,
              bonded: true,
              state: 'dead',
              why: 'key-rejected',
              status: 401,
              since: AT - 28 * 60_000,
              until: AT + 120_000,
              limits: {
                requestsPerMinute: 60,
                requestsLeft: 12.4,
                concurrent: 4,
                running: 2,
                waiting: 1,
                queue: 64,
                queueSeconds: 30,
                open: false,
              },
            },
            { id: 'groq/b', blocked: false, bonded: false, state: 'well', unusable: 'agent' },
          ],
        },
        { ...TARGET, target: 'local/qwen', allowed: false, keys: [], price: {} },
      ],
    },
  ],
  asks: { target: 'anthropic/claude-opus-5-5', key: 'anthropic/work' },
  allow: ['anthropic/*', 'groq/*'],
  paused: false,
};

function linesOf(explanation: Explanation): string[] {
  return explanationDocument(explanation, labelOf)
    .split('\n')
    .map((line) => line.replaceAll(/^\| | \|$/g, '').replaceAll('\u00a0', ' '));
}

function assertHas(lines: readonly string[], ...wanted: readonly string[]): void {
  for (const line of wanted) assert.ok(lines.includes(line), `${line}\n\nis not in\n\n${lines.join('\n')}`);
}

describe('the document of an explanation', () => {
  it('gives the rules in order, each with its mark and its reasons', () => {
    assertHas(
      linesOf(EXPLAINED),
      '1. ? **images** → google/gemini-3-pro (depends on the request): no image is there, but should be',
      '2. ✘ → fast (does not match): model is "claude-haiku-4-5", not "\\*opus\\*"',
      '3. ✔ **titles** → anthropic/claude-opus-5-5 (takes it): model fits',
      '4. – → fast (would match, but an earlier one takes it): always matches',
      '5. ✘ → fast (would not match either): session is not there',
      'Rules about the content of a request count as not matching here: no request was given. Real ones may take them.',
    );
  });

  it('gives the targets in order, with health, keys, prices and limits', () => {
    assertHas(
      linesOf(EXPLAINED),
      'It would go to **anthropic/claude-opus-5-5** with the key "Work".',
      '### First: anthropic/claude-opus-5-5',
      '**anthropic/claude-opus-5-5** | relayed | 812 ms | $5 in, $25 out',
      'Work | well | 25 %',
      '### Fallback 1: fast, for errors, requests that are too long',
      'One of 2, the quickest first; a session stays with its own. In the order in which they would be tried:',
      '**groq/llama-4** | translated to openai-chat, weight 3, has served this session | 812 ms | $0.1 in, $0.4 out | about $0.0012',
      '**local/qwen** | not on the allow-list of the agent | 812 ms | unpriced | ',
      'Lost in translation for groq/llama-4: cache-marks.',
      'groq/llama-4 | groq/a, has served this session | set aside: rejected by the provider (401), since 14:02, until 14:32 | 12 of 60 requests a minute left, 2 of 4 running, 1 waiting; a request would have to wait now',
      'groq/llama-4 | groq/b | is for other agents | ',
      'The agent may reach only anthropic/\\*, groq/\\*.',
    );
  });

  it('says by what the target was found where no rule takes the request', () => {
    const { taken: _taken, ...rest } = EXPLAINED;
    const lines = linesOf({ ...rest, rules: [], foundBy: 'agent-model' });
    assertHas(lines, 'The agent has no rules.', 'The first target is the model of the agent.');
    assertHas(linesOf({ ...rest, foundBy: 'alias' }), 'No rule takes it.', 'The first target is the alias that was asked for.');
  });

  it('says why there is no way', () => {
    const { asks: _asks, ...rest } = EXPLAINED;
    assertHas(
      linesOf({ ...rest, paused: true }),
      '**The agent is paused:** its requests are refused until you resume it ("Gatehouse: Resume Agent").',
    );
    assertHas(linesOf(rest), '**Nobody can be asked now:** every target is set aside or cannot be asked.');
    const refused = { code: 'forbidden', message: 'It is not on the allow-list.' } as const;
    assertHas(
      linesOf({ ...rest, refused, steps: [], allow: [] }),
      '**It would be refused.** It is not on the allow-list.',
      'There is none.',
    );
  });

  it('says of a target without a key that there is none', () => {
    const [step] = EXPLAINED.steps;
    assert.ok(step);
    assertHas(
      linesOf({ ...EXPLAINED, steps: [{ ...step, targets: [{ ...TARGET, keys: [] }] }] }),
      'there is none | cannot be asked',
    );
  });

  it('tells what the request was taken for where there is one', () => {
    const request = {
      class: 'background',
      complexity: 'simple',
      reasons: ['a title'],
      features: { tokens: 1234 } as NonNullable<Explanation['request']>['features'],
    } as const;
    const lines = linesOf({ ...EXPLAINED, request });
    assertHas(lines, 'The request is taken for **background**, simple (a title); about 1,234 tokens.');
    assert.ok(!lines.some((line) => line.startsWith('Rules about the content')));
  });
});
