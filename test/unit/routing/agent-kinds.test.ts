import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { AGENT_KINDS, type AgentKind } from '../../../src/core/config/kinds.ts';
import { AGENT_PROGRAMS, noProxyWithLoopback } from '../../../src/core/routing/agent-kinds.ts';

const URL_ = 'http://127.0.0.1:4000';
const TOKEN = 'gh-token';

/** Which variables hold the endpoint. A wrong path is a 404 for every request of that program. */
const ENDPOINTS: Readonly<Record<AgentKind, Readonly<Record<string, string>>>> = {
  'claude-code': { ANTHROPIC_BASE_URL: URL_ },
  codex: {},
  'gemini-cli': { GOOGLE_GEMINI_BASE_URL: URL_ },
  opencode: { OPENAI_BASE_URL: `${URL_}/v1`, ANTHROPIC_BASE_URL: `${URL_}/v1` },
  'qwen-code': { OPENAI_BASE_URL: `${URL_}/v1`, GOOGLE_GEMINI_BASE_URL: URL_, ANTHROPIC_BASE_URL: URL_ },
  cline: {},
  continue: { GOOGLE_GEMINI_BASE_URL: URL_ },
  generic: { OPENAI_BASE_URL: `${URL_}/v1`, GOOGLE_GEMINI_BASE_URL: URL_, ANTHROPIC_BASE_URL: URL_ },
};

describe('AGENT_PROGRAMS', () => {
  for (const kind of AGENT_KINDS) {
    const program = AGENT_PROGRAMS[kind];
    const variables = Object.entries(program.environment(URL_, TOKEN));

    it(`${kind}: points at the gateway, with the path its SDK expects`, () => {
      assert.deepEqual(Object.fromEntries(variables.filter(([name]) => name.endsWith('_URL'))), ENDPOINTS[kind]);
    });

    it(`${kind}: holds nothing but the endpoint, the token and switches`, () => {
      for (const [name, value] of variables)
        assert.ok(value === TOKEN || value === '1' || name.endsWith('_URL'), `${name}=${value}`);
    });

    it(`${kind}: gets a credential for each endpoint, or a hint`, () => {
      const hint = program.hint?.(URL_) ?? '';
      assert.ok(variables.some(([, value]) => value === TOKEN) || hint.includes(URL_));
      assert.ok(!hint.includes(TOKEN));
    });

    it(`${kind}: speaks at least one dialect, each once`, () => {
      assert.ok(program.dialects.length > 0);
      assert.equal(new Set(program.dialects).size, program.dialects.length);
    });
  }

  it('gives no program two credentials of which the wrong one wins', () => {
    for (const kind of AGENT_KINDS) {
      const variables = AGENT_PROGRAMS[kind].environment(URL_, TOKEN);
      assert.ok(!('ANTHROPIC_AUTH_TOKEN' in variables && 'ANTHROPIC_API_KEY' in variables), kind);
    }
  });
});

describe('noProxyWithLoopback', () => {
  for (const [current, expected] of [
    [undefined, '127.0.0.1,localhost'],
    ['', '127.0.0.1,localhost'],
    [' , ,', '127.0.0.1,localhost'],
    ['.corp.example, 10.0.0.0/8', '.corp.example,10.0.0.0/8,127.0.0.1,localhost'],
    ['localhost', 'localhost,127.0.0.1'],
    ['127.0.0.1,localhost', '127.0.0.1,localhost'],
    ['mylocalhost', 'mylocalhost,127.0.0.1,localhost'],
    ['*', '*'],
    [' * ', '*'],
    ['a.example,*', '*'],
  ] as const) {
    it(`${JSON.stringify(current)} becomes ${JSON.stringify(expected)}`, () =>
      assert.equal(noProxyWithLoopback(current), expected));
  }
});
