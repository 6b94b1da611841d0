import type { CancellationToken } from 'vscode';

/** An editor's cancellation as a signal. Dispose it when the work is done: tokens may live long. */
export function cancellation(token: CancellationToken): { readonly signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  const listening = token.onCancellationRequested(() => controller.abort());
  return { signal: controller.signal, dispose: () => listening.dispose() };
}
