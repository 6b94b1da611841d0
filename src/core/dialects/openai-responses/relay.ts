import { pickMembers } from '../../wire/json-members.ts';
import type { RequestFacts, Retargeted } from '../dialect.ts';
import { retarget as retargetChat } from '../openai-chat/relay.ts';
import { textAt } from '../read-json.ts';

export function readRequest(body: Uint8Array): RequestFacts | undefined {
  const request = pickMembers(body, ['model', 'stream', 'prompt_cache_key']);
  if (request === undefined) return undefined;
  return { model: textAt(request, 'model'), stream: request['stream'] === true, session: textAt(request, 'prompt_cache_key') };
}

/** The last event of a stream always carries usage; it need not be asked for. */
export function retarget(body: Uint8Array, change: { readonly model: string | undefined }): Retargeted {
  return retargetChat(body, { model: change.model, includeUsage: false });
}
