/**
 * What a request body says about itself, as far as a route's rule may ask. Read without a model, a clock or a chance: the same body
 * gives the same features. Zeros and false where the body is broken or says nothing.
 */
export interface RequestFeatures {
  /** Estimate of the whole input; media count by what providers charge for them, not by their bytes. */
  readonly tokens: number;
  /** Tools that the agent runs itself. */
  readonly tools: number;
  /** Tools that the provider runs: searching the web. */
  readonly webSearch: boolean;
  /** Searching is all that can be meant: no other tool is offered, or the choice of tools names the search. */
  readonly onlyWebSearch: boolean;
  /** In the whole conversation, those in results of tools included. */
  readonly images: number;
  /** Of these, the ones that came since the model last spoke: what this answer has to look at. */
  readonly newImages: number;
  /** The agent asks for more thinking than its program does by itself; false also where it leaves that to the model. */
  readonly thinking: boolean;
  /** User and assistant turns. */
  readonly turns: number;
  /** The answer must be JSON (a schema or an object). */
  readonly jsonAnswer: boolean;
  /** Characters of the last user text. */
  readonly lastUserCharacters: number;
  /** The most tokens that the answer may have; undefined where the request leaves that to the provider. */
  readonly outputLimit: number | undefined;
  /** A small call that an agent makes on its own, and by what it was recognised (`title`, `router`, ...). */
  readonly background: string | undefined;
}
