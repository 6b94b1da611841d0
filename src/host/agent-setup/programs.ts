import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { aider } from './aider.ts';
import { claudeCode } from './claude-code.ts';
import { cline, kiloCode, rooCode } from './by-hand.ts';
import { codex } from './codex.ts';
import { continueDev } from './continue.ts';
import { geminiCli } from './gemini-cli.ts';
import { openCode } from './opencode.ts';
import type { Place, Program } from './program.ts';
import { qwenCode } from './qwen-code.ts';
import { vscodeEndpoint } from './vscode-endpoint.ts';

export const PROGRAMS: readonly Program[] = [
  claudeCode,
  codex,
  geminiCli,
  openCode,
  qwenCode,
  cline,
  rooCode,
  kiloCode,
  continueDev,
  aider,
  vscodeEndpoint,
];

/** How a program is known to be there. */
export type Trace =
  | { readonly kind: 'binary' | 'settings'; readonly path: string }
  | { readonly kind: 'extension'; readonly id: string };

/** Looks at the PATH, at folders and at the editor's extensions; runs nothing. */
export function tracesOf(program: Program, place: Place, extensions: ReadonlySet<string>): readonly Trace[] {
  const binaries = program.binaries.flatMap((name) => onPath(name, place) ?? []);
  const known = program.extensions.filter((id) => extensions.has(id.toLowerCase()));
  const settings = program.traces(place).filter((file) => existsSync(file));
  return [
    ...binaries.map((file) => ({ kind: 'binary' as const, path: file })),
    ...known.map((id) => ({ kind: 'extension' as const, id })),
    ...settings.slice(0, 1).map((file) => ({ kind: 'settings' as const, path: file })),
  ];
}

function onPath(name: string, { env }: Place): string | undefined {
  const isWindows = process.platform === 'win32';
  const folders = (env['PATH'] ?? env['Path'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const endings = isWindows ? ['', ...(env['PATHEXT'] ?? '.EXE;.CMD;.BAT;.PS1').split(';')] : [''];
  return folders.flatMap((folder) => endings.map((ending) => path.join(folder, name + ending))).find(isProgram);
}

function isProgram(file: string): boolean {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat !== undefined && stat.isFile() && (process.platform === 'win32' || (stat.mode & 0o111) !== 0);
}
