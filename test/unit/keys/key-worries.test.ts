import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Memento } from 'vscode';
import { parseConfig } from '../../../src/core/config/parse.ts';
import { heldKeys } from '../../../src/vscode/keys/held-keys.ts';
import type { KeyInfo } from '../../../src/vscode/keys/key-info.ts';
import {
  lostText,
  movedKeys,
  movedText,
  overdueKeys,
  overdueText,
  storeTrouble,
  type Surroundings,
} from '../../../src/vscode/keys/key-worries.ts';
import { LastUsed } from '../../../src/vscode/keys/last-used.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 30);

const key = (more: Partial<KeyInfo> = {}): KeyInfo => ({
  id: 'openai/work',
  provider: 'openai',
  label: 'work',
  lastFour: '1234',
  origins: ['https://api.openai.com'],
  createdAt: NOW - 100 * DAY_MS,
  ...more,
});

const providers = (baseUrl?: string) => {
  const parsed = parseConfig({ providers: { openai: { kind: 'openai', ...(baseUrl && { baseUrl }) } } });
  return parsed.faults === undefined ? parsed.config.providers : assert.fail();
};

describe('keys whose provider has moved', () => {
  it('are those that were entered for another origin, told with both addresses and no more of the key than it shows', () => {
    assert.deepEqual(movedKeys([key()], providers()), []);
    assert.deepEqual(movedKeys([key()], providers('https://api.openai.com/v2')), []);
    assert.deepEqual(movedKeys([key({ provider: 'gone' })], providers()), []);
    const [moved] = movedKeys([key()], providers('https://evil.example/v1'));
    assert.deepEqual(moved?.to, ['https://evil.example']);
    assert.match(
      movedText(moved),
      /from https:\/\/api\.openai\.com to https:\/\/evil\.example.*"work" \(ends in 1234\) is not sent/,
    );
    for (const other of ['http://api.openai.com/v1', 'https://api.openai.com:444/v1', 'https://api.openai.com.evil.example/v1'])
      if (parseConfig({ providers: { openai: { kind: 'openai', baseUrl: other } } }).faults === undefined)
        assert.equal(movedKeys([key()], providers(other)).length, 1, other);
  });
});

describe('keys that are too old', () => {
  it('are told by the age of their present value', () => {
    const old = key({ id: 'a', rotateEveryDays: 90 });
    const fresh = key({ id: 'b', rotateEveryDays: 90, rotatedAt: NOW - 89 * DAY_MS });
    const older = key({ id: 'c', rotateEveryDays: 30, rotatedAt: NOW - 101 * DAY_MS });
    const free = key({ id: 'd' });
    assert.deepEqual(
      overdueKeys([old, fresh, older, free], NOW).map(({ id }) => id),
      ['c', 'a'],
    );
    assert.equal(
      overdueText(old, NOW),
      'The key "work" of openai (ends in 1234) is 100 days old. It should be rotated every 90 days.',
    );
  });
});

describe('a store that does not keep', () => {
  const desktop: Surroundings = { place: 'here', linux: true, insecurePage: false };
  const browser: Surroundings = { place: 'browser', linux: true, insecurePage: false };

  it('is told with what to do about it where the window is', () => {
    assert.equal(storeTrouble(true, desktop), undefined);
    assert.match(storeTrouble(false, desktop) ?? '', /Install and unlock a keyring/);
    assert.match(storeTrouble(false, { ...desktop, linux: false }) ?? '', /keychain/);
    assert.match(storeTrouble(false, browser) ?? '', /private window/);
    assert.match(storeTrouble(true, { ...browser, insecurePage: true }) ?? '', /plain text.*over https/);
  });

  it('has lost keys that are told by label and last four', () => {
    const lost = [{ label: 'work', provider: 'openai', lastFour: '1234' }];
    assert.match(lostText(lost, desktop), /"work" of openai \(ends in 1234\) is not in.*keyring/);
    assert.match(lostText([...lost, { label: 'b', provider: 'groq', lastFour: '9' }], browser), /The keys .* are not.*tab/);
    assert.match(lostText(lost, { ...desktop, place: 'remote' }), /another computer/);
  });
});

describe('heldKeys', () => {
  it('hands over every binding, and nothing of a disabled key', () => {
    const info = key({ weight: 2, priority: 3, agents: ['codex'], models: ['gpt-*'], environment: 'dev' });
    const former = { secret: 'sk-old', origins: ['https://api.openai.com'], enteredAt: 1 };
    assert.deepEqual(
      heldKeys([
        { uid: 'u', info, secret: 'sk', former },
        { uid: 'v', info: key({ disabled: true }), secret: 'x' },
      ]),
      [
        {
          id: 'openai/work',
          provider: 'openai',
          origins: ['https://api.openai.com'],
          secret: 'sk',
          former: { secret: 'sk-old', origins: ['https://api.openai.com'] },
          weight: 2,
          priority: 3,
          agents: ['codex'],
          models: ['gpt-*'],
          environment: 'dev',
        },
      ],
    );
  });
});

describe('LastUsed', () => {
  it('is known at once, written by save, and the latest of all windows stays', async () => {
    const kept = new Map<string, unknown>();
    let writes = 0;
    const memory: Memento = {
      keys: () => [...kept.keys()],
      get: (name: string) => kept.get(name) as never,
      update: async (name: string, value: unknown) => {
        writes += 1;
        kept.set(name, value);
      },
    };
    const [one, two] = [new LastUsed(memory), new LastUsed(memory)];
    one.saw([
      { key: 'a', at: 5 },
      { key: undefined, at: 9 },
      { key: 'a', at: 3 },
    ]);
    two.saw([
      { key: 'a', at: 4 },
      { key: 'b', at: 7 },
    ]);
    assert.deepEqual([one.of('a'), one.of('b'), writes], [5, undefined, 0]);
    await one.save();
    await two.save();
    assert.deepEqual([two.of('a'), one.of('b'), writes], [5, 7, 2]);
  });
});
