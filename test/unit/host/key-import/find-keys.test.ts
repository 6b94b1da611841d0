import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { describe, it } from 'mocha';
import { findKeys, type Found } from '../../../../src/host/key-import/find-keys.ts';
import { newLocalToken } from '../../../../src/host/local-token.ts';

const A = 'sk-ant-api03-canary-0123456789';
const O = 'sk-proj-canary-0123456789abc';
const G = 'AIzaCanary0123456789abcdef';
const PLAIN = 'canary0123456789abcdefgh';

describe('finding keys', () => {
  let home: string;
  beforeEach(() => (home = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-import-'))));
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const write = (name: string, content: string | object): void => {
    const file = path.join(home, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  };
  const find = (env: Record<string, string> = {}, folders = [path.join(home, 'project')]): Found =>
    findKeys({ env, home, folders, envFiles: [] });
  const list = ({ keys }: Found): readonly string[] =>
    keys.map(({ kind, baseUrl, secret, place }) => [kind, baseUrl, secret.reveal(), place].filter(Boolean).join(' | '));

  it('looks into the environment, and takes the address that belongs to a key with it', () => {
    assert.deepEqual(
      list(
        find({
          ANTHROPIC_API_KEY: A,
          OPENAI_API_KEY: PLAIN,
          OPENAI_BASE_URL: 'https://models.example.com/v1',
          PATH: '/bin',
          GROQ_API_KEY: '',
        }),
      ),
      [
        `anthropic | ${A} | ANTHROPIC_API_KEY in the environment`,
        `openai-compatible | https://models.example.com/v1 | ${PLAIN} | OPENAI_API_KEY in the environment`,
      ],
    );
    assert.deepEqual(list(find({ OPENAI_API_KEY: O, OPENAI_BASE_URL: 'https://api.openai.com/v1' })), [
      `openai | ${O} | OPENAI_API_KEY in the environment`,
    ]);
  });

  it('looks into .env files of the workspace, by the name of a variable and by the form of a key', () => {
    write(
      'project/.env',
      `MY_OPENAI_API_KEY_2=${O}\nOPENAI_API_KEY=${A}\nSECRET_KEY=${PLAIN}\nAPP_TOKEN=gsk_canary0123456789\nNAME=${A}\n`,
    );
    write('project/.env.local', `export GEMINI_API_KEY='${G}'\nGOOGLE_MAPS_KEY=${G}x\n`);
    write('project/.env.example', 'OPENAI_API_KEY=sk-your-key-here-please\nANTHROPIC_API_KEY=sk-ant-xxxxxxxxxxxxxxxx\n');
    assert.deepEqual(list(find()), [
      `openai | ${O} | MY_OPENAI_API_KEY_2 in ~/project/.env (the workspace)`,
      `anthropic | ${A} | OPENAI_API_KEY in ~/project/.env (the workspace)`,
      `groq | gsk_canary0123456789 | APP_TOKEN in ~/project/.env (the workspace)`,
      `google | ${G} | GEMINI_API_KEY in ~/project/.env.local (the workspace)`,
    ]);
  });

  it('looks where the other tools keep theirs', () => {
    write('.claude/settings.json', { env: { ANTHROPIC_API_KEY: A }, apiKeyHelper: 'cat /secret' });
    write('.claude.json', { primaryApiKey: `${A}1`, mcpServers: { x: { env: { OPENAI_API_KEY: O } } } });
    write('.codex/auth.json', { OPENAI_API_KEY: `${O}1`, tokens: null });
    write(
      '.codex/config.toml',
      `[model_providers.work]\nbase_url = "https://work.example.com/v1"\nexperimental_bearer_token = "${PLAIN}"\nenv_key = "SOME_KEY"\n`,
    );
    write('.gemini/.env', `GEMINI_API_KEY="${G}"\n`);
    write('.local/share/opencode/auth.json', { anthropic: { type: 'api', key: `${A}2` }, openrouter: { type: 'api', key: PLAIN } });
    write(
      '.config/opencode/opencode.jsonc',
      `{ // mine\n "provider": { "gw": { "npm": "@ai-sdk/openai-compatible", "options": { "baseURL": "https://gw.example.com/v1", "apiKey": "${PLAIN}" } },\n "openai": { "options": { "apiKey": "{env:OPENAI_API_KEY}" } } } }`,
    );
    write(
      '.continue/config.yaml',
      `models:\n  - name: a\n    provider: gemini\n    apiKey: ${G}1\n  - name: b\n    provider: openai\n    apiBase: https://b.example.com/v1\n    apiKey: ${PLAIN}\n  - provider: openai\n    apiKey: \${{ secrets.X }}\n`,
    );
    write('.aider.conf.yml', `openai-api-key: ${O}2\napi-key:\n  - deepseek=${PLAIN}\nset-env: [XAI_API_KEY=xai-${PLAIN}]\n`);
    const found = find();
    assert.deepEqual(found.notes, []);
    assert.deepEqual(list(found), [
      `anthropic | ${A} | env.ANTHROPIC_API_KEY in ~/.claude/settings.json (Claude Code)`,
      `anthropic | ${A}1 | primaryApiKey in ~/.claude.json (Claude Code)`,
      `openai | ${O} | mcpServers.x.env.OPENAI_API_KEY in ~/.claude.json (Claude Code)`,
      `openai | ${O}1 | OPENAI_API_KEY in ~/.codex/auth.json (Codex)`,
      `openai-compatible | https://work.example.com/v1 | ${PLAIN} | model_providers.work.experimental_bearer_token in ~/.codex/config.toml (Codex)`,
      `google | ${G} | GEMINI_API_KEY in ~/.gemini/.env (Gemini CLI)`,
      `anthropic | ${A}2 | anthropic.key in ~/.local/share/opencode/auth.json (OpenCode)`,
      `openrouter | ${PLAIN} | openrouter.key in ~/.local/share/opencode/auth.json (OpenCode)`,
      `openai-compatible | https://gw.example.com/v1 | ${PLAIN} | provider.gw.options.apiKey in ~/.config/opencode/opencode.jsonc (OpenCode)`,
      `google | ${G}1 | models.0.apiKey in ~/.continue/config.yaml (Continue)`,
      `openai-compatible | https://b.example.com/v1 | ${PLAIN} | models.1.apiKey in ~/.continue/config.yaml (Continue)`,
      `openai | ${O}2 | openai-api-key in ~/.aider.conf.yml (Aider)`,
      `deepseek | ${PLAIN} | api-key.0 in ~/.aider.conf.yml (Aider)`,
      `xai | xai-${PLAIN} | set-env.0 in ~/.aider.conf.yml (Aider)`,
    ]);
  });

  it('follows the variables by which tools move their folders', () => {
    for (const [variable, folder, file, content] of [
      ['CLAUDE_CONFIG_DIR', 'c', 'c/settings.json', { env: { ANTHROPIC_API_KEY: A } }],
      ['CODEX_HOME', 'x', 'x/auth.json', { OPENAI_API_KEY: O }],
      ['GEMINI_CLI_HOME', 'g', 'g/.gemini/.env', `GEMINI_API_KEY=${G}`],
      ['XDG_DATA_HOME', 'd', 'd/opencode/auth.json', { groq: { type: 'api', key: 'gsk_canary0123456789' } }],
      ['XDG_CONFIG_HOME', 'f', 'f/opencode/opencode.json', { provider: { mistral: { options: { apiKey: PLAIN } } } }],
      ['CONTINUE_GLOBAL_DIR', 'n', 'n/.env', `DEEPSEEK_API_KEY=${PLAIN}`],
      ['OPENCODE_CONFIG', 'oc.json', 'oc.json', { provider: { xai: { options: { apiKey: PLAIN } } } }],
      ['APPDATA', 'ad', 'ad/opencode/auth.json', { anthropic: { type: 'api', key: A } }],
    ] as const) {
      assert.deepEqual(list(find({ [variable]: path.join(home, folder) })), [], variable);
      write(file, content);
      assert.equal(find({ [variable]: path.join(home, folder) }).keys.length, 1, variable);
    }
  });

  it('leaves logins of subscriptions alone, and says so', () => {
    write('.claude/.credentials.json', {
      claudeAiOauth: { accessToken: 'sk-ant-oat01-canary-0123456789', refreshToken: 'sk-ant-ort01-canary-01' },
    });
    write('.codex/auth.json', {
      OPENAI_API_KEY: null,
      tokens: { id_token: 'eyJcanary.eyJ0.x', access_token: 'eyJcanary.eyJ1.x', refresh_token: 'rt_canary_0123456789' },
    });
    write('.gemini/oauth_creds.json', { access_token: 'ya29.canary-0123456789', refresh_token: '1//canary-0123456789' });
    write('.local/share/opencode/auth.json', {
      anthropic: { type: 'oauth', access: 'canary-0123456789abcdef', refresh: 'x', expires: 1 },
    });
    const found = find({ CLAUDE_CODE_OAUTH_TOKEN: 'sk-ant-oat01-canary-9876543210' });
    assert.deepEqual(list(found), []);
    assert.deepEqual(found.notes, [
      'CLAUDE_CODE_OAUTH_TOKEN in the environment: a login of a subscription, not an API key',
      'claudeAiOauth in ~/.claude/.credentials.json (Claude Code): a login of a subscription, not an API key',
      'tokens in ~/.codex/auth.json (Codex): a login of a subscription, not an API key',
      'the file in ~/.gemini/oauth_creds.json (Gemini CLI): a login of a subscription, not an API key',
      'anthropic in ~/.local/share/opencode/auth.json (OpenCode): a login of a subscription, not an API key',
    ]);
  });

  it('takes no token of our own for a key, tells files it cannot read, and prints no value', () => {
    write('.claude/settings.json', { env: { ANTHROPIC_AUTH_TOKEN: newLocalToken(), ANTHROPIC_BASE_URL: 'http://127.0.0.1:4000' } });
    write('.continue/config.yaml', 'models: [\n');
    write('.continue/config.json', { models: [{ provider: 'someone-new', apiKey: PLAIN }] });
    const found = find({ OPENAI_API_KEY: O });
    assert.deepEqual(list(found), [`openai | ${O} | OPENAI_API_KEY in the environment`]);
    assert.equal(found.notes.length, 2);
    assert.match(
      found.notes.join('\n'),
      /config\.yaml \(Continue\) could not be understood[^]*models\.0\.apiKey in .*config\.json \(Continue\): its provider is not known/,
    );
    assert.doesNotMatch(JSON.stringify(found) + inspect(found, { depth: 9 }), /canary/i);
  });
});
