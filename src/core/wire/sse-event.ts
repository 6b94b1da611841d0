/** One complete server-sent event. */
export interface SseEvent {
  /** The bytes as they came, the blank line that ends the event included. */
  readonly raw: Uint8Array;
  /** The `event:` field; empty where there is none. */
  readonly name: string;
  /** The `data:` lines joined by a newline, decoded as UTF-8. */
  readonly data: string;
}
