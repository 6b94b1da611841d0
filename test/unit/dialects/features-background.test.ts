import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DIALECTS } from '../../../src/core/dialects/by-id.ts';
import { DIALECT_IDS, type DialectId } from '../../../src/core/ir/dialect.ts';

const background = (dialect: DialectId, body: object): string | undefined =>
  DIALECTS[dialect].readFeatures(Buffer.from(JSON.stringify(body))).background;

const schema = (...names: readonly string[]) => ({
  type: 'object',
  properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
});

/** The same question in each dialect. */
function asked(dialect: DialectId, texts: readonly string[], names: readonly string[], tool?: string): object {
  const answer = names.length > 0 ? schema(...names) : undefined;
  switch (dialect) {
    case 'anthropic-messages':
      return {
        messages: [{ role: 'user', content: texts.map((text) => ({ type: 'text', text })) }],
        ...(answer && { output_config: { format: { type: 'json_schema', schema: answer } } }),
        ...(tool && { tools: [{ name: tool, input_schema: {} }] }),
      };
    case 'openai-chat':
      return {
        messages: texts.map((content) => ({ role: 'user', content })),
        ...(answer && { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: answer } } }),
        ...(tool && { tools: [{ type: 'function', function: { name: tool } }] }),
      };
    case 'openai-responses':
      return {
        input: texts.map((text) => ({ role: 'user', content: [{ type: 'input_text', text }] })),
        ...(answer && { text: { format: { type: 'json_schema', name: 'x', schema: answer } } }),
        ...(tool && { tools: [{ type: 'function', name: tool }] }),
      };
    case 'gemini':
      return {
        contents: texts.map((text) => ({ role: 'user', parts: [{ text }] })),
        ...(answer && { generationConfig: { responseJsonSchema: answer } }),
        ...(tool && { tools: [{ functionDeclarations: [{ name: tool }] }] }),
      };
    default:
      return dialect satisfies never;
  }
}

const THINKING_OFF: Readonly<Record<DialectId, object>> = {
  'anthropic-messages': { thinking: { type: 'disabled' } },
  'openai-chat': { reasoning_effort: 'none' },
  'openai-responses': { reasoning: { effort: 'minimal' } },
  gemini: { generationConfig: { thinkingConfig: { thinkingBudget: 0 } } },
};

describe('background calls', () => {
  for (const id of DIALECT_IDS) {
    it(`${id}: are recognised by the properties of the answer, all of them`, () => {
      const kind = (...names: readonly string[]) => background(id, asked(id, ['Rename f to g.'], names));
      assert.equal(kind('title', 'isNewTopic'), 'title');
      assert.equal(kind('reasoning', 'model_choice'), 'router');
      assert.equal(kind('complexity_reasoning', 'complexity_score'), 'router');
      assert.equal(kind('reasoning', 'next_speaker'), 'next-speaker');
      assert.equal(kind('unproductive_state_analysis', 'unproductive_state_confidence'), 'loop-check');
      assert.equal(kind('explanation', 'search', 'replace', 'noChangesRequired'), 'edit-repair');
      assert.equal(kind('title'), undefined);
      assert.equal(kind('reasoning'), undefined);
      assert.equal(kind('search', 'replace'), undefined);
      assert.equal(kind('reasoning', 'model_choice', 'price'), undefined);
      assert.equal(background(id, asked(id, ['Rename f to g.'], ['title', 'isNewTopic'], 'Bash')), undefined);
    });

    it(`${id}: OpenCode's title call`, () => {
      const line = 'Generate a title for this conversation:\n';
      assert.equal(background(id, asked(id, [line, 'Create hello.txt.'], [])), 'title');
      assert.equal(background(id, asked(id, [line], [])), undefined);
      assert.equal(background(id, asked(id, [line, 'Create hello.txt.'], [], 'bash')), undefined);
      assert.equal(background(id, asked(id, ['Translate this:', 'Hello'], [])), undefined);
      assert.equal(background(id, { ...asked(id, ['Name it:', 'Hello'], []), ...THINKING_OFF[id] }), 'title');
      assert.equal(background(id, { ...asked(id, ['Name it', 'Hello'], []), ...THINKING_OFF[id] }), undefined);
      assert.equal(background(id, { ...asked(id, ['Files:\na.ts:', 'Hello'], []), ...THINKING_OFF[id] }), undefined);
      const long = `${'Read all of this. '.repeat(9)}:`;
      assert.equal(background(id, { ...asked(id, [long, 'Hello'], []), ...THINKING_OFF[id] }), undefined);
    });

    it(`${id}: Qwen Code's questions by a tool`, () => {
      assert.equal(background(id, asked(id, ['Which files matter?'], [], 'respond_in_schema')), 'side-query');
      assert.equal(background(id, asked(id, ['Which files matter?'], [], 'respond')), undefined);
    });

    it(`${id}: compaction, by an agent's own first words`, () => {
      const words = [
        'You are performing a CONTEXT CHECKPOINT COMPACTION. Create a summary.',
        'Your task is to create a detailed summary of the conversation so far, with care.',
        'Provide a detailed prompt for continuing our conversation above.',
        'First, reason in your scratchpad. Then, generate the <state_snapshot>.',
      ];
      for (const each of words) {
        assert.equal(background(id, asked(id, ['Hello', each], [], 'Bash')), 'compaction', each);
        assert.equal(background(id, asked(id, [`What means "${each}"?`], [])), undefined, each);
      }
      // What was said earlier is history.
      const [first] = words;
      assert.equal(background(id, asked(id, id === 'anthropic-messages' ? ['Hello'] : [first!, 'Hello'], [])), undefined);
    });
  }

  it('do not have the tool for an answer beside others', () => {
    const tools = [{ name: 'respond_in_schema' }, { name: 'Bash' }];
    assert.equal(background('anthropic-messages', { tools, messages: [] }), undefined);
  });

  it('take a single token for a probe', () => {
    const ask = { role: 'user', content: 'quota' };
    assert.equal(background('anthropic-messages', { max_tokens: 1, messages: [ask] }), 'probe');
    assert.equal(background('anthropic-messages', { max_tokens: 2, messages: [ask] }), undefined);
    assert.equal(background('openai-chat', { max_completion_tokens: 1, max_tokens: 9, messages: [ask] }), 'probe');
    assert.equal(background('gemini', { generationConfig: { maxOutputTokens: 1 }, contents: [] }), 'probe');
  });

  it('take a bare title for a background call only where thinking is switched off', () => {
    for (const id of ['anthropic-messages', 'openai-chat', 'openai-responses'] as const)
      assert.equal(background(id, { ...asked(id, ['x'], ['title']), ...THINKING_OFF[id] }), 'title');
  });

  it('are never seen once the model has spoken, where the shape alone speaks for them', () => {
    const messages = [
      { role: 'user', content: 'Generate a title for this conversation:' },
      { role: 'assistant', content: 'Which one?' },
      { role: 'user', content: 'This one.' },
    ];
    assert.equal(background('openai-chat', { messages }), undefined);
  });
});
