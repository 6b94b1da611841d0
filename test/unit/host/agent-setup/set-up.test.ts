import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { Endpoint, Place } from '../../../../src/host/agent-setup/program.ts';
import { PROGRAMS, tracesOf } from '../../../../src/host/agent-setup/programs.ts';
import { setUpIn, type SetUp } from '../../../../src/host/agent-setup/record.ts';
import { applySetUp, keptOf, planSetUp } from '../../../../src/host/agent-setup/set-up.ts';
import { restoreBackup, undoSetUp } from '../../../../src/host/agent-setup/undo.ts';

const ENDPOINT: Endpoint = { url: 'http://127.0.0.1:27800', token: 'gatehouse-local-token-1', model: 'claude-opus-5-5' };

/** Files of each program as people have them: comments, other providers, odd layout. Programs that allow no comments have none. */
const FILES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'claude-code': {
    '.claude/settings.json':
      '{\r\n\t"permissions" : {"allow":["Bash(ls:*)"] },\r\n\t"env": { "FOO": "1", "ANTHROPIC_BASE_URL": "https://old.example"},\r\n\t"n": 1.50\r\n}',
  },
  codex: {
    '.codex/config.toml':
      '# mine\nmodel = "gpt-5.5"   # m\nmodel_provider = \'other\'\n\n[model_providers.other]\nname="Other"\nbase_url = "https://other.example/v1"\n[tui]\nnotifications = true',
  },
  'gemini-cli': {
    '.gemini/settings.json':
      '\uFEFF{\n    // login\n    "security": { "auth": { "selectedType": "oauth-personal" } },\n    "ui": {}\n}\n',
    '.gemini/.env': 'export FOO="1" # mine\nGEMINI_API_KEY=old',
  },
  opencode: {
    '.config/opencode/opencode.jsonc':
      '{\n  // others\n  "provider": {\n    "mine": { "npm": "@ai-sdk/openai", },\n  },\n  "model": "mine/gpt-5", "theme": "x",\n}',
  },
  'qwen-code': {
    '.qwen/settings.json':
      '{ "modelProviders": { "openai": [ { "id": "mine", "envKey": "MINE" } ] },\n "env": {},\n "model": { "name": "mine" } }',
  },
  continue: {
    '.continue/config.yaml':
      'name: Mine\nversion: 1.0.0\nmodels:\n  # the first\n  - name: a\n    provider: openai\n    apiKey: secret\ncontext: []\n',
  },
  aider: { '.aider.conf.yml': '# mine\nmodel: gpt-5  # m\nread: [a, b]\n' },
  'vscode-custom-endpoint': { 'User/chatLanguageModels.json': '[\n\t{ "name": "mine", "vendor": "openai" }\n]' },
};

describe('setting programs up', () => {
  let home: string;
  let place: Place;

  beforeEach(() => {
    home = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-setup-'));
    place = { env: {}, home, profile: path.join(home, 'User') };
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const write = (name: string, text: string): string => {
    const file = path.join(home, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  const fileNames = (): readonly string[] =>
    readdirSync(home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(home, path.join(entry.parentPath, entry.name)))
      .sort();

  /** Sets it up, or says why not. What is kept goes through a store and back. */
  const setUp = (id: string, endpoint = ENDPOINT, earlier?: SetUp): SetUp | string => {
    const program = PROGRAMS.find((known) => known.id === id) ?? assert.fail(id);
    const planned = planSetUp(program.files?.(place, endpoint) ?? [], earlier?.files ?? []);
    if ('fault' in planned) return planned.fault;
    const record = {
      program: id,
      agent: id,
      at: 1,
      workspace: 'w',
      workspaceName: 'W',
      ...endpoint,
      files: planned.plans.map(keptOf),
    };
    return applySetUp(planned.plans) ?? setUpIn(JSON.stringify(record)) ?? assert.fail('the record does not come back');
  };
  const done = (result: SetUp | string): SetUp => (typeof result === 'string' ? assert.fail(result) : result);

  for (const [id, files] of Object.entries(FILES)) {
    it(`${id}: changes files that hold other things, and undoes it to the byte`, () => {
      for (const [name, text] of Object.entries(files)) chmodSync(write(name, text), 0o640);
      const record = done(setUp(id));
      assert.deepEqual(fileNames(), Object.keys(files).sort());
      const all = Object.keys(files).map((name) => readFileSync(path.join(home, name), 'utf8'));
      assert.ok(all.join('\n').includes(ENDPOINT.token) && all.join('\n').includes(ENDPOINT.url));
      for (const [name, text] of Object.entries(files)) assert.notEqual(readFileSync(path.join(home, name), 'utf8'), text);
      assert.deepEqual(undoSetUp(record), { left: [] });
      for (const [name, text] of Object.entries(files)) {
        assert.equal(readFileSync(path.join(home, name), 'utf8'), text);
        assert.equal(statSync(path.join(home, name)).mode & 0o777, 0o640);
      }
    });

    it(`${id}: makes what is not there, for its user alone, and leaves nothing after an undo`, () => {
      const record = done(setUp(id));
      for (const name of fileNames()) assert.equal(statSync(path.join(home, name)).mode & 0o077, 0);
      assert.ok(fileNames().length > 0);
      assert.deepEqual(undoSetUp(record), { left: [] });
      assert.deepEqual(readdirSync(home), []);
    });

    it(`${id}: is pointed elsewhere, with one way back to what stood there first`, () => {
      for (const [name, text] of Object.entries(files)) write(name, text);
      const first = done(setUp(id));
      const second = done(setUp(id, { ...ENDPOINT, url: 'http://127.0.0.1:27811', token: 'gatehouse-local-token-2' }, first));
      const all = Object.keys(files)
        .map((name) => readFileSync(path.join(home, name), 'utf8'))
        .join('\n');
      assert.ok(all.includes('token-2') && !all.includes('token-1') && !all.includes('27800'), all);
      assert.deepEqual(undoSetUp(second), { left: [] });
      for (const [name, text] of Object.entries(files)) assert.equal(readFileSync(path.join(home, name), 'utf8'), text);
    });
  }

  it('keeps a file that was made where others have written into it', () => {
    const record = done(setUp('claude-code'));
    const file = path.join(home, '.claude/settings.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('{\n', '{\n  "model": "opus",\n'));
    assert.deepEqual(undoSetUp(record), { left: [] });
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), { model: 'opus' });
  });

  it('follows a link and leaves it one', () => {
    const real = write('dotfiles/claude.json', '{"x": 1}\n');
    mkdirSync(path.join(home, '.claude'));
    symlinkSync(real, path.join(home, '.claude/settings.json'));
    const record = done(setUp('claude-code'));
    assert.ok(readFileSync(real, 'utf8').includes(ENDPOINT.token));
    assert.ok(lstatSync(path.join(home, '.claude/settings.json')).isSymbolicLink());
    undoSetUp(record);
    assert.equal(readFileSync(real, 'utf8'), '{"x": 1}\n');
  });

  it('writes nothing at all where one of its files is broken, read-only, no file or a link to nowhere', () => {
    const refused = (text: string, pattern: RegExp): void => {
      assert.match(JSON.stringify(setUp('gemini-cli')), pattern);
      assert.ok(!existsSync(path.join(home, '.gemini/.env')) || statSync(path.join(home, '.gemini/.env')).isDirectory());
      assert.equal(readFileSync(path.join(home, '.gemini/settings.json'), 'utf8'), text);
    };
    write('.gemini/settings.json', '{"security": ');
    refused('{"security": ', /settings\.json: the file cannot be understood as it is, so nothing was written/);
    chmodSync(write('.gemini/settings.json', '{}'), 0o444);
    refused('{}', /settings\.json is read-only/);
    chmodSync(path.join(home, '.gemini/settings.json'), 0o644);
    mkdirSync(path.join(home, '.gemini/.env'));
    refused('{}', /\.env is no file/);
    rmSync(path.join(home, '.gemini/.env'), { recursive: true });
    symlinkSync(path.join(home, 'nowhere'), path.join(home, '.gemini/.env'));
    assert.match(JSON.stringify(setUp('gemini-cli')), /is a link that leads nowhere/);
    assert.equal(readFileSync(path.join(home, '.gemini/settings.json'), 'utf8'), '{}');
  });

  it('leaves every file as it is where one cannot be undone, and can bring the whole former file back', () => {
    const file = write('.gemini/settings.json', '{ "a": 1 }');
    write('.gemini/.env', 'A=1\n');
    const record = done(setUp('gemini-cli'));
    const env = readFileSync(path.join(home, '.gemini/.env'), 'utf8');
    writeFileSync(file, '{ broken');
    assert.match(JSON.stringify(undoSetUp(record)), /cannot be understood as it is now/);
    assert.equal(readFileSync(path.join(home, '.gemini/.env'), 'utf8'), env);
    assert.equal(restoreBackup(record.files[0] ?? assert.fail()), undefined);
    assert.equal(readFileSync(file, 'utf8'), '{ "a": 1 }');
    assert.deepEqual(undoSetUp(record), { left: [] });
    assert.equal(readFileSync(path.join(home, '.gemini/.env'), 'utf8'), 'A=1\n');
  });

  it('says which entries others have changed', () => {
    write('.claude/settings.json', '{}');
    const record = done(setUp('claude-code'));
    const file = path.join(home, '.claude/settings.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(ENDPOINT.url, 'https://mine.example'));
    assert.deepEqual(undoSetUp(record), { left: ['env.ANTHROPIC_BASE_URL'] });
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), { env: { ANTHROPIC_BASE_URL: 'https://mine.example' } });
  });

  it('does not mind a file that is gone', () => {
    const record = done(setUp('claude-code'));
    rmSync(path.join(home, '.claude'), { recursive: true });
    assert.deepEqual(undoSetUp(record), { left: [] });
  });

  it('writes where the variables of a program say', () => {
    place = {
      ...place,
      env: { CLAUDE_CONFIG_DIR: path.join(home, 'c'), CODEX_HOME: path.join(home, 'x'), XDG_CONFIG_HOME: path.join(home, 'g') },
    };
    for (const id of ['claude-code', 'codex', 'opencode']) done(setUp(id));
    assert.deepEqual(fileNames(), ['c/settings.json', 'g/opencode/opencode.json', 'x/config.toml']);
  });

  it('adds to an older file of Continue instead of hiding it', () => {
    write('.continue/config.json', '{ "models": [ { "title": "mine" } ] }');
    done(setUp('continue'));
    assert.deepEqual(fileNames(), ['.continue/config.json']);
  });

  it('takes nothing else for a record', () => {
    for (const text of [undefined, '', '{}', '[]', '{"program":"x","files":[{}]}']) assert.equal(setUpIn(text), undefined);
  });
});

describe('finding programs', () => {
  it('looks at the PATH, at folders and at extensions', () => {
    const home = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-setup-'));
    const claude = PROGRAMS.find(({ id }) => id === 'claude-code') ?? assert.fail();
    const place: Place = { env: { PATH: ['relative', path.join(home, 'bin')].join(path.delimiter) }, home, profile: undefined };
    assert.deepEqual(tracesOf(claude, place, new Set()), []);
    mkdirSync(path.join(home, 'bin'));
    mkdirSync(path.join(home, '.claude'));
    writeFileSync(path.join(home, 'bin/claude'), '', { mode: 0o644 });
    assert.deepEqual(tracesOf(claude, place, new Set(['anthropic.claude-code'])), [
      { kind: 'extension', id: 'anthropic.claude-code' },
      { kind: 'settings', path: path.join(home, '.claude') },
    ]);
    chmodSync(path.join(home, 'bin/claude'), 0o755);
    assert.deepEqual(tracesOf(claude, place, new Set())[0], { kind: 'binary', path: path.join(home, 'bin/claude') });
    rmSync(home, { recursive: true });
  });
});
