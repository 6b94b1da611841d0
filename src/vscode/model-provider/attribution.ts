import { EDITOR_AGENT } from '../gateway-view.ts';

/** Whose money it is: who asked for a model through the editor's own interface. */
export type Attribution =
  | { readonly kind: 'editor'; readonly agent: string }
  /** Another extension: its own agent, and only with the user's consent. */
  | { readonly kind: 'extension'; readonly agent: string; readonly extensionId: string }
  /** The editor did not say. */
  | { readonly kind: 'unnamed'; readonly agent: string };

/** The workbench, the chat extension that is built in, and this extension itself. */
const OWN = new Set(['core', 'github.copilot-chat', 'gatehouse.gatehouse']);

export function attribute(initiator: unknown): Attribution {
  if (typeof initiator !== 'string' || initiator.trim() === '') return { kind: 'unnamed', agent: EDITOR_AGENT };
  // Ids compare without case; agent names are lower case.
  const id = initiator.trim().toLowerCase();
  return OWN.has(id) ? { kind: 'editor', agent: EDITOR_AGENT } : { kind: 'extension', agent: id, extensionId: initiator.trim() };
}
