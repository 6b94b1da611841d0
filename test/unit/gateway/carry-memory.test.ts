import assert from 'node:assert/strict';
import { CarryMemory } from '../../../src/core/gateway/translate/carry-memory.ts';
import type { AssistantContent, Call } from '../../../src/core/ir/call.ts';
import type { Part } from '../../../src/core/ir/parts.ts';

const ISSUER = 'anthropic-messages@anthropic';
const carry = { issuer: ISSUER, token: 'signature' };
const said = (text: string): AssistantContent => ({ kind: 'text', text });
const called = (callId: string): AssistantContent => ({ kind: 'tool-call', callId, name: 'read', arguments: '{}' });
const thought: AssistantContent = { kind: 'reasoning', text: 'Hm.', carry };

function answered(
  memory: CarryMemory,
  ...blocks: readonly (readonly [Extract<Part, { type: 'block-start' }>['block'], string?])[]
): void {
  const keep = memory.keeper();
  for (const [at, [block, text]] of blocks.entries()) {
    keep({ type: 'block-start', at, block });
    if (text !== undefined) keep({ type: 'block-delta', at, text });
    keep(block.kind === 'reasoning' ? { type: 'block-end', at, carry } : { type: 'block-end', at });
  }
}

function restored(memory: CarryMemory, content: readonly AssistantContent[], issuer = ISSUER): readonly AssistantContent[] {
  const call: Call = {
    model: 'm',
    system: [],
    turns: [{ role: 'assistant', content }],
    tools: [],
    toolChoice: 'auto',
    maxOutputTokens: undefined,
  };
  const [turn] = memory.restore(call, issuer).turns;
  return turn?.role === 'assistant' ? turn.content : [];
}

describe('what models signed and agents do not send back', () => {
  const reasoning = { kind: 'reasoning', form: 'full' } as const;
  const tool = (callId: string) => ({ kind: 'tool-call', callId, name: 'read' }) as const;

  it('comes back before the text it led to, and before the call where there was none', () => {
    const memory = new CarryMemory();
    answered(memory, [reasoning, 'Hm.'], [{ kind: 'text' }, 'Reading.'], [tool('a')], [tool('b')]);
    answered(memory, [{ kind: 'text' }, 'Next.'], [reasoning, 'Hm.'], [tool('c')]);
    assert.deepEqual(restored(memory, [said('Reading.'), called('a'), called('b')]), [
      thought,
      said('Reading.'),
      called('a'),
      called('b'),
    ]);
    assert.deepEqual(restored(memory, [said('Next.'), called('c')]), [said('Next.'), thought, called('c')]);
  });

  it('takes the place of a copy that nobody signed, and of none that is signed', () => {
    const memory = new CarryMemory();
    answered(memory, [reasoning, 'Hm.'], [tool('a')]);
    assert.deepEqual(restored(memory, [{ kind: 'reasoning', text: 'Hm.' }, called('a')]), [thought, called('a')]);
    assert.deepEqual(restored(memory, [thought, called('a')]), [thought, called('a')]);
  });

  it('goes to its issuer only', () => {
    const memory = new CarryMemory();
    answered(memory, [reasoning, 'Hm.'], [tool('a')]);
    assert.deepEqual(restored(memory, [called('a')], 'anthropic-messages@other'), [called('a')]);
  });

  it('a thought under an empty tag is one that nobody signed', () => {
    const empty: AssistantContent = { kind: 'reasoning', text: 'Hm.', carry: { issuer: ISSUER, token: '' } };
    assert.deepEqual(restored(new CarryMemory(), [empty, said('x')]), [{ kind: 'reasoning', text: 'Hm.' }, said('x')]);
  });

  it('is bounded: the oldest are forgotten', () => {
    const memory = new CarryMemory();
    for (let n = 0; n < 5001; n++) answered(memory, [reasoning, 'Hm.'], [tool(`call${n}`)]);
    assert.deepEqual(restored(memory, [called('call0')]), [called('call0')]);
    assert.deepEqual(restored(memory, [called('call5000')]), [thought, called('call5000')]);
    // Each as long as a sixth of what may be kept.
    for (let n = 0; n < 8; n++) answered(memory, [reasoning, 'x'.repeat(6 * 1024 * 1024)], [tool(`long${n}`)]);
    assert.deepEqual(restored(memory, [called('long0')]), [called('long0')]);
    assert.equal(restored(memory, [called('long7')]).length, 2);
  });
});
