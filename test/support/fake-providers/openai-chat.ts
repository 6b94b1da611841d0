import { chatFrames, chatWhole, openaiModel, openaiModels } from '../../../src/core/providers/demo/openai-chat.ts';
import { type FakeDialect, fieldsOf, firstFault } from './dialect.ts';
import { checkChat } from './openai-chat-rules.ts';
import { checkEmbedding, embeddings } from './openai-embeddings.ts';
import { OPENAI_HEADERS, openaiAuthorise, openaiFault, openaiRefusal, openaiUnknownModel } from './openai-errors.ts';

export const FAKE_CHAT: FakeDialect = {
  id: 'openai-chat',
  newline: '\n',
  headers: OPENAI_HEADERS,

  route(method, path) {
    if (method === 'POST' && path === '/v1/chat/completions') return 'generate';
    if (method === 'POST' && path === '/v1/embeddings') return 'embed';
    return method === 'GET' && /^\/v1\/models(?:\/.+)?$/.test(path) ? 'models' : undefined;
  },

  authorise: openaiAuthorise,

  check(request, operation) {
    if (operation === 'models') return undefined;
    const body = fieldsOf(request.body);
    const fault = firstFault(() => (operation === 'embed' ? checkEmbedding(body) : checkChat(body)));
    return fault === undefined ? undefined : openaiRefusal(fault);
  },

  remember: () => undefined,
  thinking: (_request, thinking) => thinking,
  callId: (number) => `call_FakeProvider${String(number).padStart(8, '0')}`,
  frames: (request, answer) => chatFrames(answer, request.read?.includeUsage ?? false),
  whole: (_request, answer) => chatWhole(answer),
  models: (path, ids) => (path === '/v1/models' ? openaiModels(ids) : openaiModel(path.slice('/v1/models/'.length))),
  count: () => ({}),
  embed: (request) => embeddings(fieldsOf(request.body)),
  error: (error) => openaiRefusal(openaiFault(error)),
  errorFrames: (error) => [{ event: undefined, data: openaiRefusal(openaiFault(error)).body }],
  unknownModel: openaiUnknownModel,
  notFound: (path) => openaiRefusal({ status: 404, message: `Invalid URL (POST ${path})` }),
};
