import { asRecord, listAt, recordAt, textAt, type JsonRecord } from '../../src/core/dialects/read-json.ts';
import type { DialectId } from '../../src/core/ir/dialect.ts';

/** The next request of an agent that sends back what it got, with a result for each call. `keeps`: which parts of a Gemini answer. */
export function nextRequest(dialect: DialectId, answer: JsonRecord, keeps: (part: JsonRecord) => boolean = () => true): JsonRecord {
  switch (dialect) {
    case 'openai-chat': {
      const message = recordAt(asRecord(listAt(answer, 'choices')[0]), 'message');
      const results = listAt(message, 'tool_calls').map((call) => ({
        role: 'tool',
        tool_call_id: asRecord(call)?.['id'],
        content: 'ok',
      }));
      return { model: 'm', messages: [{ role: 'user', content: 'Hello.' }, message, ...results] };
    }
    case 'openai-responses': {
      const output = listAt(answer, 'output');
      const results = output.flatMap((item) =>
        textAt(asRecord(item), 'type') === 'function_call'
          ? [{ type: 'function_call_output', call_id: asRecord(item)?.['call_id'], output: 'ok' }]
          : [],
      );
      return { model: 'm', store: false, input: [{ role: 'user', content: 'Hello.' }, ...output, ...results] };
    }
    case 'anthropic-messages': {
      const content = listAt(answer, 'content');
      const results = content.flatMap((block) =>
        textAt(asRecord(block), 'type') === 'tool_use'
          ? [{ type: 'tool_result', tool_use_id: asRecord(block)?.['id'], content: 'ok' }]
          : [],
      );
      const messages = [
        { role: 'user', content: 'Hello.' },
        { role: 'assistant', content },
        { role: 'user', content: results },
      ];
      return { model: 'm', max_tokens: 40_000, thinking: { type: 'enabled', budget_tokens: 2048 }, messages };
    }
    case 'gemini': {
      const content = recordAt(asRecord(listAt(answer, 'candidates')[0]), 'content');
      const parts = listAt(content, 'parts').filter((part) => keeps(asRecord(part) ?? {}));
      const results = parts.flatMap((part) => {
        const call = recordAt(asRecord(part), 'functionCall');
        if (call === undefined) return [];
        const id = call['id'] === undefined ? {} : { id: call['id'] };
        return [{ functionResponse: { ...id, name: call['name'], response: { output: 'ok' } } }];
      });
      return {
        contents: [
          { role: 'user', parts: [{ text: 'Hello.' }] },
          { role: 'model', parts },
          { role: 'user', parts: results },
        ].filter((each) => each.parts.length > 0),
      };
    }
    default:
      return dialect satisfies never;
  }
}
