import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { RunningRequest } from '../../../src/core/gateway/running-requests.ts';
import type { SettledRequest } from '../../../src/core/ledger/records.ts';
import { curlOf, type CurlSubject } from '../../../src/vscode/activity/curl.ts';
import { RetryText } from '../../../src/vscode/activity/retry-text.ts';
import { activityRows, type ActivityFigures } from '../../../src/vscode/views/activity-rows.ts';
import type { Row } from '../../../src/vscode/views/row.ts';

const NOW = new Date(2026, 10, 30, 9).getTime();

const running = (more: Partial<RunningRequest> = {}): RunningRequest => ({
  id: 'b',
  at: NOW - 3000,
  agent: 'codex',
  session: undefined,
  dialect: 'openai-responses',
  operation: 'generate',
  requestedModel: 'gpt-5.5',
  stream: true,
  rule: undefined,
  class: undefined,
  tries: [],
  asking: {
    target: 'openai/gpt-5.5',
    key: 'openai/work',
    mode: 'relay',
    losses: [],
    since: NOW - 2900,
    firstOutputMs: undefined,
  },
  ...more,
});

const settled = (more: Partial<SettledRequest> = {}): SettledRequest => ({
  id: 'a',
  at: NOW - 60_000,
  workspace: 'test',
  agent: 'claude-code',
  session: undefined,
  operation: 'generate',
  dialect: 'anthropic-messages',
  requestedModel: 'claude-opus-5-5',
  provider: 'anthropic',
  model: 'claude-opus-5-5',
  key: 'anthropic/work',
  mode: 'relay',
  stream: true,
  bytesIn: 100,
  settled: 'done',
  status: 200,
  attempts: 1,
  firstByteMs: 340,
  totalMs: 1200,
  bytesOut: 100,
  tier: undefined,
  error: undefined,
  usage: {
    input: 1000,
    cacheRead: 200,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    output: 34,
    reasoningWithinOutput: 0,
    units: {},
    source: 'reported',
  },
  costNano: 20_000_000,
  estimated: false,
  ...more,
});

const rows = (figures: Partial<ActivityFigures>): readonly Row[] =>
  activityRows({ running: [], latest: [], labelOf: (key) => key.toUpperCase(), now: NOW, ...figures });
const plain = (text = ''): string => text.replaceAll('\u{a0}', ' ');
const line = ({ label, description }: Row): string => plain(`${label}: ${description}`);
const unfolded = (row: Row | undefined): readonly string[] => (row?.rows ?? []).map(line);

describe('the rows of the Activity view', () => {
  it('are those on their way, the newest first, then the latest', () => {
    const all = rows({ running: [running(), running({ id: 'c' })], latest: [settled()] });
    assert.deepEqual(
      all.map(({ id, context }) => [id, context]),
      [
        ['request/c', 'request-running'],
        ['request/b', 'request-running'],
        ['request/a', 'request'],
      ],
    );
  });

  it('say what a request on its way is at, and what a screen reader hears does not change with every second', () => {
    const of = (more: Partial<RunningRequest>) => rows({ running: [running(more)] })[0]!;
    assert.equal(line(of({})), 'codex: gpt-5.5 · 3.0 s · is asked');
    const { asking } = running();
    assert.equal(line(of({ asking: { ...asking!, firstOutputMs: 340 } })), 'codex: gpt-5.5 · 3.0 s · first output after 340 ms');
    assert.equal(line(of({ asking: undefined })), 'codex: gpt-5.5 · 3.0 s · waits for its turn');
    const failed = { target: 'openai/gpt-5.5', mode: 'relay', outcome: 'upstream-529', ms: 100 } as const;
    const waits = of({ asking: undefined, tries: [failed] });
    assert.equal(line(waits), 'codex: gpt-5.5 · 3.0 s · attempt 2 · waits to ask again');
    assert.equal(waits.spoken, 'codex · on its way · gpt-5.5 · attempt 2 · waits to ask again');
    assert.deepEqual(unfolded(of({ rule: '2 titles', class: 'background', tries: [failed] })), [
      'Asked for: gpt-5.5 · openai-responses · streamed',
      'Rule: 2 titles · taken for background',
      'Attempt 1: the provider answered 529 (overloaded) · openai/gpt-5.5 · took 100 ms',
      'Attempt 2: openai/gpt-5.5 · key OPENAI/WORK · is asked',
    ]);
  });

  it('say of a request that is over what it took, used and cost; it went straight to its target', () => {
    const [row] = rows({ latest: [settled()] });
    assert.equal(line(row!), 'claude-code: claude-opus-5-5 · 1.2 s · $0.02 · first after 340 ms · 1,234 tokens');
    assert.deepEqual(unfolded(row), [
      'Asked for: claude-opus-5-5 · anthropic-messages · streamed',
      'Rule: none matched',
      'Attempt 1: anthropic/claude-opus-5-5 · answered · took 1.2 s · key ANTHROPIC/WORK',
      'Time: first byte after 340 ms · 1.2 s in all',
      'Tokens: 1,000 in, 200 from the cache, 34 out',
      'Cost: $0.02',
    ]);
  });

  it('unfold into the whole way: queue, who was passed over, attempts with errors, waits, losses', () => {
    const trace = {
      rule: '1',
      queuedMs: 50,
      passedOver: ['groq/llama-4 with groq/old (key-rejected)'],
      tries: [
        { target: 'anthropic/x', mode: 'relay', outcome: 'reset', ms: 70 },
        {
          target: 'openai/y',
          key: 'openai/work',
          mode: 'translate',
          outcome: 'ok',
          waitedMs: 500,
          firstOutputMs: 20,
          ms: 900,
          losses: ['cache-control'],
        },
      ],
    } as const;
    const [row] = rows({ latest: [settled({ trace, attempts: 2 })] });
    assert.match(line(row!), / · 2 attempts · /);
    assert.deepEqual(unfolded(row).slice(1, 6), [
      'Rule: 1',
      'In the queue: 50 ms',
      'Passed over: groq/llama-4 with the key "GROQ/OLD": the provider rejected the key',
      'Attempt 1: the connection was closed · anthropic/x · took 70 ms',
      'Attempt 2: openai/y · answered · waited 500 ms before · first output after 20 ms · took 900 ms · key OPENAI/WORK · translated · lost: cache-control',
    ]);
  });

  it('say in words how a request failed, who stopped it, and that a price is not known', () => {
    const [failed, stopped, gone, unpriced] = rows({
      latest: [
        settled({ id: '4', settled: 'error', status: 529, error: 'upstream-529' }),
        settled({ id: '3', settled: 'aborted', error: 'cancelled' }),
        settled({ id: '2', settled: 'aborted' }),
        settled({ id: '1', costNano: undefined }),
      ],
    });
    assert.match(line(failed!), /claude-opus-5-5 · error 529 · /);
    assert.match(line(stopped!), / · stopped by hand · /);
    assert.match(line(gone!), / · the agent went away · /);
    assert.match(line(unpriced!), / · unpriced · /);
    assert.deepEqual([failed?.icon, stopped?.icon, unpriced?.icon], ['error', 'circle-slash', 'check']);
  });

  it('count those that do not fit', () => {
    const many = Array.from({ length: 130 }, (_each, at) => running({ id: `r${String(at).padStart(3, '0')}` }));
    assert.equal(rows({ running: many }).at(-1)?.label, '30 more on their way');
  });
});

describe('a request as curl', () => {
  const of = (more: Partial<CurlSubject> = {}): string =>
    curlOf(
      { agent: 'codex', dialect: 'openai-chat', operation: 'generate', requestedModel: 'gpt-4.1', stream: true, ...more },
      'http://127.0.0.1:9',
    );

  it('has the address, a variable for the token, and a placeholder for what was asked', () => {
    const text = of();
    assert.match(text, /^# GATEHOUSE_TOKEN: .*"codex"/);
    assert.ok(
      text.includes(`curl -sSN 'http://127.0.0.1:9/v1/chat/completions' \\\n  -H "authorization: Bearer $GATEHOUSE_TOKEN"`),
      text,
    );
    assert.ok(text.includes(`-d '{"model":"gpt-4.1","stream":true,"messages":[{"role":"user","content":"hello"}]}'`), text);
  });

  it('is in the dialect of the agent', () => {
    assert.match(
      of({ dialect: 'anthropic-messages' }),
      /\/v1\/messages'[\s\S]*x-api-key: \$GATEHOUSE_TOKEN[\s\S]*"max_tokens":1024/,
    );
    assert.match(of({ dialect: 'openai-responses' }), /\/v1\/responses'[\s\S]*"input":"hello"/);
    assert.match(of({ dialect: 'gemini', requestedModel: 'gemini-3-pro' }), /gemini-3-pro:streamGenerateContent\?alt=sse'/);
    assert.match(of({ operation: 'embed', stream: false }), /curl -sS 'http.*\/v1\/embeddings'/);
  });

  it('lets no name of an agent or a model become a command', () => {
    const text = of({ agent: 'x\nrm -rf ~', requestedModel: "a'; rm -rf ~; '" });
    assert.ok(
      text.split('\n').every((each) => !each.startsWith('rm')),
      text,
    );
    assert.ok(text.includes(String.raw`a'\''; rm`), text);
  });
});

describe('the answer to a request that was asked again', () => {
  it('grows with what is said, and ends with what it used and cost', () => {
    const text = new RetryText('codex', 'demo/echo', 'gpt-5.5');
    text.say([
      { kind: 'thinking', text: 'hm' },
      { kind: 'text', text: 'Hel' },
    ]);
    text.say([
      { kind: 'text', text: 'lo' },
      { kind: 'tool', text: 'read' },
      { kind: 'arguments', text: '{"file":1}' },
    ]);
    assert.match(
      text.text,
      /# codex on demo\/echo[\s\S]*\[thinks\]\nhm\n\n\[answers\]\nHello\n\n\[calls the tool read\]\n\{"file":1\}$/,
    );
    text.end(undefined, settled());
    assert.match(plain(text.text), /anthropic\/claude-opus-5-5 · 1\.2 s · 1,200 tokens in, 34 out · \$0\.02\n$/);
    text.end('no key', undefined);
    assert.match(text.text, /It failed: no key/);
  });
});
