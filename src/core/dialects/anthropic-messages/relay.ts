import { pickMembers } from '../../wire/json-members.ts';
import type { RequestFacts, Retargeted } from '../dialect.ts';
import { retarget as retargetChat } from '../openai-chat/relay.ts';
import { parseRecord, recordAt, textAt } from '../read-json.ts';

export function readRequest(body: Uint8Array): RequestFacts | undefined {
  const request = pickMembers(body, ['model', 'stream', 'metadata']);
  if (request === undefined) return undefined;
  return {
    model: textAt(request, 'model'),
    stream: request['stream'] === true,
    session: sessionOf(textAt(recordAt(request, 'metadata'), 'user_id')),
  };
}

/** Usage comes unasked in every stream. */
export function retarget(body: Uint8Array, change: { readonly model: string | undefined }): Retargeted {
  return retargetChat(body, { model: change.model, includeUsage: false });
}

/** Claude Code puts JSON text into `user_id`; older versions one line, `user_<hash>_account_<uuid>_session_<uuid>`. */
function sessionOf(userId: string | undefined): string | undefined {
  if (userId === undefined) return undefined;
  if (userId.startsWith('{')) return textAt(parseRecord(userId), 'session_id');
  return /_session_([0-9a-zA-Z-]+)$/.exec(userId)?.[1];
}
