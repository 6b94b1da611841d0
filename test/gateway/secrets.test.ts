import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type http from 'node:http';
import path from 'node:path';
import zlib from 'node:zlib';
import { describe, it } from 'mocha';
import { DIALECT_IDS, type DialectId } from '../../src/core/ir/dialect.ts';
import type { Step } from '../support/fake-providers/script.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { eventually, PRICES, send, WIRES } from '../support/gateway.ts';
import { assertAbsent } from '../support/secret-forms.ts';
import { buildProgram, type Program, type Served } from './command-line.ts';

/** With characters that JSON, URLs and regular expressions write differently. */
const CANARY = 'sk-canary/"Key+with.odd$(chars)=ä-0123456789';
/** A key with nothing odd, for the headers of real HTTP: the odd one cannot even be sent by some. */
const PLAIN = 'sk-proj-canary-plain-9f8e7d6c5b4a39281706';

/** An error under status 200. */
const IN_DISGUISE = `{"error":{"message":"unknown key ${PLAIN}","code":401}}`;

describe('secrets', function () {
  this.timeout(30_000);
  let program: Program;
  let fake: FakeProvider;
  let dead: string;
  let served: Served;
  let answers = '';
  before(async () => {
    program = await buildProgram();
    fake = await startFakeProvider({ key: PLAIN });
    const gone = await startFakeProvider({ key: PLAIN });
    dead = gone.url;
    await gone.close();
    const provider = (url: string) => ({
      kind: 'openai-compatible',
      baseUrl: `${url}/v1`,
      dialects: DIALECT_IDS,
      prices: { '*': PRICES },
    });
    const config = program.config({
      providers: {
        good: provider(fake.url),
        wrong: provider(fake.url),
        dead: provider(dead),
        nowhere: provider('https://gatehouse-test.invalid'),
      },
      keys: [
        { id: 'good/a', provider: 'good', env: 'CANARY_PLAIN' },
        { id: 'wrong/a', provider: 'wrong', env: 'CANARY_WRONG' },
        { id: 'dead/a', provider: 'dead', env: 'CANARY_PLAIN' },
        { id: 'nowhere/a', provider: 'nowhere', env: 'CANARY_ODD' },
      ],
      agents: {
        good: { provider: 'good' },
        wrong: { provider: 'wrong' },
        dead: { provider: 'dead' },
        nowhere: { provider: 'nowhere' },
      },
      timeouts: { idleSeconds: 0.3 },
    });
    served = await program.serve(config, [], { env: { CANARY_PLAIN: PLAIN, CANARY_WRONG: `${PLAIN}-wrong`, CANARY_ODD: CANARY } });
  });
  after(async () => {
    await program.close();
    await fake.close();
  });

  const tokenOf = (agent: string): string => served.ready.agents[agent]?.token ?? assert.fail(agent);

  async function ask(agent: string, dialect: DialectId, stream: boolean, leave = false): Promise<void> {
    const wire = WIRES[dialect];
    const token = tokenOf(agent);
    const asked = send(served.ready.url, {
      path: `${wire.path(stream)}${wire.path(stream).includes('?') ? '&' : '?'}key=${token}`,
      headers: {
        ...wire.headers,
        authorization: `Bearer ${token}`,
        'x-api-key': token,
        'x-goog-api-key': token,
        cookie: `t=${token}`,
        referer: `http://x/?key=${token}`,
      },
      body: wire.body(stream),
      onData: (_, request) => {
        if (leave) request.destroy();
      },
    });
    const answer = await asked.catch((error: unknown) => ({ headers: {} as http.IncomingHttpHeaders, text: String(error) }));
    answers += JSON.stringify(answer.headers) + answer.text;
  }

  /** What a careless provider does with the key that it was shown. */
  const echoes: readonly Step[] = [
    { error: { status: 401, message: `Incorrect API key provided: ${PLAIN}` } },
    {
      error: {
        status: 500,
        body: { error: { message: `bad header Bearer ${PLAIN}`, debug: JSON.stringify({ key: PLAIN }), code: 500 } },
      },
    },
    { errorEvent: { status: 401, message: `invalid x-api-key: ${PLAIN}` } },
    { raw: { status: 403, headers: { 'content-type': 'text/plain' }, chunks: [`key ${PLAIN} may not`] } },
    {
      raw: {
        status: 401,
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        chunks: [zlib.gzipSync(`{"error":{"message":"key ${PLAIN}"}}`)],
      },
    },
    {
      raw: { headers: { 'content-type': 'application/json', 'content-length': String(IN_DISGUISE.length) }, chunks: [IN_DISGUISE] },
    },
    {
      raw: {
        status: 401,
        headers: { 'x-debug-key': PLAIN, 'www-authenticate': `Bearer realm="${PLAIN}"`, 'content-type': 'application/json' },
        chunks: ['{"error":{"message":"no"}}'],
      },
    },
  ];

  it('come through success, refusals that echo them, dead hosts, cuts and aborts without being seen', async () => {
    for (const dialect of DIALECT_IDS) {
      for (const stream of [false, true]) {
        await ask('good', dialect, stream);
        await ask('wrong', dialect, stream);
        await ask('dead', dialect, stream);
        await ask('nowhere', dialect, stream);
        for (const echo of echoes) {
          fake.script(echo);
          await ask('good', dialect, stream);
        }
        const faults: readonly Step[] = [
          { cut: 'before-headers' },
          { cut: 'reset', afterEvents: 2 },
          ...(stream ? [{ stallAfterEvents: 1 }] : []),
        ];
        for (const fault of faults) {
          fake.script(fault);
          await ask('good', dialect, stream);
        }
        fake.script({ pieces: 9, delay: { betweenMs: 10 } });
        await ask('good', dialect, stream, true);
      }
    }
    for (const target of ['/v1/models', '/v1beta/models', `/v1/nothing?key=${tokenOf('good')}`, '/healthz']) {
      const answer = await send(served.ready.url, { method: 'GET', path: target, headers: { 'x-api-key': tokenOf('good') } });
      answers += JSON.stringify(answer.headers) + answer.text;
    }
    served.child.kill('SIGHUP');
    await eventually(() => served.err.includes('read again'), Boolean);
    const cmdline = `/proc/${served.ready.pid}/cmdline`;
    const shown = existsSync(cmdline) ? readFileSync(cmdline, 'latin1') : '';

    const data = path.join(program.folder, 'data');
    const open = readdirSync(data).map((name) => readFileSync(path.join(data, name)).toString('latin1'));
    const usage = await program.run(['usage', '--data', data, '--by', 'request', '--json']);
    assert.ok(JSON.parse(usage.out).rows.length > 100, 'the book should be full of this');
    served.child.kill('SIGTERM');
    assert.equal((await served.exited).code, 0);
    const closed = readdirSync(data).map((name) => readFileSync(path.join(data, name)).toString('latin1'));

    const keys = [PLAIN, CANARY];
    const tokens = ['good', 'wrong', 'dead', 'nowhere'].map(tokenOf);
    const latin1 = (text: string): string => Buffer.from(text).toString('latin1');
    assert.ok(
      open.some((file) => file.includes('good/a')),
      'the files that were searched are not the book',
    );
    assert.ok(answers.includes('[redacted]'), 'no echo came through, so nothing was shown');
    for (const [where, pile] of [
      ['a file of the running gateway', open.join('\n')],
      ['a file of the stopped gateway', closed.join('\n')],
      ['the output of usage', latin1(usage.out + usage.err)],
      ['the log', latin1(served.err)],
      ['a command line', shown],
      ['an answer', latin1(answers)],
    ] as const) {
      assertAbsent(keys.map(latin1), `${where} (key)`, pile);
      assertAbsent(tokens, `${where} (token)`, pile);
    }
    assertAbsent(keys, 'the ready line', served.out);

    for (const { path: target, rawHeaders, raw } of fake.requests) {
      const sent = `${target}\n${rawHeaders.join('\n')}\n${raw.toString('latin1')}`;
      assertAbsent(tokens, 'what a provider was sent', sent);
      assert.ok(!/\[?key=/.test(target), 'the query of the token went on');
    }
  });
});
