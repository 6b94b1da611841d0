import assert from 'node:assert/strict';
import { usagePanelHtml } from '../../../src/vscode/usage-panel/html.ts';

describe('usage panel, page', () => {
  const page = {
    scriptUri: 'https://files.test/usage-panel.js',
    styleUri: 'https://files.test/usage-panel.css',
    cspSource: "'self' https://*.test",
    nonce: 'abc',
    language: 'en',
    words: undefined,
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
    // The words are data: that block runs nothing.
    assert.deepEqual(html.match(/<script [^ >]*(?: type="[^"]*")?/g), [
      '<script id="words" type="application/json"',
      '<script nonce="abc"',
    ]);
  });

  it('keeps words as data, whatever is in them', () => {
    const html = usagePanelHtml({ ...page, language: 'de"><b>', words: { Cost: '</script><script>alert(1)</script>' } });
    const [, data = ''] = /<script id="words" type="application\/json">([^<]*)<\/script>/.exec(html) ?? [];
    assert.deepEqual(JSON.parse(data), { Cost: '</script><script>alert(1)</script>' });
    assert.ok(html.includes('<html lang="de&quot;>&lt;b>">'));
  });

  it('keeps a strange address inside its attribute', () => {
    const html = usagePanelHtml({ ...page, styleUri: 'https://files.test/"><img src=x>&.css' });
    assert.ok(html.includes('href="https://files.test/&quot;>&lt;img src=x>&amp;.css"'));
  });
});
