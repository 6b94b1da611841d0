import { existsSync } from 'node:fs';
import path from 'node:path';
import { firstOf, type FileWish, type Place, type Program } from './program.ts';

/** The first of its models is the one that it begins with. */
export const continueDev: Program = {
  id: 'continue',
  label: 'Continue',
  binaries: ['cn'],
  extensions: ['continue.continue'],
  traces: (place) => [folder(place)],
  files: (place, { url, token, model }): readonly FileWish[] => {
    const entry = { provider: 'openai', model, apiBase: `${url}/v1`, apiKey: token };
    const file = path.join(folder(place), 'config.yaml');
    const legacy = path.join(folder(place), 'config.json');
    // A new config.yaml would hide the older file with all that is in it.
    if (!existsSync(file) && existsSync(legacy))
      return [{ file: legacy, format: 'json', wish: () => ({ models: [{ title: 'Gatehouse', ...entry }] }) }];
    const models = [{ name: 'Gatehouse', ...entry, roles: ['chat', 'edit', 'apply'] }];
    const head = { name: 'Local', version: '1.0.0', schema: 'v1' };
    return [{ file, format: 'yaml', wish: (root) => (root?.members.length ? { models } : { ...head, models }) }];
  },
  needsModel: true,
};

function folder({ env, home }: Place): string {
  return firstOf(env, 'CONTINUE_GLOBAL_DIR', path.join(home, '.continue'));
}
