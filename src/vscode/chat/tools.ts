import { argumentsObject } from '../../core/dialects/conversation.ts';
import type { Tool, ToolCallContent, ToolResult, ToolResultContent } from '../../core/ir/call.ts';
import type { EditorTool } from '../model-provider/messages.ts';

/** The tools of the editor and of its extensions. Whether one may run is asked by the editor itself, when it is called. */
export interface ToolBox {
  all(): readonly EditorTool[];
  /** Rejects with what went wrong. `DeclinedTool`: the user did not want it. */
  invoke(name: string, input: object, signal: AbortSignal): Promise<readonly ToolResultContent[]>;
}

/** The user said no, or stopped the tool: nothing went wrong, and the model is not to try it again by itself. */
export class DeclinedTool extends Error {}

/** OpenAI takes no more in one request, and a model with more chooses badly. */
const MOST_TOOLS = 128;

/** About 25,000 tokens; what a tool gives beyond it is cut, and the model is told so. */
export const MOST_RESULT = 100_000;

/**
 * Tools that only work inside the editor's own agent: they change files through its edit session, or show its own widgets, and fail or
 * do nothing when anybody else calls them (VS Code 1.139, Copilot Chat 0.67).
 */
const NOT_OURS =
  /^(?:setup_tools_.*|inline_chat_exit|task_complete|vscode_reviewPlan|vscode_editFile_internal|vscode_get_confirmation.*|vscode_get_terminal_confirmation|vscode_get_modified_files_confirmation|manage_todo_list|runSubagent|copilot_(?:applyPatch|insertEdit|editFiles|replaceString|multiReplaceString|createFile|editNotebook|memory|switchAgent))$/;

/** Those that the prompt names first, then the others as the editor lists them: an order that stays, so that prompt caches keep hitting. */
export function chooseTools(
  all: readonly EditorTool[],
  referenced: readonly string[],
  most = MOST_TOOLS,
): { readonly tools: readonly Tool[]; readonly dropped: number } {
  const usable = [...new Map(all.filter(({ name }) => !NOT_OURS.test(name)).map((tool) => [tool.name, tool])).values()];
  const chosen =
    usable.length <= most
      ? usable
      : [
          ...usable.filter(({ name }) => referenced.includes(name)),
          ...usable.filter(({ name }) => !referenced.includes(name)),
        ].slice(0, most);
  const tools = chosen.map((tool): Tool => ({
    name: tool.name,
    description: tool.description,
    parameters: (tool.inputSchema ?? { type: 'object', properties: {} }) as Tool['parameters'],
  }));
  return { tools, dropped: usable.length - chosen.length };
}

export interface ToolRun {
  readonly result: ToolResult;
  readonly declined: boolean;
}

/** Runs one call. Never rejects unless `signal` is aborted: the model is told what went wrong and can mend it. */
export async function runTool(call: ToolCallContent, tools: readonly Tool[], box: ToolBox, signal: AbortSignal): Promise<ToolRun> {
  const result = (content: readonly ToolResultContent[], isError: boolean, declined = false): ToolRun => ({
    result: { kind: 'tool-result', callId: call.callId, name: call.name, content, isError },
    declined,
  });
  if (!tools.some(({ name }) => name === call.name)) {
    return result([text(`There is no tool "${call.name}". Use one of those that are offered.`)], true);
  }
  const input = argumentsObject(call.arguments);
  if (input === undefined) {
    const words = `The tool was not run: its arguments are not a JSON object. They were: ${cut(call.arguments, 2_000)}`;
    return result([text(words)], true);
  }
  try {
    const content = await box.invoke(call.name, input, signal);
    return result(bounded(content), false);
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof DeclinedTool) return result([text('The user declined this call.')], true, true);
    return result([text(`The tool failed: ${cut(error instanceof Error ? error.message : String(error), 4_000)}`)], true);
  }
}

/** A result without any content is still one: some providers refuse an empty one, and models take it for a mistake. */
function bounded(content: readonly ToolResultContent[]): readonly ToolResultContent[] {
  let left = MOST_RESULT;
  const kept = content.flatMap((part): ToolResultContent[] => {
    if (part.kind !== 'text') return [part];
    if (left <= 0 || part.text === '') return [];
    const shown = cut(part.text, left);
    left -= part.text.length;
    return [{ ...part, text: shown }];
  });
  return kept.length === 0 ? [text('(The tool gave nothing back.)')] : kept;
}

function cut(value: string, most: number): string {
  return value.length <= most ? value : `${value.slice(0, most)}\n(The rest, ${value.length - most} characters, was cut.)`;
}

function text(value: string): { readonly kind: 'text'; readonly text: string } {
  return { kind: 'text', text: value };
}
