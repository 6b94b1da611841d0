// VS Code Server from the code-server npm package: a real VS Code with a real Node extension host, shown by any browser.
// Used by the suites, by the UI tests and by `npm start`.
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startProgram } from '../../support/start/child-process.ts';
import { installPackage } from '../../support/start/install-package.ts';
import { freePort } from './free-port.ts';
import { temporaryFolder, VSCODE_CACHE } from './project.ts';

/** Settings in VS Code's own form: full dotted names. */
export type Settings = Readonly<Record<string, unknown>>;

export interface VsCodeServerOptions {
  /** Absolute path of the folder that holds the extension's package.json. */
  readonly extensionPath: string;
  /** Absolute paths of more extensions to install beside it: callers of its models and its API. */
  readonly otherExtensions?: readonly string[];
  /** Absolute path of the folder to open. */
  readonly workspace: string;
  readonly userSettings: Settings;
  /** false: the window opens in Restricted Mode. */
  readonly trusted: boolean;
  /** Added to the environment of the server and so of the extension host and its terminals; undefined takes a variable out. */
  readonly env?: NodeJS.ProcessEnv;
  /**
   * Absolute path of a CommonJS module that exports run(): Promise<void>; the first page that opens runs it in the extension host,
   * and the extension is then one under development. Without it the extension is an installed one, as a user has it.
   */
  readonly extensionTestsPath?: string;
  /** What goes to the log, as the program's `--log` takes it: `publisher.name:trace`. */
  readonly log?: string;
  /** Called with the server's output. */
  readonly onOutput?: (text: string) => void;
}

export interface PageOptions {
  /** A folder, or a `.code-workspace` file, other than the server's workspace; null: a window without a folder. */
  readonly workspace?: string | null;
  /** The editor's language, such as `de`; what it says itself stays English, since no language pack is there. */
  readonly language?: string;
  /** Runs before the page loads anything: the place for page.exposeFunction. */
  readonly prepare?: (page: Page) => Promise<void>;
}

export interface VsCodeServer {
  /** Opens the workspace with the extension in any browser on this machine. */
  readonly url: string;
  /** The home folder of everything that runs in this VS Code. */
  readonly home: string;
  /** User settings, storage and logs; `User/globalStorage/<extension id>` is the extension's. */
  readonly userDataFolder: string;
  /**
   * Opens a window and waits for the workbench. All pages of one browser are windows of one user: they share the secrets, the
   * settings and the global storage, each with an extension host of its own.
   */
  openPage(browser: Browser, options?: PageOptions): Promise<Page>;
  /** Changes the file of the user settings. An open window takes them over when it is reloaded: it does not see the file change. */
  updateUserSettings(changes: Settings): void;
  close(): Promise<void>;
}

const CODE_SERVER_VERSION = '4.139.1';
const START_TIMEOUT_MS = 60_000;
const WORKBENCH_TIMEOUT_MS = 60_000;

/** No telemetry, no updates, no pages and questions of the editor's own. */
export const QUIET_SETTINGS: Settings = {
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'workbench.startupEditor': 'none',
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.tips.enabled': false,
  'security.workspace.trust.startupPrompt': 'never',
  'window.autoDetectColorScheme': false,
  'window.restoreWindows': 'none',
  'git.enabled': false,
  'npm.fetchOnlinePackageInfo': false,
};

/** Installs VS Code Server when it is not there. Returns its folder and the time taken (0: it was there). */
export async function provisionVsCodeServer(): Promise<{ readonly folder: string; readonly ms: number }> {
  const installed = await installPackage({
    cache: VSCODE_CACHE,
    name: 'code-server',
    version: CODE_SERVER_VERSION,
    nested: 'lib/vscode',
  });
  return { folder: join(installed.folder, 'lib/vscode'), ms: installed.ms };
}

export async function startVsCodeServer(options: VsCodeServerOptions): Promise<VsCodeServer> {
  const { folder } = await provisionVsCodeServer();
  const data = temporaryFolder('vscode');
  const home = join(data.path, 'home');
  const userDataFolder = join(data.path, 'data');
  const settingsFile = join(userDataFolder, 'User/settings.json');
  mkdirSync(home);
  mkdirSync(join(userDataFolder, 'User'), { recursive: true });
  let settings: Settings = {};
  const updateUserSettings = (changes: Settings): void => {
    settings = { ...settings, ...changes };
    writeFileSync(settingsFile, JSON.stringify(settings, undefined, 2));
  };
  updateUserSettings({ ...QUIET_SETTINGS, ...options.userSettings });

  const extensions = join(data.path, 'extensions');
  mkdirSync(extensions);
  if (options.extensionTestsPath === undefined)
    installExtensions([options.extensionPath, ...(options.otherExtensions ?? [])], extensions);

  const port = await freePort();
  const authority = `127.0.0.1:${port}`;
  const server = startProgram({
    command: process.execPath,
    args: [
      // Not code-server's own entry: that one does not know --enable-smoke-test-driver.
      join(folder, 'out/server-main.js'),
      '--host=127.0.0.1',
      `--port=${port}`,
      `--server-data-dir=${data.path}`,
      `--user-data-dir=${userDataFolder}`,
      `--extensions-dir=${extensions}`,
      '--without-connection-token',
      '--accept-server-license-terms',
      '--disable-telemetry',
      // Without it a released build ignores what a page's address says of an extension under development; with it no notification
      // is ever shown, so it is only for suites, which see none.
      ...(options.extensionTestsPath === undefined ? [] : ['--enable-smoke-test-driver']),
      ...(options.trusted ? ['--disable-workspace-trust'] : []),
      ...(options.log === undefined ? [] : [`--log=${options.log}`]),
    ],
    env: { ...environmentWithoutEditor(), HOME: home, VSCODE_AGENT_FOLDER: data.path, ...options.env },
    ...(options.onOutput === undefined ? {} : { onOutput: options.onOutput }),
  });
  const contexts = new Map<Browser, Promise<BrowserContext>>();
  const close = async (): Promise<void> => {
    await Promise.all([...contexts.values()].map(async (context) => (await context).close().catch(() => {})));
    await server.stop();
    data.remove();
  };
  try {
    await server.waitForOutput((text) => (text.includes('listening on') ? true : undefined), START_TIMEOUT_MS);
  } catch (error) {
    await close();
    throw error;
  }

  const secretHalf = randomBytes(32);
  const contextOf = (browser: Browser): Promise<BrowserContext> => {
    const known = contexts.get(browser);
    if (known !== undefined) return known;
    const opened = openContext(browser, secretHalf);
    contexts.set(browser, opened);
    return opened;
  };
  let testsPath = options.extensionTestsPath;

  return {
    url: pageAddress(authority, options.workspace),
    home,
    userDataFolder,
    updateUserSettings,
    close,
    openPage: async (browser, { workspace = options.workspace, language, prepare } = {}) => {
      const page = await (await contextOf(browser)).newPage();
      if (language !== undefined) await page.addInitScript(`globalThis._VSCODE_NLS_LANGUAGE = ${JSON.stringify(language)}`);
      await prepare?.(page);
      const suites = testsPath === undefined ? '' : payloadFor(authority, options.extensionPath, testsPath);
      testsPath = undefined;
      await page.goto(pageAddress(authority, workspace) + suites);
      await page.locator('.monaco-workbench .part.statusbar .statusbar-item').first().waitFor({ timeout: WORKBENCH_TIMEOUT_MS });
      return page;
    },
  };
}

// Secrets: the browser seals them with a key of which the server keeps one half. This server has no such half (code-server's own
// entry does), and without it the workbench keeps secrets in memory, so that they die with the page. Answering for the server gives
// what a code-server user has: secrets survive a reload and are shared by all windows.
async function openContext(browser: Browser, secretHalf: Buffer): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width: 1400, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  await context.route('**/mint-key', (route) => route.fulfill({ contentType: 'application/octet-stream', body: secretHalf }));
  return context;
}

function pageAddress(authority: string, workspace: string | null): string {
  if (workspace === null) return `http://${authority}/?ew=true`;
  const kind = workspace.endsWith('.code-workspace') ? 'workspace' : 'folder';
  return `http://${authority}/?${kind}=${encodeURIComponent(workspace)}`;
}

function payloadFor(authority: string, extensionPath: string, testsPath: string): string {
  // The authority must be the page's own host and port, letter by letter.
  const remote = (path: string): string => `vscode-remote://${authority}${path}`;
  const payload = [
    ['extensionDevelopmentPath', remote(extensionPath)],
    ['extensionTestsPath', remote(testsPath)],
    ['skipWelcome', 'true'],
  ];
  return `&payload=${encodeURIComponent(JSON.stringify(payload))}`;
}

/** What never belongs to an installed extension, of the names at the top of its folder. */
const NOT_SHIPPED = /^(\.|node_modules$|src$|test$|coverage$)/;

// A copy and not a link: "Uninstall" in the window deletes the folder that an installed extension lies in.
function installExtensions(paths: readonly string[], extensions: string): void {
  writeFileSync(join(extensions, 'extensions.json'), JSON.stringify(paths.map((path) => installExtension(path, extensions))));
}

/** Copies what ships and returns the extension's entry in the editor's list. */
function installExtension(extensionPath: string, extensions: string): object {
  const manifest = JSON.parse(readFileSync(join(extensionPath, 'package.json'), 'utf8')) as Readonly<
    Record<'name' | 'publisher' | 'version', string>
  >;
  const id = `${manifest.publisher}.${manifest.name}`.toLowerCase();
  const relativeLocation = `${id}-${manifest.version}`;
  const target = join(extensions, relativeLocation);
  for (const name of readdirSync(extensionPath)) {
    if (!NOT_SHIPPED.test(name)) cpSync(join(extensionPath, name), join(target, name), { recursive: true });
  }
  const location = { $mid: 1, path: target, scheme: 'file' };
  return { identifier: { id }, version: manifest.version, location, relativeLocation, metadata: {} };
}

/** This process's environment without what an editor's own terminal adds, which would make the server think it is inside one. */
export function environmentWithoutEditor(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VSCODE_|ELECTRON_|CODE_SERVER_PARENT_PID$)/.test(name)),
  );
}
