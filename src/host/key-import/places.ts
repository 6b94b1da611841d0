import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { FormatName } from '../config-files/by-name.ts';

/** Where to look from. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Folders of the workspace. */
  readonly folders: readonly string[];
  /** `.env` files deeper in them. */
  readonly envFiles: readonly string[];
}

export interface KeyFile {
  readonly file: string;
  /** Whose file it is, in words. */
  readonly tool: string;
  readonly format: FormatName;
}

/** Files in which tools keep keys, present or not. The variables by which they are moved elsewhere are honoured. */
export function keyFiles({ env, home, folders, envFiles }: Surroundings): readonly KeyFile[] {
  const files: KeyFile[] = [];
  const add = (tool: string, folder: string, ...names: readonly string[]): void => {
    for (const name of names) files.push({ tool, file: path.join(folder, name), format: formatOf(name) });
  };
  const from = (variable: string, fallback: string): string => env[variable] || fallback;
  const config = from('XDG_CONFIG_HOME', path.join(home, '.config'));
  const data = from('XDG_DATA_HOME', path.join(home, '.local', 'share'));

  const claude = from('CLAUDE_CONFIG_DIR', path.join(home, '.claude'));
  add('Claude Code', claude, 'settings.json', 'settings.local.json', '.credentials.json');
  add('Claude Code', from('CLAUDE_CONFIG_DIR', home), '.claude.json');
  add('Codex', from('CODEX_HOME', path.join(home, '.codex')), 'auth.json', 'config.toml', '.env');
  const gemini = path.join(from('GEMINI_CLI_HOME', home), '.gemini');
  add('Gemini CLI', gemini, '.env', 'settings.json', 'oauth_creds.json');
  add('OpenCode', path.join(data, 'opencode'), 'auth.json');
  add('OpenCode', path.join(config, 'opencode'), 'opencode.json', 'opencode.jsonc', 'config.json');
  if (env['APPDATA']) add('OpenCode', path.join(env['APPDATA'], 'opencode'), 'auth.json', 'opencode.json', 'opencode.jsonc');
  if (env['OPENCODE_CONFIG']) add('OpenCode', '', env['OPENCODE_CONFIG']);
  add('Continue', from('CONTINUE_GLOBAL_DIR', path.join(home, '.continue')), 'config.yaml', 'config.json', '.env');
  add('Aider', home, '.aider.conf.yml', '.env');
  for (const folder of folders) {
    add('Aider', folder, '.aider.conf.yml');
    add('Claude Code', path.join(folder, '.claude'), 'settings.json', 'settings.local.json');
    add('Gemini CLI', path.join(folder, '.gemini'), '.env', 'settings.json');
    add('OpenCode', folder, 'opencode.json', 'opencode.jsonc');
    add('Continue', path.join(folder, '.continue'), '.env');
    add('the workspace', folder, ...envFilesIn(folder));
  }
  for (const file of envFiles) add('the workspace', '', file);
  return files.filter(({ file }, index) => files.findIndex((other) => other.file === file) === index);
}

function envFilesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => /^\.env(\..+)?$/.test(name));
  } catch {
    return [];
  }
}

function formatOf(name: string): FormatName {
  if (/\.jsonc?$/.test(name)) return 'json';
  if (/\.ya?ml$/.test(name)) return 'yaml';
  return name.endsWith('.toml') ? 'toml' : 'dotenv';
}
