import { build } from 'esbuild';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { FromPanel, PanelState } from '../../../src/vscode/usage-panel/messages.ts';
import { usagePanelHtml } from '../../../src/vscode/usage-panel/html.ts';
import { type ThemeName, themes } from './themes.ts';

const origin = 'http://panel.test';
const root = new URL('../../../', import.meta.url);
/** Where a Chromium is installed; every panel test is skipped without one. */
export const chromiumPath = process.env['GATEHOUSE_CHROMIUM'] ?? '/usr/bin/chromium';

export interface PanelFiles {
  readonly script: string;
  readonly style: string;
}

/** Bundles the panel from its sources, as the build does. */
export async function bundlePanel(): Promise<PanelFiles> {
  const { outputFiles } = await build({
    absWorkingDir: root.pathname,
    entryPoints: ['media/usage-panel.ts', 'media/usage-panel.css'],
    outdir: 'dist/media',
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'chrome138',
    logLevel: 'silent',
  });
  const text = (ending: string): string => outputFiles.find((file) => file.path.endsWith(ending))?.text ?? '';
  return { script: text('.js'), style: text('.css') };
}

export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
}

export interface PanelPage {
  readonly page: Page;
  /** Everything that went wrong: policy violations, errors, console errors. */
  readonly faults: readonly string[];
  /** Sends a state and waits until it is painted; milliseconds from message to paint. */
  readonly show: (state: PanelState) => Promise<number>;
  /** Sends anything, as a broken sender might. */
  readonly send: (message: unknown) => Promise<void>;
  readonly posted: () => Promise<readonly FromPanel[]>;
  readonly stored: () => Promise<unknown>;
  readonly setTheme: (theme: ThemeName) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface PanelPageOptions extends BrowserContextOptions {
  readonly theme?: ThemeName;
  readonly stored?: unknown;
  /** The editor's language, English when left out, and its words. */
  readonly language?: string;
  readonly words?: Readonly<Record<string, string>>;
  /** Runs before the page loads. */
  readonly before?: (page: Page) => Promise<void>;
}

/** Loads the real page with its real policy and plays the editor: its API, its default style sheet, its theme variables. */
export async function openPanel(browser: Browser, files: PanelFiles, options: PanelPageOptions = {}): Promise<PanelPage> {
  const { theme = 'dark', stored, before, language: _, words: __, ...contextOptions } = options;
  const context = await browser.newContext({
    viewport: { width: 1000, height: 900 },
    timezoneId: 'UTC',
    locale: 'en-US',
    ...contextOptions,
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // The tests read pixels, the panel never does.
    const ours = message.text().startsWith('Canvas2D: Multiple readback');
    if (!ours && (message.type() === 'error' || message.type() === 'warning')) faults.push(`console: ${message.text()}`);
  });
  const html = usagePanelHtml({
    scriptUri: `${origin}/usage-panel.js`,
    styleUri: `${origin}/usage-panel.css`,
    cspSource: origin,
    nonce: 'bm9uY2U',
    language: options.language ?? 'en',
    words: options.words,
  });
  const { bodyClass, kind } = themes[theme];
  const served: Readonly<Record<string, { body: string; contentType: string }>> = {
    '/': { body: html.replace('<body>', `<body class="${bodyClass}" data-vscode-theme-kind="${kind}">`), contentType: 'text/html' },
    '/usage-panel.js': { body: files.script, contentType: 'text/javascript' },
    '/usage-panel.css': { body: files.style, contentType: 'text/css' },
  };
  await page.route('**/*', async (route) => {
    const file = served[new URL(route.request().url()).pathname];
    await (file === undefined ? route.abort() : route.fulfill(file));
  });
  await page.addInitScript(playEditor(themeCss(theme), stored));
  await before?.(page);
  await page.goto(`${origin}/`);

  const evaluate = async <T>(expression: string): Promise<T> => (await page.evaluate(expression)) as T;
  return {
    page,
    faults,
    show: (state) => evaluate(`editor.show(${JSON.stringify({ type: 'state', state })})`),
    send: (message) => evaluate(`editor.show(${JSON.stringify(message)})`),
    posted: () => evaluate('editor.posted'),
    stored: () => evaluate('editor.stored'),
    setTheme: (name) => evaluate(`editor.setTheme(${JSON.stringify({ css: themeCss(name), ...themes[name] })})`),
    close: () => context.close(),
  };
}

function themeCss(name: ThemeName): string {
  const { variables } = themes[name];
  const declared = Object.entries(variables).map(([variable, value]) => `--vscode-${variable}: ${value};`);
  return `:root { ${declared.join(' ')} } html { background: var(--vscode-editor-background) }
    @layer vscode-default { body { color: var(--vscode-foreground); font-family: var(--vscode-font-family); font-size: var(--vscode-font-size); margin: 0; padding: 0 20px; } }`;
}

/** Runs in the page before everything else. Constructed style sheets and CSSOM are outside of the page's policy, as the editor's own are. */
function playEditor(css: string, stored: unknown): string {
  return `
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(${JSON.stringify(css)});
    document.adoptedStyleSheets = [sheet];
    // A test may put a clock of its own in its place later.
    const later = window.setTimeout.bind(window);
    const editor = {
      posted: [],
      stored: ${JSON.stringify(stored) ?? 'undefined'},
      violations: [],
      show(message) {
        return new Promise((resolve) => {
          const start = performance.now();
          window.addEventListener('message', () => requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => {
              const painted = performance.now() - start;
              // Charts come after the first paint.
              later(() => later(() => resolve(painted)));
            };
            port2.postMessage('painted');
          }), { once: true });
          window.postMessage(message, '*');
        });
      },
      setTheme({ css, bodyClass, kind }) {
        sheet.replaceSync(css);
        document.body.className = bodyClass;
        document.body.dataset.vscodeThemeKind = kind;
        return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      },
    };
    window.editor = editor;
    document.addEventListener('securitypolicyviolation', (event) => console.error('policy violated: ' + event.violatedDirective + ' ' + event.blockedURI));
    window.acquireVsCodeApi = () => {
      if (editor.acquired) throw new Error('acquireVsCodeApi called twice');
      editor.acquired = true;
      return {
        postMessage: (message) => void editor.posted.push(structuredClone(message)),
        getState: () => editor.stored,
        setState: (state) => { editor.stored = structuredClone(state); return state; },
      };
    };
  `;
}
