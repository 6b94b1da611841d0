import assert from 'node:assert/strict';
import { usagePanelHtml } from '../../../src/vscode/usage-panel/html.ts';

describe('usage panel, page', () => {
  const page = {
    scriptUri: 'https://files.test/usage-panel.js',
    styleUri: 'https://files.test/usage-panel.css',
    cspSource: "'self' https://*.test",
    nonce: 'abc',
  };

  it('allows its own script and style and nothing else', () => {
    const policy = /content="(default-src[^"]*)"/.exec(usagePanelHtml(page))?.[1];
    assert.equal(
      policy,
      "default-src 'none'; style-src 'self' https://*.test; img-src 'self' https://*.test data:; font-src 'self' https://*.test; script-src 'nonce-abc'",
    );
  });

  it('holds no inline style or script that the policy would refuse', () => {
    const html = usagePanelHtml(page);
    assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|unsafe-/);
    assert.equal(html.match(/<script/g)?.length, 1);
  });

  it('keeps a strange address inside its attribute', () => {
    const html = usagePanelHtml({ ...page, styleUri: 'https://files.test/"><img src=x>&.css' });
    assert.ok(html.includes('href="https://files.test/&quot;>&lt;img src=x>&amp;.css"'));
  });
});
