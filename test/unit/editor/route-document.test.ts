import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { routeDocument } from '../../../src/vscode/routing/route-document.ts';
import { settledRow } from '../ask/fake-view.ts';

const AT = new Date(2026, 10, 21, 14, 2, 30).getTime();
const labelOf = (key: string): string => (key === 'anthropic/work' ? 'Work' : key);

const ROUTED = settledRow({
  id: '01JD6Z0000000000000000ABCD',
  at: AT,
  agent: 'claude-code',
  requestedModel: 'claude-haiku-4-5',
  provider: 'groq',
  model: 'llama-4',
  mode: 'translate',
  attempts: 2,
  totalMs: 4210,
  firstByteMs: 3990,
  costNano: 54_399_000,
  trace: {
    rule: '2 titles',
    class: 'background',
    queuedMs: 1500,
    passedOver: ['anthropic/claude-haiku-4-5 with anthropic/work (key-rejected)', 'openai/gpt-5-nano (no-key)'],
    tries: [
      { target: 'anthropic/claude-haiku-4-5', key: 'anthropic/home', mode: 'relay', outcome: 'upstream-529', ms: 310 },
      {
        target: 'groq/llama-4',
        mode: 'translate',
        outcome: 'ok',
        waitedMs: 250,
        ms: 2140,
        firstOutputMs: 1900,
        losses: ['cache-marks', 'field:top_k'],
      },
    ],
  },
});

/** Lines without their Markdown tables' bars, so that a test reads like the page. */
function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.replaceAll(/^\| | \|$/g, '').replaceAll('\u00a0', ' '));
}

describe('the document of a route', () => {
  it('tells rule, class, wait, each attempt, losses, what was passed over, and the cost of the whole', () => {
    const lines = linesOf(routeDocument(ROUTED, labelOf, AT));
    for (const line of [
      '14:02, request `01JD6Z0000000000000000ABCD`. It asked for **claude-haiku-4-5** and was answered by **groq/llama-4**.',
      'Rule of the agent that matched: **2 titles**.',
      'The request was taken for: **background**.',
      'It waited 1.5 s for its turn under a limit of yours.',
      '1 | anthropic/claude-haiku-4-5 | anthropic/home | relay | the provider answered 529 (overloaded) |  |  | 310 ms',
      '2 | groq/llama-4 | none | translate | **answered** | 250 ms | 1.9 s | 2.1 s',
      '- attempt 2: cache-marks, field:top\\_k',
      '- anthropic/claude-haiku-4-5 with the key "Work": the provider rejected the key',
      '- openai/gpt-5-nano: there is no key for it',
      'Cost | $0.0544, all attempts together',
      'Tokens | 1,200 in, 300 from the cache, 56 out, all attempts together',
      'First byte | 4.0 s',
      'In all | 4.2 s',
    ])
      assert.ok(lines.includes(line), `${line}\n\nis not in\n\n${lines.join('\n')}`);
  });

  it('says of a row without a trace that it went straight to its target', () => {
    const text = routeDocument(settledRow({ at: AT, key: 'anthropic/work', losses: ['tool-choice'] }), labelOf, AT);
    assert.match(text, /It went straight to its target, fake\/fake-large, with the key "Work": no rule, no second attempt/);
    assert.match(text, /It was relayed as it came\. Lost in translation: tool-choice\./);
    assert.doesNotMatch(text, /## Attempts/);
  });

  it('does not claim an attempt where nobody was asked', () => {
    const text = routeDocument(
      settledRow({ at: AT, attempts: 0, settled: 'error', status: 401, error: 'no-key', firstByteMs: undefined }),
      labelOf,
      AT,
    );
    assert.match(text, /nobody was asked: it would have gone to fake\/fake-large/);
    assert.match(text, /it ended at \*\*fake\/fake-large\*\*: error 401 \(there is no key for it\)/);
    assert.doesNotMatch(text, /straight/);
  });

  it('says how many attempts a long trace has lost', () => {
    const text = routeDocument({ ...ROUTED, attempts: 20 }, labelOf, AT);
    assert.match(text, /Only 2 of the 20 attempts were kept/);
  });

  it('says unpriced and estimated in words', () => {
    const text = routeDocument(settledRow({ at: AT, estimated: true, costNano: undefined, attempts: 1 }), labelOf, AT);
    assert.match(text, /\| Cost \| unpriced \|/);
    assert.match(text, /\| Tokens \| about 1,200 in/);
    assert.match(text, /a part of it is estimated/);
    assert.match(routeDocument(settledRow({ at: AT, estimated: true, costNano: 2_000_000_000 }), labelOf, AT), /about \$2\.00/);
  });

  it('keeps hostile names as text', () => {
    const evil = '[x](command:evil) ![i](http://x/y) <b>|`a`\n# head \u202e';
    const text = routeDocument(
      {
        ...ROUTED,
        agent: evil,
        requestedModel: evil,
        trace: { rule: evil, tries: [{ target: evil, key: evil, mode: 'relay', outcome: evil, ms: 1 }] },
      },
      labelOf,
      AT,
    );
    assert.doesNotMatch(text, /(?<!\\)\[x|(?<!\\)<b|(?<!\\)`a|\u202e|^# head/m);
    assert.match(routeDocument({ ...ROUTED, agent: String.raw`\[y](z)` }, labelOf, AT), /of \\{3}\[y\\\]\(z\)/);
    const row = text.split('\n').find((line) => line.startsWith('| 1 |')) ?? '';
    assert.equal(row.match(/(?<!\\)\|/g)?.length, 7, row);
  });
});
