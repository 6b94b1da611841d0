import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROGRAMS } from '../../src/host/agent-setup/programs.ts';
import { setUpIn, type SetUp } from '../../src/host/agent-setup/record.ts';
import { applySetUp, keptOf, planSetUp } from '../../src/host/agent-setup/set-up.ts';
import { undoSetUp } from '../../src/host/agent-setup/undo.ts';
import type { DialectId } from '../../src/core/ir/dialect.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { toolLoop } from '../support/fake-providers/tool-loop.ts';
import { type Gateway, startGateway } from './launch/gateway.ts';
import { attemptsToLeave } from './launch/namespace.ts';
import { type AgentName, type AgentResult, runInstalled } from './launch/programs.ts';

interface Case {
  readonly agent: AgentName;
  readonly provider: string;
  readonly dialect: DialectId;
  readonly basePath: string;
  readonly model: string;
  /** What lies in its home before: comments, other providers, odd layout, and what keeps it from dialling elsewhere. */
  readonly files: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const TASK = 'create hello.txt with the shell';

const CASES: readonly Case[] = [
  {
    agent: 'claude-code',
    provider: 'anthropic',
    dialect: 'anthropic-messages',
    basePath: '',
    model: 'claude-opus-5-5',
    files: {
      '.claude/settings.json':
        '{\r\n\t"permissions" : {"allow":["Bash","Write"] },\r\n\t"env": { "ANTHROPIC_BASE_URL": "https://old.invalid", "DISABLE_TELEMETRY":"1",\r\n "DISABLE_ERROR_REPORTING": "1", "DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1" }\r\n}',
    },
    args: ['-p', TASK, '--output-format=json', '--permission-mode=acceptEdits', '--allowedTools=Bash,Write'],
    env: {},
  },
  {
    agent: 'codex',
    provider: 'openai',
    dialect: 'openai-responses',
    basePath: '/v1',
    model: 'gpt-5.5',
    files: {
      '.codex/config.toml':
        '# mine\nmodel = "gpt-5.5"   # the good one\nmodel_provider = \'other\'\napproval_policy="never"\nsandbox_mode = "danger-full-access"\ncheck_for_update_on_startup = false\n\n\n[model_providers.other]   # another one\nname="Other"\nbase_url = "https://other.invalid/v1"\nwire_api = "responses"\n[analytics]\n  enabled = false',
    },
    args: ['exec', '--skip-git-repo-check', '--json', '--disable', 'plugins', '--disable', 'apps', TASK],
    env: {},
  },
  {
    agent: 'gemini-cli',
    provider: 'google',
    dialect: 'gemini',
    basePath: '',
    model: 'gemini-3.1-pro-preview',
    files: {
      '.gemini/settings.json':
        '{\n    // my login\n    "security": { "auth": { "selectedType": "oauth-personal" } },\n    "general": {"enableAutoUpdate": false}, /* quiet */ "privacy": { "usageStatisticsEnabled": false },\n    "telemetry": { "enabled": false }\n}\n',
      '.gemini/.env': '# mine\nexport FOO="1"\nGEMINI_API_KEY=old-key',
    },
    args: ['--model=gemini-2.5-flash', '--yolo', '--output-format=json', '-p', TASK],
    env: { GEMINI_CLI_TRUST_WORKSPACE: 'true' },
  },
  {
    agent: 'opencode',
    provider: 'mistral',
    dialect: 'openai-chat',
    basePath: '/v1',
    model: 'mistral-large-latest',
    files: {
      '.config/opencode/opencode.jsonc':
        '{\n  "$schema": "https://opencode.ai/config.json",\n  // others\n  "provider": {\n    "mine": { "npm": "@ai-sdk/openai", "options": { "baseURL": "https://other.invalid/v1" }, },\n  },\n  "model": "mine/gpt-5", "autoupdate": false,\n}',
    },
    args: ['run', '--auto', '--format', 'json', TASK],
    env: {
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
      OPENCODE_DISABLE_SHARE: '1',
      npm_config_registry: 'http://127.0.0.1:9',
    },
  },
  {
    agent: 'qwen-code',
    provider: 'groq',
    dialect: 'openai-chat',
    basePath: '/v1',
    model: 'qwen/qwen3-32b',
    files: {
      '.qwen/settings.json':
        '{ // mine\n "general": { "enableAutoUpdate": false }, "privacy": {"usageStatisticsEnabled": false},\n  "telemetry": { "enabled": false },\n "modelProviders": { "openai": [ { "id": "other", "envKey": "OTHER", "baseUrl": "https://other.invalid/v1" } ] },\n "model": { "name": "other" } }',
    },
    args: ['--yolo', '--output-format=json', '-p', TASK],
    env: {},
  },
];

const FINAL = 'The file is written by an agent that was set up.';
const CONTENT = 'set up';

for (const { agent, provider, dialect, basePath, model, files, args, env } of CASES) {
  describe(`${agent}, set up by the command`, () => {
    const key = `canary-${randomBytes(18).toString('hex')}`;
    let fake: FakeProvider;
    let gateway: Gateway;
    let record: SetUp;
    let result: Omit<AgentResult, 'final'>;
    let leaving: number;
    const home = (name: string): string => join(gateway.folder('home'), name);
    const written: Record<string, string> = {};

    before(async function () {
      this.timeout(180_000);
      const loop = toolLoop({ command: `printf '%s' '${CONTENT}' > hello.txt`, final: FINAL });
      fake = await startFakeProvider({ dialect, key, script: loop });
      gateway = await startGateway(
        {
          providers: { [provider]: { kind: provider, baseUrl: fake.url + basePath } },
          keys: [{ id: `${provider}/test`, provider, env: 'REAL_PROVIDER_KEY' }],
          agents: { [agent]: { model: `${provider}/${model}` } },
        },
        { REAL_PROVIDER_KEY: key },
      );
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(home(name)), { recursive: true });
        writeFileSync(home(name), text);
      }
      const { url, token } = gateway.agent(agent);
      const program = PROGRAMS.find(({ id }) => id === agent) ?? assert.fail(agent);
      const endpoint = { url, token, model };
      const planned = planSetUp(program.files?.({ env: {}, home: gateway.folder('home'), profile: undefined }, endpoint) ?? [], []);
      if ('fault' in planned) assert.fail(planned.fault);
      const kept = {
        program: agent,
        agent,
        at: 1,
        workspace: 'w',
        workspaceName: 'w',
        ...endpoint,
        files: planned.plans.map(keptOf),
      };
      record = setUpIn(JSON.stringify(kept)) ?? assert.fail();
      assert.equal(applySetUp(planned.plans), undefined);
      for (const name of Object.keys(files)) written[name] = readFileSync(home(name), 'utf8');

      const leftBefore = attemptsToLeave();
      // Nothing of the gateway in its environment: all it knows stands in its files.
      const run = {
        ...gateway.agent(agent),
        env: {},
        workspace: gateway.folder('workspace'),
        home: gateway.folder('home'),
        task: TASK,
      };
      result = await runInstalled(agent, run, { args, env });
      leaving = attemptsToLeave() - leftBefore;
    });

    after(async () => {
      await gateway?.stop();
      await fake?.close();
      gateway?.remove();
    });

    it('runs its task through the gateway, and dials nothing else', () => {
      assert.equal(result.code, 0, result.stderr + result.stdout);
      assert.equal(readFileSync(join(gateway.folder('workspace'), 'hello.txt'), 'utf8'), CONTENT);
      assert.ok(result.stdout.includes(FINAL), result.stdout);
      const asked = fake.requests.filter(({ operation }) => operation === 'generate');
      assert.ok(asked.length >= 2);
      assert.deepEqual([...new Set(asked.map(({ read }) => read?.model))], [model]);
      assert.equal(leaving, 0);
    });

    it('has left its own settings as they were written', () => {
      for (const name of Object.keys(files)) assert.equal(readFileSync(home(name), 'utf8'), written[name]);
    });

    it('has its files back to the byte after the undo', () => {
      assert.deepEqual(undoSetUp(record), { left: [] });
      for (const [name, text] of Object.entries(files)) assert.equal(readFileSync(home(name), 'utf8'), text);
    });
  });
}
