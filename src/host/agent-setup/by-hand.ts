import path from 'node:path';
import type { Program } from './program.ts';

/** They keep their settings in the editor's own storage and their keys in its secrets, where only they can write. */

export const cline: Program = {
  id: 'cline',
  label: 'Cline',
  binaries: ['cline'],
  extensions: ['saoudrizwan.claude-dev'],
  traces: ({ home }) => [path.join(home, '.cline')],
  files: undefined,
  needsModel: true,
};

export const rooCode: Program = {
  id: 'roo-code',
  label: 'Roo Code',
  binaries: [],
  extensions: ['rooveterinaryinc.roo-cline'],
  traces: () => [],
  files: undefined,
  needsModel: true,
};

export const kiloCode: Program = {
  id: 'kilo-code',
  label: 'Kilo Code',
  binaries: ['kilo', 'kilocode'],
  extensions: ['kilocode.kilo-code'],
  traces: () => [],
  files: undefined,
  needsModel: true,
};
