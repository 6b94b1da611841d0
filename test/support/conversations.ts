import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI, type Content, type Part } from '@google/genai';
import OpenAI from 'openai';
import type { DialectId } from '../../src/core/ir/dialect.ts';
import { TOKEN } from './gateway.ts';

const LOOKUP = {
  type: 'object',
  properties: { q: { type: 'string' } },
  required: ['q'],
  additionalProperties: false,
} as const;

export interface Turn {
  readonly text: string;
  /** What the tool was called with. */
  readonly called: unknown;
  readonly stopped: unknown;
}

export interface Conversation {
  /** A question, a call of the tool `lookup`, its result, the final answer. What was said before goes along as the SDK gave it. */
  turn(): Promise<Turn>;
}

export interface Talk {
  readonly url: string;
  readonly stream: boolean;
  readonly thinks: boolean;
  /** With the SDK's own repetitions, as its vendor sets them. */
  readonly retries?: boolean;
}

const once = ({ retries }: Talk): { readonly maxRetries?: number } => (retries === true ? {} : { maxRetries: 0 });

/** An agent as it would be made with each vendor's own SDK. */
export const CONVERSATIONS: Readonly<Record<DialectId, (talk: Talk) => Conversation>> = {
  'openai-chat': (talk) => {
    const { url, stream, thinks } = talk;
    const { chat } = new OpenAI({ apiKey: TOKEN, baseURL: `${url}/v1`, ...once(talk) });
    const base = {
      model: 'any',
      tools: [{ type: 'function' as const, function: { name: 'lookup', parameters: LOOKUP } }],
      ...(thinks ? { reasoning_effort: 'high' as const } : {}),
    };
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'system', content: 'Be brief.' }];
    const ask = async () => {
      const answer = stream
        ? await chat.completions.stream({ ...base, messages }).finalChatCompletion()
        : await chat.completions.create({ ...base, messages });
      const [choice] = answer.choices;
      assert.ok(choice);
      // A convenience of the SDK's stream reader, which the API does not take back.
      const { parsed: _, ...message } = choice.message as typeof choice.message & { parsed?: unknown };
      messages.push(message);
      return choice;
    };
    return {
      async turn() {
        messages.push({ role: 'user', content: 'Look it up.' });
        const first = await ask();
        const [call] = first.message.tool_calls ?? [];
        assert.ok(call?.type === 'function');
        messages.push({ role: 'tool', tool_call_id: call.id, content: 'found' });
        const second = await ask();
        return {
          text: second.message.content ?? '',
          called: JSON.parse(call.function.arguments),
          stopped: [first.finish_reason, second.finish_reason],
        };
      },
    };
  },

  'openai-responses': (talk) => {
    const { url, stream, thinks } = talk;
    const { responses } = new OpenAI({ apiKey: TOKEN, baseURL: `${url}/v1`, ...once(talk) });
    const input: OpenAI.Responses.ResponseInputItem[] = [];
    const base = {
      model: 'any',
      instructions: 'Be brief.',
      store: false,
      include: ['reasoning.encrypted_content' as const],
      tools: [{ type: 'function' as const, name: 'lookup', parameters: LOOKUP, strict: true }],
      ...(thinks ? { reasoning: { effort: 'high' as const, summary: 'auto' as const } } : {}),
    };
    const ask = async () => {
      const answer = stream
        ? await responses.stream({ ...base, input }).finalResponse()
        : await responses.create({ ...base, input });
      input.push(...(answer.output as OpenAI.Responses.ResponseInputItem[]));
      return answer;
    };
    return {
      async turn() {
        input.push({ role: 'user', content: 'Look it up.' });
        const first = await ask();
        const call = first.output.find((item) => item.type === 'function_call') as
          | OpenAI.Responses.ResponseFunctionToolCall
          | undefined;
        assert.ok(call);
        input.push({ type: 'function_call_output', call_id: call.call_id, output: 'found' });
        const second = await ask();
        return { text: second.output_text, called: JSON.parse(call.arguments), stopped: [first.status, second.status] };
      },
    };
  },

  'anthropic-messages': (talk) => {
    const { url, stream, thinks } = talk;
    const { messages: api } = new Anthropic({ apiKey: TOKEN, baseURL: url, ...once(talk) });
    const messages: Anthropic.MessageParam[] = [];
    const base = {
      model: 'any',
      max_tokens: 8000,
      system: 'Be brief.',
      tools: [{ name: 'lookup', input_schema: LOOKUP as never }],
      ...(thinks ? { thinking: { type: 'enabled' as const, budget_tokens: 4000 } } : {}),
    };
    const ask = async () => {
      const answer = stream ? await api.stream({ ...base, messages }).finalMessage() : await api.create({ ...base, messages });
      messages.push({ role: 'assistant', content: answer.content as never });
      return answer;
    };
    return {
      async turn() {
        messages.push({ role: 'user', content: 'Look it up.' });
        const first = await ask();
        const call = first.content.find((block) => block.type === 'tool_use');
        assert.ok(call);
        messages.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'found' }] });
        const second = await ask();
        const text = second.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');
        return { text, called: call.input, stopped: [first.stop_reason, second.stop_reason] };
      },
    };
  },

  gemini: ({ url, stream, thinks, retries }) => {
    // Google's repeats nothing unless it is told to, and then five times.
    const { models } = new GoogleGenAI({
      apiKey: TOKEN,
      httpOptions: { baseUrl: url, ...(retries === true ? { retryOptions: {} } : {}) },
    });
    const contents: Content[] = [];
    const config = {
      systemInstruction: 'Be brief.',
      tools: [{ functionDeclarations: [{ name: 'lookup', parametersJsonSchema: LOOKUP }] }],
      ...(thinks ? { thinkingConfig: { includeThoughts: true, thinkingBudget: 4000 } } : {}),
    };
    const ask = async () => {
      const request = { model: 'any', contents, config };
      const parts: Part[] = [];
      let finishReason;
      const chunks = stream ? await models.generateContentStream(request) : [await models.generateContent(request)];
      for await (const chunk of chunks) {
        parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []));
        finishReason = chunk.candidates?.[0]?.finishReason ?? finishReason;
      }
      contents.push({ role: 'model', parts });
      return { parts, finishReason };
    };
    return {
      async turn() {
        contents.push({ role: 'user', parts: [{ text: 'Look it up.' }] });
        const first = await ask();
        const call = first.parts.find((part) => part.functionCall !== undefined)?.functionCall;
        assert.ok(call);
        const response = { ...(call.id === undefined ? {} : { id: call.id }), name: call.name!, response: { output: 'found' } };
        contents.push({ role: 'user', parts: [{ functionResponse: response }] });
        const second = await ask();
        const text = second.parts.flatMap((part) => (part.thought === true ? [] : [part.text ?? ''])).join('');
        return { text, called: call.args, stopped: [first.finishReason, second.finishReason] };
      },
    };
  },
};
