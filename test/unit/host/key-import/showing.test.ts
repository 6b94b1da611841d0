import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'mocha';
import type { FormatName } from '../../../../src/host/config-files/by-name.ts';
import { maskedText } from '../../../../src/host/key-import/masked-text.ts';
import { providerFor } from '../../../../src/host/key-import/provider-for.ts';
import { variableOrigin } from '../../../../src/host/key-import/variable-origin.ts';

const KEY = 'sk-ant-api03-canary-0123456789';

describe('what is shown of a file', () => {
  const shown = (format: FormatName, text: string): string => maskedText(format, Buffer.from(text).toString('latin1'), KEY);

  it('has neither the key nor any other secret in it, in whatever form it stands', () => {
    for (const [format, text] of [
      [
        'dotenv',
        `# was ${KEY}, then gsk_canary0123456789\nA="${KEY}"\nDB_PASSWORD=canary-word\nAPP_TOKEN='canary token 1234'\nX=sk-canaryabcdefghijkl\n`,
      ],
      [
        'json',
        `{"env":{"K":"${KEY}","OTHER_KEY":"canary-0123456789"},"auth":{"accessToken":"canary-9876543210"},"h":{"Authorization":"Bearer canary-abcdef"}}`,
      ],
      ['toml', `experimental_bearer_token = "canary-0123456789"\nhttp_headers = { Authorization = "Bearer canary-0123456789" }\n`],
      ['yaml', `set-env:\n  - OPENAI_API_KEY=canary-0123456789\nclient_secret: canary-0123456789\n`],
      ['json', `{ broken ${KEY} sk-proj-canary-0123456789`],
    ] as const) {
      assert.doesNotMatch(shown(format, text), /canary/, text);
    }
  });

  it('keeps everything else, and the last four of what is long', () => {
    assert.equal(
      shown('dotenv', `Ä=ö # why\nK=${KEY}\nA_KEY=short\nB_KEY=elevenchars\n`),
      'Ä=ö # why\nK=••••••••6789\nA_KEY=short\nB_KEY=••••••••\n',
    );
  });
});

describe('the provider of a found key', () => {
  it('is a configured one with the same address, whatever it is called, and never one with another', () => {
    const configured = {
      mine: { kind: 'anthropic', baseUrl: 'https://elsewhere.example.com' },
      work: { kind: 'openai-compatible', baseUrl: 'https://models.example.com/v1' },
    } as const;
    assert.deepEqual(providerFor({ kind: 'openai-compatible', baseUrl: 'https://models.example.com/v1' }, configured).id, 'work');
    assert.deepEqual(providerFor({ kind: 'anthropic', baseUrl: undefined }, configured), {
      id: 'anthropic',
      config: { kind: 'anthropic' },
      isNew: true,
    });
    assert.equal(providerFor({ kind: 'anthropic', baseUrl: undefined }, { a: { kind: 'anthropic' } }).id, 'a');
  });

  it('gets a free name from its host', () => {
    const found = { kind: 'openai-compatible', baseUrl: 'https://Models.example.com/v1' } as const;
    assert.equal(providerFor(found, {}).id, 'models-example-com');
    const taken = { 'models-example-com': { kind: 'openai' } } as const;
    assert.equal(providerFor(found, taken).id, 'models-example-com-2');
  });
});

describe('where a variable comes from', () => {
  const home = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-origin-'));
  after(() => rmSync(home, { recursive: true, force: true }));

  it('is told by file and line, without its value', () => {
    mkdirSync(path.join(home, '.config/fish'), { recursive: true });
    writeFileSync(
      path.join(home, '.zshrc'),
      `# SOME_CANARY_KEY=no\nexport SOME_CANARY_KEY_2=no\nexport SOME_CANARY_KEY="${KEY}"\n`,
    );
    writeFileSync(path.join(home, '.config/fish/config.fish'), `set -gx SOME_CANARY_KEY ${KEY}\n`);
    assert.equal(
      variableOrigin('SOME_CANARY_KEY', home, 'linux'),
      `it is set in ${path.join('~', '.zshrc')}, line 3 and ${path.join('~', '.config/fish/config.fish')}, line 1`,
    );
    assert.match(variableOrigin('NOWHERE_TO_BE_FOUND', home, 'win32'), /system settings/);
  });
});
