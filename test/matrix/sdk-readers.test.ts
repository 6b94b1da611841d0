import assert from 'node:assert/strict';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import Anthropic from '@anthropic-ai/sdk';
import { generateText, jsonSchema, type LanguageModel, type ModelMessage, streamText, tool, type ToolSet } from 'ai';
import fc from 'fast-check';
import OpenAI from 'openai';
import { parseRecord } from '../../src/core/dialects/read-json.ts';
import type { DialectId } from '../../src/core/ir/dialect.ts';
import type { Part } from '../../src/core/ir/parts.ts';
import { answer } from '../support/arbitraries.ts';
import { meaningOf, type Meaning } from './meaning.ts';
import { encodeStream, encodeWhole, frameFor } from './translate.ts';

/** The readers that agents are built on, given what the encoders write: some of them stop at anything they do not know. */

type Fetch = typeof fetch;

/** A provider that gives the same answer to everything. */
function answering(dialect: DialectId, parts: readonly Part[]): Fetch {
  return (_url, init) => {
    const asked = typeof init?.body === 'string' ? parseRecord(init.body) : undefined;
    const url = typeof _url === 'string' ? _url : _url instanceof URL ? _url.href : _url.url;
    const frame = frameFor(parts);
    const streamed = asked?.['stream'] === true || url.includes('streamGenerateContent');
    const text = streamed ? encodeStream(dialect, parts, frame).text : JSON.stringify(encodeWhole(dialect, parts, frame));
    return Promise.resolve(
      new Response(text, { headers: { 'content-type': streamed ? 'text/event-stream' : 'application/json' } }),
    );
  };
}

type Sdk = readonly [dialect: DialectId, model: (fetch: Fetch) => LanguageModel];
const AI_SDK: Readonly<Record<string, Sdk>> = {
  '@ai-sdk/openai chat': ['openai-chat', (fetch) => createOpenAI({ apiKey: 'k', fetch }).chat('gpt-4.1')],
  '@ai-sdk/openai-compatible': [
    'openai-chat',
    (fetch) => createOpenAICompatible({ name: 'g', baseURL: 'http://127.0.0.1/v1', apiKey: 'k', includeUsage: true, fetch })('m'),
  ],
  '@ai-sdk/openai responses': ['openai-responses', (fetch) => createOpenAI({ apiKey: 'k', fetch })('gpt-5.5')],
  '@ai-sdk/anthropic': ['anthropic-messages', (fetch) => createAnthropic({ apiKey: 'k', fetch })('claude-opus-5-5')],
  '@ai-sdk/google': ['gemini', (fetch) => createGoogle({ apiKey: 'k', fetch })('gemini-3-pro-preview')],
};

/** No tool is run: what was called is looked at. */
function toolsOf(meaning: Meaning): ToolSet {
  return Object.fromEntries(meaning.calls.map(({ name }) => [name, tool({ inputSchema: jsonSchema({ type: 'object' }) })]));
}

interface Read {
  readonly text: string;
  readonly reasoning: string | undefined;
  readonly toolCalls: readonly { readonly toolCallId: string; readonly toolName: string; readonly input: unknown }[];
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
}

function compare(read: Read, meant: Meaning, dialect: DialectId, where: string): void {
  assert.equal(read.text, meant.text, where);
  // OpenAI's own Chat has no thoughts to read.
  if (where !== '@ai-sdk/openai chat') assert.equal((read.reasoning ?? '').replace(/\s+/g, ''), meant.reasoning, where);
  const calls = read.toolCalls.map(({ toolCallId, toolName, input }) => ({ callId: toolCallId, name: toolName, arguments: input }));
  assert.deepEqual(calls, meant.calls, where);
  const { usage } = meant;
  if (usage === undefined) return;
  const input = usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;
  assert.deepEqual([read.inputTokens, read.outputTokens], [input, usage.output], `${where}, ${dialect}: usage`);
}

const MESSAGES: ModelMessage[] = [{ role: 'user', content: 'Hello.' }];
/** The AI SDK takes an answer without anything in it for a failure of the provider, and it is none of ours. */
const saying = answer('gemini@elsewhere').filter((parts) => parts.some((part) => part.type === 'block-delta'));

describe('the AI SDK understands the encoders', () => {
  for (const [name, [dialect, modelWith]] of Object.entries(AI_SDK)) {
    it(`${name}, streamed`, () =>
      fc.assert(
        fc.asyncProperty(saying, async (parts) => {
          const meant = meaningOf(parts);
          const errors: unknown[] = [];
          const result = streamText({
            model: modelWith(answering(dialect, parts)),
            messages: MESSAGES,
            maxRetries: 0,
            tools: toolsOf(meant),
            onError: ({ error }) => void errors.push(error),
          });
          await result.consumeStream();
          assert.deepEqual(errors, []);
          const { inputTokens, outputTokens } = await result.usage;
          const read = {
            text: await result.text,
            reasoning: await result.reasoningText,
            toolCalls: await result.toolCalls,
            inputTokens,
            outputTokens,
          };
          compare(read, meant, dialect, name);
        }),
        { numRuns: 40 },
      ));
    it(`${name}, whole`, () =>
      fc.assert(
        fc.asyncProperty(saying, async (parts) => {
          const meant = meaningOf(parts);
          const result = await generateText({
            model: modelWith(answering(dialect, parts)),
            messages: MESSAGES,
            maxRetries: 0,
            tools: toolsOf(meant),
          });
          const { inputTokens, outputTokens } = result.usage;
          const read = {
            text: result.text,
            reasoning: result.reasoningText,
            toolCalls: result.toolCalls,
            inputTokens,
            outputTokens,
          };
          compare(read, meant, dialect, name);
        }),
        { numRuns: 40 },
      ));
  }
});

describe('the vendors own readers understand the encoders', () => {
  const check = (property: (parts: readonly Part[]) => Promise<void>) =>
    fc.assert(fc.asyncProperty(answer('gemini@elsewhere'), property), { numRuns: 60 });

  it('openai chat', () =>
    check(async (parts) => {
      const client = new OpenAI({ apiKey: 'k', fetch: answering('openai-chat', parts), maxRetries: 0 });
      const meant = meaningOf(parts);
      const stream = client.chat.completions.stream({ model: 'm', messages: [{ role: 'user', content: 'Hello.' }] });
      let text = '';
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
      assert.equal(text, meant.text);
    }));

  it('openai responses', () =>
    check(async (parts) => {
      const client = new OpenAI({ apiKey: 'k', fetch: answering('openai-responses', parts), maxRetries: 0 });
      const meant = meaningOf(parts);
      const final = await client.responses.stream({ model: 'm', input: 'Hello.' }).finalResponse();
      assert.equal(final.output_text, meant.text);
      const calls = final.output.flatMap((item) =>
        item.type === 'function_call'
          ? [{ callId: item.call_id, name: item.name, arguments: JSON.parse(item.arguments) as unknown }]
          : [],
      );
      assert.deepEqual(calls, meant.calls);
    }));

  it('anthropic', () =>
    check(async (parts) => {
      const client = new Anthropic({ apiKey: 'k', fetch: answering('anthropic-messages', parts), maxRetries: 0 });
      const meant = meaningOf(parts);
      const message = await client.messages
        .stream({ model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'Hello.' }] })
        .finalMessage();
      const text = message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
      assert.equal(text, meant.text);
      const calls = message.content.flatMap((block) =>
        block.type === 'tool_use' ? [{ callId: block.id, name: block.name, arguments: block.input }] : [],
      );
      assert.deepEqual(calls, meant.calls);
    }));
});
