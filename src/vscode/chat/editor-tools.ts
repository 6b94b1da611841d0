import * as vscode from 'vscode';
import { fromResult } from '../model-provider/messages.ts';
import { PART_CLASSES } from '../model-provider/register-model-provider.ts';
import { DeclinedTool, type ToolBox } from './tools.ts';

// Not in the published interface: the tools that are switched on in the chat's tool picker. Read where it is there.
type WithPicked = vscode.ChatRequest & { readonly tools?: unknown };

/** The tools that this message may use. The editor asks the user about each call that needs it, and shows that it runs. */
export function editorTools(request: vscode.ChatRequest): ToolBox {
  const off = switchedOff(request);
  return {
    all: () => vscode.lm.tools.filter(({ name }) => !off.has(name)),
    async invoke(name, input, signal) {
      const source = new vscode.CancellationTokenSource();
      const cancel = (): void => source.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      try {
        const { toolInvocationToken } = request;
        const result = await vscode.lm.invokeTool(name, { input, toolInvocationToken }, source.token);
        return result.content.flatMap((part) => fromResult(part, PART_CLASSES));
      } catch (error) {
        // The editor says so when the user answered its question with no.
        if (!signal.aborted && isCancellation(error)) throw new DeclinedTool();
        throw error;
      } finally {
        signal.removeEventListener('abort', cancel);
        source.dispose();
      }
    },
  };
}

/** The picker's own keys are names, or descriptions of tools, in different versions. */
function switchedOff(request: WithPicked): ReadonlySet<string> {
  const { tools } = request;
  if (!(tools instanceof Map)) return new Set();
  const names = [...(tools as Map<unknown, unknown>)].flatMap(([tool, isOn]) => {
    const name = typeof tool === 'string' ? tool : (tool as { readonly name?: unknown } | null)?.name;
    return isOn === false && typeof name === 'string' ? [name] : [];
  });
  return new Set(names);
}

function isCancellation(error: unknown): boolean {
  // Errors of the other side of the extension host come without their class.
  return (
    error instanceof vscode.CancellationError ||
    (error instanceof Error && (error.name === 'Canceled' || error.message === 'Canceled'))
  );
}
