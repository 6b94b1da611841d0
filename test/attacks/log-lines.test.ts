import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { DIALECT_IDS } from '../../src/core/ir/dialect.ts';
import { plainWords } from '../../src/vscode/plain-words.ts';
import { plain } from '../../src/vscode/routing/markdown.ts';
import { buildProgram, type Program } from '../gateway/command-line.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { eventually, send, WIRES } from '../support/gateway.ts';

/** A model's name as an agent may send it: a line of its own, colours, another direction of writing, a button. */
const NASTY =
  'm\r\n2026-11-30T00:00:00.000Z error forged\u2028forged\u0085\u001b[31m\u001b]0;title\u0007\u202etxt\u2066\u200f<img src=x>[go](command:x)';

// oxlint-disable-next-line no-control-regex
const UNSEEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]/;

describe('log injection', function () {
  this.timeout(30_000);
  let program: Program;
  let fake: FakeProvider;
  before(async () => {
    program = await buildProgram();
    fake = await startFakeProvider({ key: 'sk-another-key' });
  });
  after(async () => {
    await program.close();
    await fake.close();
  });

  it('every line of the log is one of ours, whatever names an agent sends', async () => {
    const config = program.config({
      providers: { fake: { kind: 'openai-compatible', baseUrl: `${fake.url}/v1`, dialects: DIALECT_IDS } },
      keys: [{ id: 'fake/a', provider: 'fake', env: 'WRONG_KEY' }],
      agents: { tester: { provider: 'fake' } },
    });
    const served = await program.serve(config, [], { env: { WRONG_KEY: 'sk-not-the-key-of-it' } });
    const token = served.ready.agents['tester']?.token ?? '';
    const { path, body } = WIRES['openai-chat'];
    const answer = await send(served.ready.url, {
      path: path(false),
      headers: { authorization: `Bearer ${token}`, 'x-session-id': 'x\u0085y' },
      body: { ...body(false), model: NASTY },
    });
    assert.ok(answer.status >= 400);
    await eventually(() => served.err.includes('forged'), Boolean);
    assert.ok(served.err.includes('forged'), 'the name was not logged at all, so nothing was shown');
    for (const line of served.err.split('\n').filter(Boolean)) {
      assert.match(line, /^20\d\d-\d\d-\d\dT[\d:.]+Z (error|warn|info|debug) /);
      assert.doesNotMatch(line, /^2026-11-30T00:00:00\.000Z/);
      assert.doesNotMatch(line, UNSEEN);
    }
  });

  it('in the editor: a notification and a line of the output channel have one line and no button', () => {
    const shown = plainWords(`the agent asked for ${NASTY}`);
    assert.doesNotMatch(shown, UNSEEN);
    assert.doesNotMatch(shown, /\n|\]\(/);
  });

  it('in the editor: a document about a route has no tag, link or line of theirs', () => {
    const shown = plain(NASTY);
    assert.doesNotMatch(shown, UNSEEN);
    assert.doesNotMatch(shown, /(?<!\\)[<[\]`*|]/);
  });
});
