import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { anthropicCodec } from '../../../src/core/dialects/anthropic-messages/codec.ts';
import {
  countBody,
  countsTokens,
  estimateText,
  estimateTokens,
  readCount,
  renderCount,
  writeCount,
} from '../../../src/core/dialects/count-tokens.ts';
import { geminiCodec } from '../../../src/core/dialects/gemini/codec.ts';
import type { Call, Media, Turn } from '../../../src/core/ir/call.ts';
import { isGatewayError } from '../../../src/core/ir/error.ts';
import { checkMessages } from '../../support/fake-providers/anthropic-messages-rules.ts';
import { FAKE_GEMINI } from '../../support/fake-providers/gemini.ts';
import type { FakeRequest } from '../../support/fake-providers/script.ts';

const EMPTY: Call = { model: 'm', system: [], turns: [], tools: [], toolChoice: 'auto', maxOutputTokens: undefined };
const MEMORY = { issued: new Map(), stored: new Map() };

const said = (text: string): Turn => ({ role: 'user', content: [{ kind: 'text', text }] });
const shown = (media: Media): Call => ({ ...EMPTY, turns: [{ role: 'user', content: [media] }] });

describe('the estimate', () => {
  // Characters a token, from OpenAI's older vocabulary to its newer one; for Han and kana from 1.5 tokens a character.
  for (const [script, text, least, most] of [
    ['English', 'A gateway that runs on your own machine should never keep the answer waiting for its own sums.', 3.8, 4.5],
    ['Russian', 'Шлюз на вашем компьютере не должен задерживать ответ ради собственных подсчётов.', 1.9, 3.3],
    ['Arabic', 'لا ينبغي للبوابة على جهازك أن تؤخر الجواب من أجل حساباتها الخاصة.', 1.3, 2.6],
    ['Hindi', 'आपकी मशीन का द्वार अपने हिसाब के लिए उत्तर को कभी न रोके।', 1, 2.8],
    ['Korean', '당신의 컴퓨터에 있는 관문은 계산 때문에 답을 늦추면 안 됩니다.', 1.2, 2],
    ['Japanese', 'あなたの機械の関門は、計算のために答えを遅らせてはなりません。', 0.67, 1.6],
    ['Chinese', '您电脑上的网关不应为了自己的计算而拖延回答。', 0.67, 1.4],
  ] as const) {
    it(`of ${script} lies where its tokenizers do`, () => {
      const ratio = text.length / estimateText(text);
      assert.ok(ratio >= least && ratio <= most, `${ratio.toFixed(2)} characters a token`);
    });
  }

  it('of code and its prose is about four characters a token', () => {
    for (const file of ['count-tokens.ts', 'conversation.ts', 'endpoints.ts']) {
      const code = readFileSync(new URL(`../../../src/core/dialects/${file}`, import.meta.url), 'utf8');
      const ratio = code.length / estimateText(code);
      assert.ok(ratio > 3.2 && ratio < 4.4, `${file}: ${ratio.toFixed(2)} characters a token`);
    }
  });

  it('counts each thing of a call', () => {
    assert.equal(estimateTokens(EMPTY), 0);
    assert.equal(estimateTokens({ ...EMPTY, turns: [said('')] }), 4);
    assert.equal(estimateTokens({ ...EMPTY, turns: [said('abcd'), said('abcd')] }), 10);
    assert.equal(estimateTokens({ ...EMPTY, system: [{ kind: 'text', text: 'abcd' }] }), 5);
    assert.equal(estimateTokens(shown({ kind: 'image', mediaType: 'image/png', base64: 'AAAA' })), 1604);
    assert.equal(estimateTokens(shown({ kind: 'remote', what: 'image', url: 'https://example.org/x.png' })), 1604);
    assert.equal(estimateTokens(shown({ kind: 'remote', what: 'document', url: 'https://example.org/x.pdf' })), 15_004);
    assert.equal(estimateTokens(shown({ kind: 'audio', mediaType: 'audio/wav', base64: 'A'.repeat(40_000) })), 64);
    const pdf = (bytes: number): Media => ({
      kind: 'document',
      mediaType: 'application/pdf',
      base64: Buffer.alloc(bytes).toString('base64'),
    });
    assert.deepEqual(
      [1, 49_998, 120_000].map((bytes) => estimateTokens(shown(pdf(bytes)))),
      [3004, 3004, 9004],
    );
    const base64 = Buffer.from('abcd'.repeat(100)).toString('base64');
    assert.equal(estimateTokens(shown({ kind: 'document', mediaType: 'text/plain', base64 })), 100);
    const tool = { name: 'look', description: 'Looks.', parameters: { type: 'object' } };
    assert.equal(estimateTokens({ ...EMPTY, tools: [tool] }), estimateText(JSON.stringify(tool)));
    const format = { kind: 'schema', name: 'x', schema: { type: 'object' }, strict: true } as const;
    assert.equal(estimateTokens({ ...EMPTY, format }), estimateText('{"type":"object"}'));
    assert.equal(
      estimateTokens({
        ...EMPTY,
        turns: [
          {
            role: 'assistant',
            content: [
              { kind: 'reasoning', text: 'abcd' },
              { kind: 'tool-call', callId: 'long id that nobody counts', name: 'abcd', arguments: 'abcd' },
            ],
          },
          {
            role: 'user',
            content: [{ kind: 'tool-result', callId: '1', name: 'abcd', content: said('abcd').content as [], isError: false }],
          },
        ],
      }),
      8 + Math.ceil(5 * 4 * 0.24),
    );
  });

  it('never falls when text is added, wherever it is', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 });
    const turns = fc.array(text.map(said), { maxLength: 4 });
    fc.assert(
      fc.property(turns, text, text, text, (before, start, middle, end) => {
        const around = (inner: string): Call => ({ ...EMPTY, turns: [...before, said(start + inner + end)] });
        const less = estimateTokens(around(''));
        assert.ok(estimateTokens(around(middle)) >= less);
        assert.ok(estimateTokens({ ...EMPTY, turns: [...around('').turns, said(middle)] }) > less);
        assert.ok(
          estimateText(start + middle) <= estimateText(start) + estimateText(middle),
          'parts never cost less than the whole',
        );
        assert.equal(estimateTokens(around(middle)), estimateTokens(around(middle)));
      }),
    );
  });

  it('is cheap: see the figure', function () {
    const sample = 'const answer = await ask("中文", { retries: 3 });\n';
    const call: Call = { ...EMPTY, turns: [said(sample.repeat(Math.ceil(2 ** 20 / sample.length)))] };
    const rounds = Array.from({ length: 15 }, () => {
      const start = performance.now();
      estimateTokens(call);
      return performance.now() - start;
    }).sort((a, b) => a - b);
    console.log(`        1 MB of text: ${rounds[7]?.toFixed(1)} ms (median of 15)`);
  });
});

describe('a count', () => {
  it('is what two dialects have', () => {
    assert.deepEqual((['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const).filter(countsTokens), [
      'anthropic-messages',
      'gemini',
    ]);
  });

  it('is answered in the shape of each, and read from it', () => {
    assert.deepEqual(renderCount('anthropic-messages', 7), { input_tokens: 7 });
    assert.deepEqual(renderCount('gemini', 7), { totalTokens: 7 });
    for (const dialect of ['anthropic-messages', 'gemini'] as const) {
      assert.equal(readCount(dialect, renderCount(dialect, 7)), 7);
      assert.equal(readCount(dialect, { input_tokens: '7', totalTokens: -1 }), undefined);
    }
  });

  it('is read like the request that it is for', () => {
    const messages = [{ role: 'user', content: 'hi' }];
    const thinking = { type: 'enabled', budget_tokens: 31_999 };
    const contents = [{ role: 'user', parts: [{ text: 'hi' }] }];
    for (const [dialect, body] of [
      ['anthropic-messages', { model: 'x', messages, thinking }],
      ['gemini', { contents }],
      ['gemini', { generateContentRequest: { model: 'models/x', contents } }],
    ] as const) {
      const read = (dialect === 'gemini' ? geminiCodec : anthropicCodec).readCall(countBody(dialect, body), {
        model: 'x',
        stream: false,
      });
      assert.ok(!isGatewayError(read), JSON.stringify(read));
      assert.deepEqual(read.losses, []);
      assert.equal(estimateTokens(read.call), 5);
    }
  });

  it('is asked of Gemini with contents alone or with a whole request', () => {
    const contents = [{ role: 'user', parts: [{ text: 'hi' }] }];
    const systemInstruction = { parts: [{ text: 'Be brief.' }] };
    const request = { model: 'models/x', contents, systemInstruction };
    assert.deepEqual(countBody('gemini', { contents }), { contents });
    assert.deepEqual(countBody('gemini', { generateContentRequest: request }), { contents, systemInstruction });
    assert.deepEqual(countBody('gemini', { generate_content_request: request }), { contents, systemInstruction });
    assert.deepEqual(countBody('gemini', {}), {});
  });

  it('is written for Anthropic without what only an answer needs', () => {
    const counted = {
      model: 'm',
      system: [{ type: 'text', text: 'Be brief.' }],
      messages: [{ role: 'user', content: 'hi' }],
      tools: [{ name: 'look', description: '', input_schema: { type: 'object' } }],
      tool_choice: { type: 'auto' },
    };
    const extras = {
      max_tokens: 9,
      stream: true,
      temperature: 1,
      stop_sequences: ['x'],
      metadata: { user_id: 'u' },
      service_tier: 'auto',
    };
    const { path, body } = writeCount('anthropic-messages', JSON.stringify({ ...extras, ...counted }), 'm');
    assert.equal(path, '/v1/messages/count_tokens');
    assert.deepEqual(JSON.parse(body), counted);
    checkMessages(JSON.parse(body) as typeof counted, [], '2023-06-01', true, MEMORY);
  });

  it('is written for Gemini with all that a request holds', () => {
    const contents = [{ role: 'user', parts: [{ text: 'hi' }] }];
    const request = { contents, systemInstruction: { parts: [{ text: 'Be brief.' }] }, generationConfig: { maxOutputTokens: 9 } };
    for (const [written, expected] of [
      [{ contents }, { contents }],
      [request, { generateContentRequest: { model: 'models/gemini-3-pro', ...request } }],
    ] as const) {
      const { path, body } = writeCount('gemini', JSON.stringify(written), 'gemini-3-pro');
      assert.equal(path, '/v1beta/models/{model}:countTokens');
      assert.deepEqual(JSON.parse(body), expected);
      const asked = { path: '/v1beta/models/gemini-3-pro:countTokens', body: JSON.parse(body) as unknown, headers: {} };
      assert.equal(FAKE_GEMINI.check(asked as unknown as FakeRequest, 'count', MEMORY), undefined);
      assert.deepEqual(countBody('gemini', JSON.parse(body) as typeof expected), written);
    }
  });
});
