import { newPieces, type OfferedTool } from '../../../src/core/providers/demo/read-request.ts';
import type { Answerer, StepToolCall } from './script.ts';

export interface ToolLoop {
  /** Names in order of preference; the first one offered is called. Left out: a tool that runs shell commands. */
  readonly tool?: string | readonly string[];
  /** Arguments for `tool`; with several names a function of the one that was picked. */
  readonly args?: Readonly<Record<string, unknown>> | ((name: string) => Readonly<Record<string, unknown>>);
  /** A shell command: used where none of `tool` is offered (or named), written in the arguments of the shell tool found. */
  readonly command?: string;
  readonly final: string;
}

/**
 * Answers a tool call until the newest turn brings a tool result, then `final`. Requests without a fitting tool (titles,
 * routers) get `final` at once. Picks only from the tools that the request offers.
 */
export function toolLoop(loop: ToolLoop): Answerer {
  return ({ read }) => {
    if (newPieces(read).some((piece) => piece.kind === 'tool-result')) return { text: loop.final };
    const call = pick(loop, read.tools);
    return call === undefined ? { text: loop.final } : { text: '', toolCalls: [call] };
  };
}

function pick(loop: ToolLoop, tools: readonly OfferedTool[]): StepToolCall | undefined {
  for (const name of typeof loop.tool === 'string' ? [loop.tool] : (loop.tool ?? [])) {
    const tool = tools.find((each) => each.name === name);
    if (tool !== undefined) return callOf(tool, typeof loop.args === 'function' ? loop.args(name) : (loop.args ?? {}));
  }
  const command = loop.command;
  if (command === undefined) return undefined;
  for (const tool of tools.filter((each) => SHELL.test(each.name)).toSorted(plainestFirst)) {
    const args = shellArguments(tool, command);
    if (args !== undefined) return callOf(tool, args);
  }
  return undefined;
}

/** Claude Code: Bash. Codex: exec_command or shell. Gemini and Qwen: run_shell_command. OpenCode: bash. Others: by pattern. */
const SHELL = /bash|shell|exec|command|terminal/i;
const KNOWN = [
  'Bash',
  'exec_command',
  'shell',
  'shell_command',
  'run_shell_command',
  'bash',
  'execute_command',
  'run_terminal_command',
];

function plainestFirst(a: OfferedTool, b: OfferedTool): number {
  const rank = (tool: OfferedTool): number => (KNOWN.includes(tool.name) ? KNOWN.indexOf(tool.name) : KNOWN.length);
  return rank(a) - rank(b);
}

function callOf(tool: OfferedTool, args: Readonly<Record<string, unknown>> | string): StepToolCall {
  return { name: tool.name, args, custom: tool.custom, ...(tool.namespace === undefined ? {} : { namespace: tool.namespace }) };
}

/** Reads the tool's own schema: the command's name and form differ with each agent. */
function shellArguments(tool: OfferedTool, command: string): Readonly<Record<string, unknown>> | string | undefined {
  if (tool.custom) return `const result = await tools.exec_command(${JSON.stringify({ cmd: command })});\ntext(result);`;
  const schema = object(tool.schema);
  const properties = object(schema['properties']);
  const key = ['command', 'cmd', 'commands', 'script'].find((name) => name in properties);
  if (key === undefined) return undefined;
  const isList = String(object(properties[key])['type']).toLowerCase() === 'array';
  const args: Record<string, unknown> = { [key]: isList ? (key === 'commands' ? [command] : ['bash', '-lc', command]) : command };
  for (const name of Array.isArray(schema['required']) ? schema['required'] : []) {
    if (typeof name !== 'string' || name in args) continue;
    const type = String(object(properties[name])['type']).toLowerCase();
    args[name] =
      type === 'boolean' ? false : type === 'number' || type === 'integer' ? 30_000 : type === 'array' ? [] : 'scripted by a test';
  }
  return args;
}

const object = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
