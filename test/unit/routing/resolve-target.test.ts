import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { isGatewayError } from '../../../src/core/ir/error.ts';
import { resolveTarget } from '../../../src/core/routing/resolve-target.ts';
import { agentIn, errorIn, snapshotOf } from './snapshot-of.ts';

const SNAPSHOT = snapshotOf({
  providers: { openai: { kind: 'openai' }, openrouter: { kind: 'openrouter' }, local: { kind: 'ollama' } },
  agents: {
    fixed: { model: 'openrouter/anthropic/claude-x:beta', provider: 'local' },
    picky: { provider: 'local' },
    free: {},
    chat: { model: 'openai/gpt' },
  },
});

function targetOf(agent: string, requested: string): string {
  const target = resolveTarget(SNAPSHOT, agentIn(SNAPSHOT, agent), requested);
  return isGatewayError(target) ? target.code : `${target.provider.id} | ${target.model}`;
}

describe('resolveTarget', () => {
  for (const [why, agent, requested, expected] of [
    [
      'its own model goes before what it asks for, and before its provider',
      'fixed',
      'openai/gpt',
      'openrouter | anthropic/claude-x:beta',
    ],
    ['its own model serves a request that names none', 'fixed', '', 'openrouter | anthropic/claude-x:beta'],
    ['its provider gets the name whole, also one that looks like another provider', 'picky', 'openai/gpt', 'local | openai/gpt'],
    ['only the first slash parts provider and model', 'free', 'openrouter/meta/llama/3', 'openrouter | meta/llama/3'],
    ['a model may begin with a slash of its own', 'free', 'openrouter//x', 'openrouter | /x'],
    ['a model may be in another script', 'free', 'local/模型🦊', 'local | 模型🦊'],
    ['another agent lends its model', 'free', 'agent/chat', 'openai | gpt'],
    ['an agent on a provider cannot borrow: the name is a model there', 'picky', 'agent/chat', 'local | agent/chat'],
    ['an agent without a model lends nothing', 'free', 'agent/picky', 'model-not-found'],
    ['an agent that is not there lends nothing', 'free', 'agent/nobody', 'model-not-found'],
    ['an agent with an empty name lends nothing', 'free', 'agent/', 'model-not-found'],
    ['an agent named by a method of every object lends nothing', 'free', 'agent/constructor', 'model-not-found'],
    ['a bare model belongs to nobody', 'free', 'gpt', 'model-not-found'],
    ['a leading slash is no provider', 'free', '/gpt', 'model-not-found'],
    ['case counts', 'free', 'OpenAI/gpt', 'model-not-found'],
    ['a method of every object is no provider', 'free', 'constructor/x', 'model-not-found'],
    ['__proto__ is no provider', 'free', '__proto__/x', 'model-not-found'],
    ['a provider without a model serves nothing', 'free', 'openai/', 'bad-request'],
    ['a request without a model is told so', 'picky', '', 'bad-request'],
  ] as const) {
    it(`${agent} asks for ${JSON.stringify(requested)}: ${why}`, () => assert.equal(targetOf(agent, requested), expected));
  }

  it('names the providers that could be asked', () => {
    assert.match(errorIn(resolveTarget(SNAPSHOT, agentIn(SNAPSHOT, 'free'), 'gpt')).message, /\(openai, openrouter, local\)/);
  });

  it('says so when there is no provider at all', () => {
    const empty = snapshotOf({});
    assert.match(errorIn(resolveTarget(empty, agentIn(empty, 'free'), 'gpt')).message, /there are none yet/);
  });

  it('tells an agent whose provider is gone', () => {
    const gone = { ...agentIn(SNAPSHOT, 'picky'), provider: 'gone' };
    assert.match(errorIn(resolveTarget(SNAPSHOT, gone, 'x')).message, /"gone", which is not configured/);
  });
});
