export interface UsagePanelPage {
  /** `dist/media/usage-panel.js` and `.css` as the webview sees them. */
  readonly scriptUri: string;
  readonly styleUri: string;
  /** `webview.cspSource`. */
  readonly cspSource: string;
  /** Fresh for every page, at least 128 bits, base64 or hex. */
  readonly nonce: string;
  /** The editor's, `de` or `zh-cn`: numbers and dates are written as it is usual there. */
  readonly language: string;
  /** What sentences are called in that language (`vscode.l10n.bundle`); undefined: English. */
  readonly words: Readonly<Record<string, unknown>> | undefined;
}

/** The whole page of the usage panel. It holds no figures: the panel asks for its state with `ready`. */
export function usagePanelHtml({ scriptUri, styleUri, cspSource, nonce, language, words }: UsagePanelPage): string {
  // No connect-src: the panel must never talk to the gateway itself, which may be on another machine than the window.
  const policy = [
    `default-src 'none'`,
    `style-src ${cspSource}`,
    `img-src ${cspSource} data:`,
    `font-src ${cspSource}`,
    `script-src 'nonce-${nonce}'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${attribute(language)}">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${attribute(policy)}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Gatehouse</title>
    <link rel="stylesheet" href="${attribute(styleUri)}">
  </head>
  <body>
    <main id="usage-panel"></main>
    <script id="words" type="application/json">${json(words ?? null)}</script>
    <script nonce="${attribute(nonce)}" src="${attribute(scriptUri)}"></script>
  </body>
</html>
`;
}

function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}

/** A sentence with "</script>" in it ends no element. */
function json(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', String.raw`\u003c`);
}
