import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anthropicFrames } from '../../../src/core/providers/demo/anthropic-messages.ts';
import type { Answer, Frame } from '../../../src/core/providers/demo/answer.ts';
import { geminiFrames } from '../../../src/core/providers/demo/gemini.ts';
import { chatFrames } from '../../../src/core/providers/demo/openai-chat.ts';
import { responsesFrames } from '../../../src/core/providers/demo/openai-responses.ts';

const CORPUS = process.env['GATEHOUSE_WIRE_CORPUS'] ?? join(import.meta.dirname, '../../../../shared/wire-corpus');

const usage = { input: 9, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 9, reasoningWithinOutput: 3 };
const base: Answer = { id: '1', model: 'm', created: 1, text: 'Hello! How are you?', usage };
const thinking = { text: 'I think', token: 'AAAA' };
const call = { id: 'call_1', name: 'calculator', arguments: '{"a":12}' };

type Data = Readonly<Record<string, any>>;
/** What an event is, for the order of a stream: its type, or the keys of its delta. */
const kindOf = (data: Data): string =>
  data['type'] ??
  Object.keys(data['choices']?.[0]?.delta ?? {})
    .toSorted()
    .join();
const nested = (data: Data): readonly Data[] =>
  [
    data,
    data['item'],
    data['part'],
    data['message'],
    data['content_block'],
    data['delta'],
    data['choices']?.[0],
    data['candidates']?.[0],
  ].filter((each) => typeof each === 'object' && each !== null);
const collapse = (kinds: readonly string[]): readonly string[] => kinds.filter((kind, at) => kind !== kinds[at - 1]);

/** Keys that only some answers of the vendor have. */
const EXTRA = new Set(['obfuscation', 'inference_geo', 'x_groq', 'usage', 'id', 'encrypted_content']);

describe('the writers, held against recorded streams', function () {
  before(function () {
    if (!existsSync(CORPUS)) {
      console.log('      skipped: the recorded answers are not on this machine (set GATEHOUSE_WIRE_CORPUS)');
      this.skip();
    }
  });

  const same = (name: string, file: string, ours: readonly Frame[], inOrder = true): void => {
    it(name, () => {
      const recorded = readFileSync(join(CORPUS, file), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Data);
      const written = ours.flatMap((frame) => (typeof frame.data === 'string' ? [] : [frame.data as Data]));
      if (inOrder) assert.deepEqual(collapse(written.map(kindOf)), collapse(recorded.map(kindOf)));
      for (const theirs of recorded) {
        const alike = written.filter((each) => each['type'] === theirs['type'] && each['item']?.type === theirs['item']?.type);
        const lacking = alike.map((mine) =>
          nested(theirs).flatMap((object, at) =>
            Object.keys(object).filter((key) => !EXTRA.has(key) && !(key in (nested(mine)[at] ?? {}))),
          ),
        );
        const fewest = lacking.toSorted((x, y) => x.length - y.length)[0];
        assert.deepEqual(fewest, [], `${kindOf(theirs)}: ${fewest === undefined ? 'is never written' : `lacks ${fewest.join()}`}`);
      }
    });
  };

  same('Anthropic text', 'anthropic-messages/anthropic--anthropic-text.chunks.txt', anthropicFrames(base));
  same(
    'Anthropic tool call',
    'anthropic-messages/anthropic--anthropic-json-tool.1.chunks.txt',
    anthropicFrames({ ...base, text: '', toolCalls: [call] }),
    false,
  );
  same(
    'Responses with reasoning and a call',
    'openai-responses/openai--openai-reasoning-encrypted-content.1.chunks.txt',
    // The recording is a conversation of four answers.
    [
      ...responsesFrames({ ...base, text: '', thinking, toolCalls: [call] }),
      ...responsesFrames({ ...base, text: '', toolCalls: [call] }),
      ...responsesFrames({ ...base, text: '', toolCalls: [call] }),
      ...responsesFrames(base),
    ],
  );
  same(
    'Chat tool call',
    'openai-chat/groq--groq-tool-call.chunks.txt',
    chatFrames({ ...base, text: '', toolCalls: [{ ...call, arguments: '{}' }] }, false),
    false,
  );
  same(
    'Gemini 3 with a signature',
    'gemini/google--google-reasoning-gemini3.chunks.txt',
    geminiFrames({ ...base, thinking: { text: '', token: 'AAAA' } }),
    false,
  );
});
