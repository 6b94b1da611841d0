import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'mocha';
import { parseConfig } from '../../../src/core/config/parse.ts';
import { buildSnapshot } from '../../../src/core/routing/snapshot.ts';
import { findRoute } from '../../../src/core/routing/rules/find-route.ts';
import { asking } from '../routing/rules/rule-request.ts';

const README = readFileSync(path.resolve(import.meta.dirname, '../../../README.md'), 'utf8');

/** What the examples name, and leave to the reader. */
const PROVIDERS = Object.fromEntries(
  ['anthropic', 'openai', 'google', 'groq', 'openrouter'].map((kind) => [kind, { kind }]).concat([['local', { kind: 'ollama' }]]),
);

/** The settings in each block of code, as the headless file has them. */
function examples(): readonly Record<string, Record<string, unknown>>[] {
  return [...README.matchAll(/^```jsonc\n(.*?)^```/gms)].map(([, block = '']) => {
    // No text in the examples has two slashes but an address, and that has a colon before them.
    const settings = JSON.parse(block.replace(/(?<!:)\/\/.*$/gm, '')) as Record<string, Record<string, unknown>>;
    return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name.replace(/^gatehouse\./, ''), value]));
  });
}

function parsed(example: Record<string, Record<string, unknown>>) {
  const result = parseConfig({ ...example, providers: { ...PROVIDERS, ...example['providers'] } });
  if (result.faults !== undefined) assert.fail(JSON.stringify(result.faults));
  return result.config;
}

describe('the settings in the README', () => {
  it('are taken as they stand', () => {
    const all = examples();
    assert.deepEqual(
      all.map((example) => Object.keys(example)),
      [
        ['providers', 'agents'],
        ['models', 'agents'],
        ['retries', 'timeouts', 'providers'],
        ['budgets', 'prices'],
        ['retention'],
        ['telemetry'],
        ['anomalies'],
      ],
    );
    for (const example of all) parsed(example);
  });

  it('route as the text beside them says', () => {
    const routing = examples()[1] ?? assert.fail();
    const snapshot = buildSnapshot({ config: parsed(routing), keys: [], tokens: {} });
    const agent = snapshot.agents.get('claude-code') ?? assert.fail();
    const first = (request: Parameters<typeof asking>[0]) => {
      const route = findRoute(snapshot, agent, asking(request));
      return 'first' in route ? route.first.choices.map(({ target }) => `${target.provider.id}/${target.model}`) : route.message;
    };
    assert.deepEqual(first({}), ['anthropic/claude-opus-5-5', 'openai/gpt-5.6']);
    assert.deepEqual(first({ class: 'background' }), ['groq/llama-4']);
    assert.deepEqual(first({ features: { tokens: 160_000 } }), ['google/gemini-3-pro']);
    assert.deepEqual(first({ model: 'claude-haiku-4-5', headers: { 'x-team': 'blue' } }), ['local/qwen3-coder']);
    const route = findRoute(snapshot, agent, asking());
    assert.deepEqual('fallbacks' in route && route.fallbacks.map(({ pool, on }) => [pool.reference, on]), [
      ['openrouter/anthropic/claude-opus-5.5', ['error']],
      ['google/gemini-3-pro', ['error', 'context-window']],
      ['openai/gpt-5.6', ['content-policy']],
    ]);
  });
});
