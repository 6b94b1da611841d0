import type { FrameData } from '../../../src/core/providers/demo/answer.ts';
import { openaiModel, openaiModels } from '../../../src/core/providers/demo/openai-chat.ts';
import { responsesFrames, responsesWhole } from '../../../src/core/providers/demo/openai-responses.ts';
import { type FakeDialect, fieldsOf, firstFault, listOf, textOf, words } from './dialect.ts';
import { OPENAI_HEADERS, openaiAuthorise, openaiFault, openaiRefusal, openaiUnknownModel } from './openai-errors.ts';
import { checkResponses } from './openai-responses-rules.ts';
import type { FakeRequest } from './script.ts';

export const FAKE_RESPONSES: FakeDialect = {
  id: 'openai-responses',
  newline: '\n',
  headers: OPENAI_HEADERS,

  route(method, path) {
    if (method === 'POST' && path === '/v1/responses') return 'generate';
    if (method === 'POST' && path === '/v1/responses/input_tokens') return 'count';
    return method === 'GET' && /^\/v1\/models(?:\/.+)?$/.test(path) ? 'models' : undefined;
  },

  authorise: openaiAuthorise,

  check(request, operation, memory) {
    if (operation === 'models') return undefined;
    const fault = firstFault(() => checkResponses(fieldsOf(request.body), memory));
    return fault === undefined ? undefined : openaiRefusal(fault);
  },

  /** Answers are kept unless the request says `store: false`, with the calls that the next request must answer. */
  remember(request, answer, memory) {
    if (fieldsOf(request.body)['store'] === false) return;
    const body = responsesWhole(answer, echoOf(request));
    const openCalls = listOf(body['output']).flatMap((item) => {
      const { type, call_id: id } = fieldsOf(item);
      return type === 'function_call' ? [textOf(id)] : [];
    });
    memory.stored.set(textOf(body['id']), { body, openCalls });
    const [oldest] = memory.stored.keys();
    if (memory.stored.size > 1000 && oldest !== undefined) memory.stored.delete(oldest);
  },

  /** Encrypted reasoning only comes to those who ask for it. */
  thinking(request, thinking) {
    const asked = listOf(fieldsOf(request.body)['include']).includes('reasoning.encrypted_content');
    return asked ? thinking : { ...thinking, token: undefined };
  },

  callId: (number) => `call_FakeProvider${String(number).padStart(8, '0')}`,
  frames: (request, answer) => responsesFrames(answer, echoOf(request)),
  whole: (request, answer) => responsesWhole(answer, echoOf(request)),
  models: (path, ids) => (path === '/v1/models' ? openaiModels(ids) : openaiModel(path.slice('/v1/models/'.length))),
  count: (_request, tokens) => ({ object: 'response.input_tokens', input_tokens: tokens }),
  embed: () => ({}),
  error: (error) => openaiRefusal(openaiFault(error)),

  /** Two events, as recorded: `error` with a nested error object, then `response.failed`. */
  errorFrames(error, sent) {
    const { type, message, code } = openaiFault(error);
    const inner = { type, code: code ?? type, message, param: null };
    const opening = fieldsOf(fieldsOf(sent[0]?.data)['response']);
    const failed = { ...opening, status: 'failed', error: { code: code ?? 'server_error', message } };
    const numbered = (kind: string, more: number, data: FrameData): { event: string; data: FrameData } => ({
      event: kind,
      data: { type: kind, sequence_number: sent.length + more, ...data },
    });
    const frames = [numbered('error', 0, { error: inner })];
    return opening['id'] === undefined ? frames : [...frames, numbered('response.failed', 1, { response: failed })];
  },

  unknownModel: openaiUnknownModel,
  notFound: (path) => openaiRefusal({ status: 404, message: `Invalid URL (POST ${path})` }),
};

const ECHOED = words(`
  instructions max_output_tokens parallel_tool_calls previous_response_id prompt_cache_key reasoning store temperature
  text tool_choice tools top_p truncation user metadata
`);

/** The provider repeats the request's settings, tools and all, in three events of each stream. */
function echoOf(request: FakeRequest): FrameData {
  const body = fieldsOf(request.body);
  return Object.fromEntries(ECHOED.flatMap((name) => (body[name] === undefined ? [] : [[name, body[name]]])));
}
