import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { parseConfig } from '../../../src/core/config/parse.ts';
import { KEY_AGES_FILE, warnOfOldKeys } from '../../../src/host/key-ages.ts';
import { logTo } from '../../../src/host/system-ports.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 30);

describe('the ages of keys without an editor', () => {
  let folder: string;
  let lines: string[];
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-test-'));
    lines = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const parsed = parseConfig({
    providers: { openai: { kind: 'openai' } },
    keys: [
      { id: 'openai/work', provider: 'openai', env: 'A', rotateEveryDays: 90 },
      { id: 'openai/free', provider: 'openai', env: 'B' },
    ],
  });
  const { keys } = parsed.faults === undefined ? parsed.config : assert.fail();
  const file = () => path.join(folder, KEY_AGES_FILE);
  const look = (day: number, secret = 'sk-geheim-0123456789'): string[] => {
    lines = [];
    const held = [{ id: 'openai/work', provider: 'openai', secret }];
    warnOfOldKeys(
      file(),
      keys,
      held,
      NOW + day * DAY_MS,
      logTo((level, line) => lines.push(`${level} ${line}`)),
    );
    return lines;
  };

  it('count from the day a value was seen first, over restarts, and anew for another value', () => {
    assert.deepEqual(look(0), []);
    assert.deepEqual(look(89), []);
    assert.match(look(90).join(), /^warn .*older than it should get.*openai\/work.*90/);
    assert.deepEqual(look(91, 'sk-another-9876543210'), []);
    assert.match(look(181, 'sk-another-9876543210').join(), /^warn/);
  });

  it('hold nothing of a value, and a damaged file costs the ages alone', () => {
    look(0);
    assert.doesNotMatch(readFileSync(file(), 'utf8'), /geheim|0123456789/);
    writeFileSync(file(), '{');
    assert.deepEqual(look(200), []);
  });
});
