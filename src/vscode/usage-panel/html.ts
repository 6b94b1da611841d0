export interface UsagePanelPage {
  /** `dist/media/usage-panel.js` and `.css` as the webview sees them. */
  readonly scriptUri: string;
  readonly styleUri: string;
  /** `webview.cspSource`. */
  readonly cspSource: string;
  /** Fresh for every page, at least 128 bits, base64 or hex. */
  readonly nonce: string;
}

/** The whole page of the usage panel. It holds no data: the panel asks for its state with `ready`. */
export function usagePanelHtml({ scriptUri, styleUri, cspSource, nonce }: UsagePanelPage): string {
  // No connect-src: the panel must never talk to the gateway itself, which may be on another machine than the window.
  const policy = [
    `default-src 'none'`,
    `style-src ${cspSource}`,
    `img-src ${cspSource} data:`,
    `font-src ${cspSource}`,
    `script-src 'nonce-${nonce}'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${attribute(policy)}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Usage</title>
    <link rel="stylesheet" href="${attribute(styleUri)}">
  </head>
  <body>
    <main id="usage-panel"></main>
    <script nonce="${attribute(nonce)}" src="${attribute(scriptUri)}"></script>
  </body>
</html>
`;
}

function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
