import { readFileSync } from 'node:fs';
import path from 'node:path';
import { shortPath } from './find-keys.ts';

const FILES = [
  '.bashrc',
  '.bash_profile',
  '.bash_login',
  '.profile',
  '.zshrc',
  '.zshenv',
  '.zprofile',
  '.zlogin',
  '.config/fish/config.fish',
  '.config/environment.d/envvars.conf',
  '.pam_environment',
];

/** Where a variable of the environment likely comes from, and so where a person has to take it out. Says where, never what. */
export function variableOrigin(name: string, home: string, platform: NodeJS.Platform): string {
  const assigned = new RegExp(`^\\s*(?:export\\s+|set\\s+(?:-\\S+\\s+)*|declare\\s+-x\\s+)?${name}(?:\\s*=|\\s)`);
  const places = [...FILES.map((file) => path.join(home, file)), '/etc/environment', '/etc/profile'].flatMap((file) =>
    lines(file).flatMap((line, index) => (assigned.test(line) ? [`${shortPath(file, home)}, line ${index + 1}`] : [])),
  );
  if (places.length > 0) return `it is set in ${places.join(' and ')}`;
  if (platform === 'win32') return 'it is likely set in the system settings ("Edit environment variables for your account")';
  if (platform === 'darwin') return 'it is likely set by "launchctl setenv", or in the terminal that started the editor';
  return 'it is likely set where the editor was started: a terminal, a service file or a container';
}

function lines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
