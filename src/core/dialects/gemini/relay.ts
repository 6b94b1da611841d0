import { lastMember, memberRanges, parseMember, replaceRanges, scanElements, scanMembers } from '../../wire/json-members.ts';
import type { JsonObjectBytes, Replacement } from '../../wire/json-members.ts';
import type { RequestFacts, Retargeted } from '../dialect.ts';

/** The model and whether to stream are in the path; see `endpoints.ts`. */
export function readRequest(body: Uint8Array): RequestFacts | undefined {
  return scanMembers(body) === undefined ? undefined : { model: undefined, stream: false, session: undefined };
}

/**
 * A body need not name its model, but embedding and counting requests may, in up to three places, and Google refuses those whose
 * body and path disagree.
 */
export function retarget(body: Uint8Array, change: { readonly model: string | undefined }): Retargeted {
  const object = change.model === undefined ? undefined : scanMembers(body);
  if (object === undefined) return { body, edits: [] };
  const name = `models/${change.model}`;
  const replacements = [...renamed(body, object, name)];
  const nested = lastMember(object, 'generateContentRequest');
  if (nested !== undefined) replacements.push(...renamed(body, scanMembers(body, nested.start, nested.end), name));
  const requests = lastMember(object, 'requests');
  const elements = requests === undefined ? undefined : scanElements(body, requests.start, requests.end);
  for (const { start, end } of elements ?? []) replacements.push(...renamed(body, scanMembers(body, start, end), name));
  return { body: replaceRanges(body, replacements), edits: replacements.length === 0 ? [] : ['model'] };
}

function renamed(body: Uint8Array, object: JsonObjectBytes | undefined, name: string): readonly Replacement[] {
  if (object === undefined || lastMember(object, 'model') === undefined || parseMember(body, object, 'model') === name) return [];
  return memberRanges(object, [{ key: 'model', json: JSON.stringify(name) }]);
}
