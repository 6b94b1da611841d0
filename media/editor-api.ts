import type { FromPanel } from '../src/vscode/usage-panel/messages.ts';

export interface EditorApi {
  postMessage(message: FromPanel): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare global {
  /** Given by the editor; may be called once. */
  function acquireVsCodeApi(): EditorApi;
}
