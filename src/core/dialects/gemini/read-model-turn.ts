import type { AssistantContent, ReasoningContent } from '../../ir/call.ts';
import type { Carry } from '../../ir/carry.ts';
import { fieldLoss } from '../../ir/loss.ts';
import { asRecord, textAt, type JsonRecord } from '../read-json.ts';
import type { CallIds } from './call-ids.ts';
import { field, PART, type Reading } from './reading.ts';
import { readSignature, type ThoughtBefore } from './thought-tag.ts';
import { NO_SIGNATURE } from './write-contents.ts';

/** Published by Google for calls that another model made. */
const STAND_INS = new Set(['', NO_SIGNATURE, 'context_engineering_is_the_way_to_go']);

/** What the model said between two turns of the user, put together from one or several contents. */
export class ModelTurn {
  readonly #ids: CallIds;
  readonly #reading: Reading;
  readonly #content: AssistantContent[] = [];
  /** Where the text since the last call begins. */
  #sinceCall = 0;
  /** True while the first part of a further content is read: a text there goes on with the one before. */
  #joins = false;

  constructor(ids: CallIds, reading: Reading) {
    this.#ids = ids;
    this.#reading = reading;
    ids.newTurn();
  }

  content(): readonly AssistantContent[] {
    return this.#content;
  }

  add(parts: readonly JsonRecord[], where: string): void {
    this.#joins = this.#content.length > 0;
    for (const [p, part] of parts.entries()) {
      this.#part(part, `${where}parts[${p}].`);
      this.#joins = false;
    }
  }

  #part(part: JsonRecord, where: string): void {
    this.#reading.loseUnknown(part, PART, 'parts.');
    const signed = this.#reading.text(part, 'thoughtSignature', where);
    const signature = signed === undefined ? undefined : readSignature(signed);
    if (signature?.kind === 'thoughts') this.#restore(signature.thoughts);
    // A native signature is for Google alone. A stand-in for one says nothing.
    if (signed !== undefined && signature === undefined && !STAND_INS.has(signed)) this.#reading.lose('dropped-reasoning');
    const carry = signature?.kind === 'own' ? signature.carry : undefined;
    const call = this.#reading.record(part, 'functionCall', where);
    const text = this.#reading.text(part, 'text', where);
    if (call !== undefined) this.#call(call, carry, `${where}functionCall.`);
    else if (text !== undefined) {
      if (part['thought'] === true) this.#thought(text, carry);
      else this.#text(text, carry);
    } else if (field(part, 'functionResponse') !== undefined) {
      this.#reading.refuse(`${where}functionResponse stands in a turn of the model: results come from the user.`);
    } else if (field(part, 'inlineData') !== undefined || field(part, 'fileData') !== undefined) {
      this.#reading.lose('dropped-media');
    }
  }

  #call(call: JsonRecord, carry: Carry | undefined, where: string): void {
    const name = this.#reading.text(call, 'name', where);
    if (name === undefined || name === '') return this.#reading.refuse(`${where}name is missing: a call needs a name.`);
    for (const each of ['partialArgs', 'willContinue'])
      if (field(call, each) !== undefined && field(call, each) !== false) this.#reading.lose(fieldLoss(`functionCall.${each}`));
    const args = field(call, 'args') ?? {};
    if (asRecord(args) === undefined) return this.#reading.refuse(`${where}args must be an object.`);
    const callId = this.#ids.call(textAt(call, 'id'), name);
    const content = { kind: 'tool-call', callId, name, arguments: JSON.stringify(args) } as const;
    this.#content.push(carry === undefined ? content : { ...content, carry });
    this.#sinceCall = this.#content.length;
  }

  /** A thought may come in pieces, and its signature with the last of them or after it. */
  #thought(text: string, carry: Carry | undefined): void {
    const last = this.#content.at(-1);
    if (last?.kind === 'reasoning' && last.carry === undefined) {
      this.#content[this.#content.length - 1] = reasoning(last.text + text, carry);
    } else if (text !== '' || carry !== undefined) {
      this.#content.push(reasoning(text, carry));
    }
  }

  #text(text: string, carry: Carry | undefined): void {
    const last = this.#content.at(-1);
    // A signature behind a streamed text comes in a part without text.
    if (last?.kind === 'text' && last.carry === undefined && (this.#joins || text === '')) {
      this.#content[this.#content.length - 1] = { ...last, text: last.text + text, ...(carry === undefined ? {} : { carry }) };
    } else if (last?.kind === 'reasoning' && last.carry === undefined && text === '') {
      this.#content[this.#content.length - 1] = reasoning(last.text, carry);
    } else if (text !== '') {
      this.#content.push(carry === undefined ? { kind: 'text', text } : { kind: 'text', text, carry });
    }
  }

  /** Thoughts that came on a call go back to where they stood: Anthropic takes a turn only if it begins with them. */
  #restore(thoughts: readonly ThoughtBefore[]): void {
    for (const { carry, at } of thoughts) {
      const known = this.#content.some(
        (each) => each.kind === 'reasoning' && each.carry?.issuer === carry.issuer && each.carry.token === carry.token,
      );
      if (!known) this.#insert(reasoning('', carry), at);
    }
  }

  #insert(thought: ReasoningContent, at: number): void {
    let left = at;
    let index = this.#sinceCall;
    for (; index < this.#content.length; index++) {
      const each = this.#content[index]!;
      if (each.kind !== 'text') continue;
      if (left <= 0) break;
      if (left < each.text.length) {
        this.#content.splice(index, 1, { kind: 'text', text: each.text.slice(0, left) }, thought, {
          ...each,
          text: each.text.slice(left),
        });
        return;
      }
      left -= each.text.length;
    }
    this.#content.splice(index, 0, thought);
  }
}

function reasoning(text: string, carry: Carry | undefined): ReasoningContent {
  return carry === undefined ? { kind: 'reasoning', text } : { kind: 'reasoning', text, carry };
}
