import { runClaudeCode } from './claude-code.ts';
import { runCodex } from './codex.ts';
import { runGeminiCli } from './gemini-cli.ts';
import { runOpenCode } from './opencode.ts';
import type { AgentName, RunAgent } from './programs.ts';
import { runQwenCode } from './qwen-code.ts';

export const RUN: Readonly<Record<AgentName, RunAgent>> = {
  'claude-code': runClaudeCode,
  codex: runCodex,
  'gemini-cli': runGeminiCli,
  opencode: runOpenCode,
  'qwen-code': runQwenCode,
};
