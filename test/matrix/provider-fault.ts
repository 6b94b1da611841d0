import type { DialectId } from '../../src/core/ir/dialect.ts';
import { checkMessages } from '../support/fake-providers/anthropic-messages-rules.ts';
import { firstFault, type Fields, type Memory } from '../support/fake-providers/dialect.ts';
import { checkContents } from '../support/fake-providers/gemini-rules.ts';
import { checkChat } from '../support/fake-providers/openai-chat-rules.ts';
import { checkResponses } from '../support/fake-providers/openai-responses-rules.ts';

/** What the provider itself would have against a request; undefined where nothing. It knows no opaque state but `issued`. */
export function providerFault(
  dialect: DialectId,
  body: Fields,
  model: string,
  issued: ReadonlyMap<string, string> = new Map(),
): string | undefined {
  const memory: Memory = { issued: new Map(issued), stored: new Map() };
  return firstFault(() => {
    switch (dialect) {
      case 'openai-chat':
        return checkChat(body);
      case 'openai-responses':
        return checkResponses(body, memory);
      case 'anthropic-messages':
        return checkMessages(body, [], '2023-06-01', false, memory);
      case 'gemini':
        return checkContents(body, model, memory);
      default:
        return dialect satisfies never;
    }
  })?.message;
}
