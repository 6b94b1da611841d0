import assert from 'node:assert/strict';
import { CODECS } from '../../../src/core/dialects/codecs.ts';
import type { Call } from '../../../src/core/ir/call.ts';
import { takesImages, takesTools } from '../../../src/vscode/model-provider/capabilities.ts';
import { describeModels } from '../../../src/vscode/model-provider/describe-models.ts';
import { effortSchema, effortsFor, effortWish } from '../../../src/vscode/model-provider/effort.ts';
import { fakeView, TARGET } from './fake-view.ts';

const target = (model: string, dialect: 'openai-chat' | 'openai-responses' | 'anthropic-messages' | 'gemini') => ({
  ...TARGET,
  model,
  dialect,
});

describe('the effort picker', () => {
  it('offers what a model takes, and nothing where there is nothing to choose', () => {
    assert.deepEqual(effortsFor(target('claude-opus-4-7', 'anthropic-messages')), [
      'none',
      'low',
      'medium',
      'high',
      'xhigh',
      'max',
    ]);
    assert.deepEqual(effortsFor(target('claude-sonnet-4-5', 'anthropic-messages')), ['none', 'low', 'medium', 'high']);
    assert.deepEqual(effortsFor(target('gpt-5-2025-08-07', 'openai-responses')), ['minimal', 'low', 'medium', 'high']);
    assert.deepEqual(effortsFor(target('gemini-3-pro-preview', 'gemini')), ['minimal', 'low', 'medium', 'high']);
    for (const model of ['gpt-4o', 'llama-4', 'claude-3-5-haiku'])
      assert.deepEqual(effortsFor(target(model, 'openai-chat')), [], model);
    assert.equal(effortSchema(target('gpt-5-pro', 'openai-responses')), undefined, 'one is no choice');
    assert.equal(effortSchema(undefined), undefined);
  });

  it('is described beside the model, with the provider left alone by default', () => {
    const [known, unknown] = describeModels(
      fakeView({}, [
        { id: 'a', target: target('claude-opus-4-7', 'anthropic-messages') },
        { id: 'b', target: TARGET },
      ]),
    );
    const property = known?.configurationSchema?.properties['reasoningEffort'] as Record<string, unknown[]>;
    assert.deepEqual(property['enum'], ['default', 'none', 'low', 'medium', 'high', 'xhigh', 'max']);
    assert.equal(property['enumItemLabels']?.length, property['enum'].length);
    assert.equal(property['default'], 'default');
    assert.equal(unknown !== undefined && 'configurationSchema' in unknown, false);
  });

  it('is written in the words of each dialect; what was not chosen, or is not known, says nothing', () => {
    const body = (model: string, dialect: Parameters<typeof target>[1], chosen: unknown): Record<string, unknown> => {
      const reasoning = effortWish(chosen, target(model, dialect));
      const call: Call = {
        model,
        system: [],
        turns: [{ role: 'user', content: [{ kind: 'text', text: 'x' }] }],
        tools: [],
        toolChoice: 'auto',
        maxOutputTokens: undefined,
        ...(reasoning && { reasoning }),
      };
      return JSON.parse(CODECS[dialect].writeRequest(call, { stream: true }).body) as Record<string, unknown>;
    };
    const chosen = { reasoningEffort: 'high' };
    assert.deepEqual(body('claude-opus-4-7', 'anthropic-messages', chosen)['output_config'], { effort: 'high' });
    assert.equal(body('gpt-5.6', 'openai-chat', chosen)['reasoning_effort'], 'high');
    assert.deepEqual(body('gpt-5.6', 'openai-responses', chosen)['reasoning'], { effort: 'high' });
    assert.match(JSON.stringify(body('gemini-3-pro-preview', 'gemini', chosen)), /"thinkingLevel":"high"/i);
    for (const nothing of [undefined, null, {}, { reasoningEffort: 'default' }, { reasoningEffort: 'enormous' }])
      assert.equal('reasoning_effort' in body('gpt-5.6', 'openai-chat', nothing), false);
  });
});

describe('what models can do', () => {
  it('is taken for granted unless it is known to be otherwise', () => {
    const images = [
      'gpt-5.6',
      'claude-opus-5-5',
      'anthropic/claude-haiku-4-5',
      'gemini-3-pro',
      'grok-4',
      'kimi-k2.5',
      'llama-4-scout',
      'llama3.2-vision',
      'anything',
    ];
    for (const model of images) assert.equal(takesImages(model), true, model);
    for (const model of [
      'deepseek-chat',
      'openai/gpt-oss-120b',
      'codestral-latest',
      'qwen3-coder:30b',
      'llama-3.3-70b-versatile',
      'kimi-k2',
      'o3-mini',
    ])
      assert.equal(takesImages(model), false, model);
    for (const model of ['gpt-5.6', 'o3-mini', 'qwen3:8b', 'gemma4:12b', 'anything']) assert.equal(takesTools(model), true, model);
    for (const model of ['gemma3:4b', 'o1-mini', 'phi3']) assert.equal(takesTools(model), false, model);
  });

  it('is told to the editor', () => {
    const [model] = describeModels(fakeView({}, [{ id: 'a', target: { ...TARGET, toolCalling: false, imageInput: false } }]));
    assert.deepEqual(model?.capabilities, { toolCalling: false, imageInput: false });
  });
});
