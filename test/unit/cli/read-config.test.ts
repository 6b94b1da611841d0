import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'mocha';
import { readConfig } from '../../../src/cli/read-config.ts';

describe('the configuration file', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-config-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('that is not JSON is refused with what and where, and nothing of what stands in it', () => {
    const file = path.join(folder, 'gatehouse.json');
    for (const [text, words] of [
      ['{"keys": sk-canary-1}', "the configuration is not valid JSON: Unexpected token 's'"],
      ['{"keys": "sk-canary-2"', /^the configuration is not valid JSON: line 1 column \d+$/],
      ['{"keys": ["sk-canary-3",\n}', /^the configuration is not valid JSON: Unexpected token '}'/],
      ['', 'the configuration is not valid JSON: Unexpected end of JSON input'],
    ] as const) {
      writeFileSync(file, text);
      const { faults } = readConfig(file);
      const message = faults?.[0]?.message ?? assert.fail(text);
      if (typeof words === 'string') assert.equal(message, words);
      else assert.match(message, words);
      assert.equal(message.includes('canary'), false);
    }
  });
});
