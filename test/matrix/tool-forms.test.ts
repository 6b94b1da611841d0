import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { asRecord, listAt, textAt, type JsonRecord } from '../../src/core/dialects/read-json.ts';
import type { Tool } from '../../src/core/ir/call.ts';
import { isGatewayError } from '../../src/core/ir/error.ts';
import type { Part } from '../../src/core/ir/parts.ts';
import { CODECS } from '../../src/core/dialects/codecs.ts';
import { decodeStream, encodeStream, encodeWhole, frameFor } from './translate.ts';

/** Codex gets its calls in the forms in which it declared its tools, whoever answers, and its next request is understood. */

const FORMS = {
  function: ['function_call', 'function_call_output'],
  custom: ['custom_tool_call', 'custom_tool_call_output'],
  'tool-search': ['tool_search_call', 'tool_search_output'],
} as const;

const INPUT = '*** Begin Patch\n"ünï"\\\n*** End Patch';

function readBody(body: JsonRecord) {
  const read = CODECS['openai-responses'].readCall(body, { model: 'm', stream: true });
  assert.ok(!isGatewayError(read), isGatewayError(read) ? read.message : '');
  return read.call;
}

/** A call of the tool as any provider makes it: by the call's own name, with an object. */
function answerCalling(tool: Tool): readonly Part[] {
  const json = JSON.stringify(tool.form?.kind === 'custom' ? { input: INPUT } : { query: 'ä', cmd: 'ls' });
  const deltas = [json.slice(0, 7), json.slice(7, 14), json.slice(14)].filter((text) => text !== '');
  return [
    { type: 'response-start', id: 'a1', model: 'served' },
    { type: 'block-start', at: 0, block: { kind: 'tool-call', callId: 'call_new', name: tool.name } },
    ...deltas.map((text): Part => ({ type: 'block-delta', at: 0, text })),
    { type: 'block-end', at: 0 },
    { type: 'response-end', stop: { reason: 'tool-use', raw: 'tool_use' } },
  ];
}

for (const file of ['codex-gpt-5.5', 'codex-namespace', 'codex-additional-tools']) {
  const { body } = JSON.parse(readFileSync(path.join(import.meta.dirname, 'agent-requests', `${file}.json`), 'utf8')) as {
    body: JsonRecord;
  };
  const call = readBody(body);

  describe(`tools of ${file}`, () => {
    for (const tool of call.tools) {
      const parts = answerCalling(tool);
      const form = tool.form?.kind ?? 'function';

      it(`${tool.name} is called as a ${form}`, () => {
        const [type] = FORMS[form];
        const whole = encodeWhole('openai-responses', parts, frameFor(parts, call));
        const item = asRecord(listAt(whole, 'output').find((each) => textAt(asRecord(each), 'type') === type));
        assert.ok(item, JSON.stringify(whole['output']));
        if (form !== 'tool-search') assert.equal(item['name'], tool.form?.name ?? tool.name);
        assert.equal(item['namespace'] ?? undefined, tool.form?.namespace);
        if (form === 'custom') assert.equal(item['input'], INPUT);

        const { text } = encodeStream('openai-responses', parts, frameFor(parts, call));
        const done = text
          .split('\n')
          .filter((line) => line.startsWith('data: {"type":"response.output_item.done"'))
          .map((line) => (JSON.parse(line.slice(6)) as JsonRecord)['item']);
        assert.deepEqual(done, whole['output'], 'the stream brings the same items');
      });

      it(`${tool.name} and its result are understood in the next request`, () => {
        const whole = encodeWhole('openai-responses', parts, frameFor(parts, call));
        const output = listAt(whole, 'output');
        const [, resultType] = FORMS[form];
        const result =
          form === 'tool-search'
            ? { type: resultType, call_id: 'call_new', execution: 'client', status: 'completed', tools: [] }
            : { type: resultType, call_id: 'call_new', output: 'ok' };
        const next = readBody({ ...body, input: [...listAt(body, 'input'), ...output, result] });
        const called = next.turns
          .flatMap((turn) => turn.content as readonly (typeof turn.content)[number][])
          .find((part) => part.kind === 'tool-call' && part.callId === 'call_new');
        assert.ok(called?.kind === 'tool-call');
        assert.equal(called.name, tool.name);
        const sent = parts.flatMap((part) => (part.type === 'block-delta' ? [part.text] : [])).join('');
        assert.deepEqual(JSON.parse(called.arguments), JSON.parse(sent));
        const given = next.turns
          .flatMap((turn) => turn.content as readonly (typeof turn.content)[number][])
          .find((part) => part.kind === 'tool-result' && part.callId === 'call_new');
        assert.equal(given?.kind === 'tool-result' && given.name, tool.name);
      });

      it(`${tool.name} comes back out of its own stream`, () => {
        const { text } = encodeStream('openai-responses', parts, frameFor(parts, call));
        const started = decodeStream('openai-responses', text).find((part) => part.type === 'block-start');
        assert.equal(started?.type === 'block-start' && started.block.kind, 'tool-call');
      });
    }
  });
}
