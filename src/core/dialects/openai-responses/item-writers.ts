import type { ToolForm } from '../../ir/call.ts';
import type { Carry } from '../../ir/carry.ts';
import type { Block } from '../../ir/parts.ts';
import { argumentsObject, isBlank } from '../conversation.ts';
import { sealed } from './carry-items.ts';

type Json = Record<string, unknown>;

/** One item on its way to the agent, as the events of its place in the output. */
export interface ItemWriter {
  /** As it is announced. */
  readonly opening: Json;
  delta(text: string): void;
  /** The item as it ended. */
  end(carry: Carry | undefined): Json;
}

/** Sends an event of the item: its id and its index are added. */
export type Send = (type: string, data: Json) => void;

type ProseBlock = Extract<Block, { kind: 'text' | 'reasoning' }>;

export function proseWriter(kind: ProseBlock['kind'], id: string, send: Send): ItemWriter {
  return kind === 'text' ? messageWriter(id, send) : reasoningWriter(id, send);
}

function messageWriter(id: string, send: Send): ItemWriter {
  const base = { id, type: 'message', role: 'assistant' };
  const part = (text: string): Json => ({ type: 'output_text', annotations: [], logprobs: [], text });
  const place = { content_index: 0 };
  let whole = '';
  return {
    opening: { ...base, status: 'in_progress', content: [] },
    delta(text) {
      if (whole === '') send('response.content_part.added', { ...place, part: part('') });
      whole += text;
      send('response.output_text.delta', { ...place, delta: text, logprobs: [] });
    },
    end() {
      send('response.output_text.done', { ...place, text: whole, logprobs: [] });
      send('response.content_part.done', { ...place, part: part(whole) });
      return { ...base, status: 'completed', content: [part(whole)] };
    },
  };
}

/** Always as a summary: it is the only form of thoughts that agents show. */
function reasoningWriter(id: string, send: Send): ItemWriter {
  const base = { id, type: 'reasoning' };
  const part = (text: string): Json => ({ type: 'summary_text', text });
  const place = { summary_index: 0 };
  let whole = '';
  return {
    opening: { ...base, summary: [] },
    delta(text) {
      if (whole === '') send('response.reasoning_summary_part.added', { ...place, part: part('') });
      whole += text;
      send('response.reasoning_summary_text.delta', { ...place, delta: text });
    },
    end(carry) {
      if (whole !== '') {
        send('response.reasoning_summary_text.done', { ...place, text: whole });
        send('response.reasoning_summary_part.done', { ...place, part: part(whole) });
      }
      // Also for agents that did not ask for it: those keep the item as it is, too, and it is all that the model's own provider takes.
      const opaque = carry === undefined ? {} : { encrypted_content: sealed(carry, { to: 'itself' }) };
      return { ...base, summary: whole === '' ? [] : [part(whole)], ...opaque };
    },
  };
}

/** `id` without its prefix. */
export function callWriter(callId: string, form: ToolForm, id: string, send: Send): ItemWriter {
  const named = { call_id: callId, name: form.name, ...(form.namespace === undefined ? {} : { namespace: form.namespace }) };
  switch (form.kind) {
    case 'function':
      return functionWriter({ id: `fc_${id}`, type: 'function_call', ...named }, send);
    case 'custom':
      return customWriter({ id: `ctc_${id}`, type: 'custom_tool_call', ...named }, send);
    case 'tool-search':
      return searchWriter({ id: `tsc_${id}`, type: 'tool_search_call', call_id: callId, execution: 'client' });
    default:
      return form.kind satisfies never;
  }
}

function functionWriter(base: Json, send: Send): ItemWriter {
  let json = '';
  const delta = (text: string): void => {
    json += text;
    send('response.function_call_arguments.delta', { delta: text });
  };
  return {
    opening: { ...base, status: 'in_progress', arguments: '' },
    delta,
    end() {
      if (isBlank(json)) delta('{}');
      send('response.function_call_arguments.done', { arguments: json });
      return { ...base, status: 'completed', arguments: json };
    },
  };
}

/** The text is a member of the arguments: it can be read once they are whole. */
function customWriter(base: Json, send: Send): ItemWriter {
  let json = '';
  return {
    opening: { ...base, status: 'in_progress', input: '' },
    delta(text) {
      json += text;
    },
    end() {
      const given = argumentsObject(json)?.['input'];
      // A model that forgot the wrapping meant the text itself.
      const input = typeof given === 'string' ? given : json;
      if (input !== '') send('response.custom_tool_call_input.delta', { delta: input });
      send('response.custom_tool_call_input.done', { input });
      return { ...base, status: 'completed', input };
    },
  };
}

/** Has no events of its own, and its arguments are an object. */
function searchWriter(base: Json): ItemWriter {
  let json = '';
  return {
    opening: { ...base, status: 'in_progress', arguments: {} },
    delta(text) {
      json += text;
    },
    end: () => ({ ...base, status: 'completed', arguments: argumentsObject(json) ?? json }),
  };
}
