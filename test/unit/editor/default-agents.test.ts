import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { AGENT_KINDS } from '../../../src/core/config/kinds.ts';
import { configSchema } from '../../../src/core/config/schema.ts';
import { defaultAgents, internalAgents } from '../../../src/vscode/default-agents.ts';

function agentsFor(providers: Record<string, object>, keys: readonly string[] = [], extensions: readonly string[] = []) {
  return defaultAgents(configSchema.parse({ providers }), new Set(keys), extensions);
}

describe('defaultAgents', () => {
  it('knows every program, chat and the editor before anything is configured, and serves none of them', () => {
    const agents = agentsFor({});
    assert.deepEqual(Object.keys(agents).sort(), [...AGENT_KINDS.filter((kind) => kind !== 'generic'), 'chat', 'editor'].sort());
    for (const [id, agent] of Object.entries(agents)) assert.deepEqual([agent.provider, agent.model], [undefined, undefined], id);
  });

  it('serves a program by the first provider that speaks its dialect', () => {
    const agents = agentsFor({ openai: { kind: 'openai' }, anthropic: { kind: 'anthropic' }, second: { kind: 'anthropic' } }, [
      'openai',
      'anthropic',
      'second',
    ]);
    assert.deepEqual(
      Object.fromEntries(Object.entries(agents).flatMap(([id, { provider }]) => (provider === undefined ? [] : [[id, provider]]))),
      {
        'claude-code': 'anthropic',
        codex: 'openai',
        opencode: 'openai',
        'qwen-code': 'openai',
        cline: 'openai',
        continue: 'openai',
      },
    );
  });

  it('passes over a provider whose key is missing', () => {
    const agents = agentsFor({ anthropic: { kind: 'anthropic' }, second: { kind: 'anthropic' } }, ['second']);
    assert.equal(agents['claude-code']?.provider, 'second');
  });

  it('uses a provider that needs no key', () => {
    assert.equal(agentsFor({ local: { kind: 'ollama' } })['claude-code']?.provider, 'local');
  });

  it('takes a key for the provider it names only, not for its kind', () => {
    assert.equal(agentsFor({ work: { kind: 'anthropic' } }, ['anthropic'])['claude-code']?.provider, undefined);
  });

  it('lets chat speak with the demo provider, under the name it has', () => {
    assert.equal(agentsFor({ show: { kind: 'demo' } })['chat']?.model, 'show/echo');
  });

  it('has an agent without a model for each allowed extension', () => {
    assert.deepEqual(agentsFor({ show: { kind: 'demo' } }, [], ['GitHub.copilot'])['GitHub.copilot'], {});
  });
});

describe('internalAgents', () => {
  const configured = (agents: object) => configSchema.parse({ agents });

  it('are the editor and the extensions that the user allowed', () => {
    assert.deepEqual([...internalAgents(configured({}), ['acme.asker'])], ['editor', 'acme.asker']);
  });

  it('are not what the user configured, whatever its name looks like', () => {
    const config = configured({ 'claude.work': {}, 'acme.asker': {} });
    assert.deepEqual([...internalAgents(config, ['acme.asker'])], ['editor']);
  });
});
