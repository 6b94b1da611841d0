// npm start: the built extension in a real VS Code, with the demo provider set up. npm start -- --headless: the gateway alone.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { startDesktop, startHeadless, startServer } from './start-modes.ts';

const { values } = parseArgs({ options: { headless: { type: 'boolean', default: false } } });

if (values.headless) await startHeadless();
else {
  const code = findOnPath('code');
  const hasDisplay = process.platform !== 'linux' || Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);
  if (code !== undefined && hasDisplay) await startDesktop(code);
  else await startServer(code === undefined ? '"code" is not installed' : 'there is no display');
}

function findOnPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
