/**
 * What could not be said as it was meant when a request went from one dialect to another. Named, so that a route trace and the
 * header `x-gatehouse-losses` can show it; never content. `field:` and `tool:` name what the agent sent and the target cannot take.
 */
export type Loss =
  /** Arguments that are not a JSON object, sent as `{"unparsed_arguments": "..."}` where the dialect needs an object. */
  | 'unparsed-arguments'
  /** A tool call without a result, answered with a sentence that says so. */
  | 'missing-tool-result'
  /** A tool result without its call, sent as text. */
  | 'orphan-tool-result'
  /** A call id that was taken, or not allowed there; it was renamed, and its result with it. */
  | 'renamed-call-id'
  /** A tool whose name is not allowed there; it was renamed, and its calls with it. */
  | 'renamed-tool'
  /** An image or a document inside a tool result, moved to the user message that follows. */
  | 'moved-media'
  /** A kind of media that the target does not take, replaced by a sentence that says so. */
  | 'dropped-media'
  /** The failure flag of a tool result, said in words. */
  | 'error-flag-as-text'
  /** Thinking, or a signature, of another issuer, left out. */
  | 'dropped-reasoning'
  /** A system message in mid-conversation, sent inside a user message. */
  | 'system-as-user-text'
  /** Marks for the provider's prompt cache, which the target does not know or has enough of. */
  | 'cache-marks'
  /** How much to think: the target's model cannot be told, or knows fewer steps. */
  | 'reasoning-effort'
  /** More output was asked for than the model can give. */
  | 'clamped-max-tokens'
  /** A sampling value outside the target's range, moved to its edge. */
  | 'clamped-sampling'
  /** Stop sequences that the target refuses (too many, blank). */
  | 'stop-sequences'
  /** Keywords of a tool's or an answer's schema that the target refuses. */
  | 'schema-keywords'
  /** A free-form tool, offered as a function with one text argument; its grammar is in its description. */
  | 'custom-tool-as-function'
  /** A forced tool choice, sent as `auto` because the target cannot think and be forced. */
  | 'tool-choice'
  /** Parallel tool calls were forbidden, which the target cannot be told. */
  | 'parallel-tool-calls'
  /** A JSON schema for the answer, asked for in words. */
  | 'answer-format'
  /** Citations, search results and other blocks of an answer that the agent's dialect has no room for. */
  | 'dropped-answer-block'
  | `field:${string}`
  | `tool:${string}`;

/** A field's name as it may stand in a header; agents choose these names. */
export function fieldLoss(name: string): Loss {
  return `field:${name.replace(/[^a-zA-Z0-9_.-]/g, '?').slice(0, 40)}`;
}

/** A tool that its provider would have run itself (`web_search`), by its type. */
export function toolLoss(type: string): Loss {
  return `tool:${type.replace(/[^a-zA-Z0-9_.-]/g, '?').slice(0, 40)}`;
}
