import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { candidatesContext } from '../../../src/core/gateway/candidates-context.ts';
import { explainRoute, type ExplainDeps, type Explanation, type RouteQuestion } from '../../../src/core/gateway/explain-route.ts';
import type { ExplainedKey, ExplainedTarget } from '../../../src/core/gateway/explain-steps.ts';
import { findEndpoint } from '../../../src/core/dialects/endpoints.ts';
import { isGatewayError } from '../../../src/core/ir/error.ts';
import { createPriceBook } from '../../../src/core/ledger/price-book.ts';
import type { FailureClass } from '../../../src/core/routing/failures/failure.ts';
import { Health } from '../../../src/core/routing/health/health-book.ts';
import type { Place } from '../../../src/core/routing/health/health.ts';
import { newRoutingState } from '../../../src/core/routing/routing-state.ts';
import { findRoute } from '../../../src/core/routing/rules/find-route.ts';
import type { HeldKey } from '../../../src/core/routing/snapshot.ts';
import { Candidates } from '../../../src/core/routing/targets/candidates.ts';
import { isBlocked } from '../../../src/core/routing/targets/order-pool.ts';
import { pricesOf } from '../../../src/host/prices-of.ts';
import { failure, HandClock, MINUTE } from '../routing/health/hand-clock.ts';
import { asking } from '../routing/rules/rule-request.ts';
import { agentIn, always, heldKey, snapshotOf } from '../routing/snapshot-of.ts';

const PRICES = (input: number, output = input * 5) => ({ prices: { '*': { input, output } } });

const CONFIG = {
  providers: {
    anthropic: { kind: 'anthropic', ...PRICES(4) },
    openai: { kind: 'openai', ...PRICES(2) },
    groq: { kind: 'groq', ...PRICES(0.5) },
    local: { kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:11434/v1', auth: 'none', dialects: ['openai-chat'] },
  },
  models: {
    strong: {
      of: [
        { model: 'anthropic/opus', weight: 1 },
        { model: 'openai/gpt', weight: 3 },
      ],
    },
    quick: { of: ['anthropic/haiku', 'groq/llama', 'openai/mini'], balance: 'latency' },
    cheap: { of: ['anthropic/haiku', 'openai/mini', 'groq/llama'], balance: 'cost' },
  },
  agents: {
    'claude-code': {
      model: 'strong',
      routes: [
        { name: 'titles', when: { class: 'background' }, to: 'local/qwen' },
        { when: { model: '*haiku*', header: { 'x-team': 'blue' } }, to: 'groq/llama' },
        { name: 'long', when: { tokensOver: 150_000 }, to: 'openai/gpt' },
      ],
      fallbacks: ['groq/llama', { to: 'cheap', on: 'context-window' }],
      limits: { requestsPerMinute: 60, concurrent: 2 },
    },
    codex: { provider: 'openai' },
    free: { kind: 'generic' },
  },
};

const KEYS: readonly HeldKey[] = [
  heldKey('anthropic/light', { provider: 'anthropic', weight: 1 }),
  heldKey('anthropic/heavy', { provider: 'anthropic', weight: 9 }),
  heldKey('openai/work', { limits: { tokensPerMinute: 1000, queue: 0, queueSeconds: 0 } }),
  heldKey('openai/theirs', { agents: ['codex'] }),
  heldKey('openai/minis', { models: ['*mini'] }),
  heldKey('openai/moved', { origins: ['https://elsewhere.example'] }),
  heldKey('groq/one', { provider: 'groq' }),
];

function worldOf(config: object = CONFIG, keys: readonly HeldKey[] = KEYS) {
  const clock = new HandClock();
  const snapshot = snapshotOf(config, { keys });
  const health = new Health(clock, () => undefined);
  const routing = newRoutingState(clock, { after: () => assert.fail('a timer') }, health);
  const price = pricesOf(createPriceBook());
  const deps: ExplainDeps = {
    snapshot: () => snapshot,
    routing,
    clock,
    price: ({ provider, model }, usage, at, agent) => price(snapshot, { provider: provider.id, model, agent }, usage, at),
  };
  const explain = (question: Partial<RouteQuestion> = {}): Explanation => {
    const explained = explainRoute(deps, { agent: 'claude-code', model: 'claude-opus', ...question });
    if (isGatewayError(explained)) assert.fail(explained.message);
    return explained;
  };
  return { clock, snapshot, health, routing, deps, explain };
}

const BODY = (more: object = {}) =>
  Buffer.from(JSON.stringify({ model: 'claude-opus', max_tokens: 100, messages: [{ role: 'user', content: 'hello' }], ...more }));

const TOOLS = { tools: [{ name: 'read', input_schema: { type: 'object' } }] };

function targetIn(explanation: Explanation, step: number, target: string): ExplainedTarget {
  return explanation.steps[step]?.targets.find((one) => one.target === target) ?? assert.fail(`${target} is not there`);
}

function keyIn(explanation: Explanation, step: number, target: string, key?: string): ExplainedKey {
  return targetIn(explanation, step, target).keys.find(({ id }) => id === key) ?? assert.fail(`${key} is not there`);
}

function orderOf(explanation: Explanation, step = 0): readonly string[] {
  return explanation.steps[step]?.targets.map(({ target }) => target) ?? [];
}

function at(target: string, key: string): Place {
  const [provider = '', model = ''] = target.split('/');
  return { provider, model, key };
}

describe('the explanation of a route', () => {
  it('tells of each rule whether it matches, whether it was tried, and why', () => {
    const { explain } = worldOf();
    const headers = { 'X-Team': 'blue', 'X-Claude-Code-Request-Class': 'auxiliary' };
    const background = explain({ model: 'claude-haiku', headers, body: BODY(TOOLS) });
    assert.deepEqual(background.rules, [
      { number: 1, name: 'titles', matched: true, tried: true, needsBody: false, why: ['class is background'], to: 'local/qwen' },
      {
        number: 2,
        matched: true,
        tried: false,
        needsBody: false,
        why: ['model is "claude-haiku", which fits "*haiku*"', 'header x-team fits "blue"'],
        to: 'groq/llama',
      },
      {
        number: 3,
        name: 'long',
        matched: false,
        tried: false,
        needsBody: false,
        why: [`about ${background.request?.features.tokens} tokens, not over 150,000`],
        to: 'openai/gpt',
      },
    ]);
    assert.deepEqual([background.taken, background.foundBy], [1, 'rule']);
    assert.deepEqual(
      [background.request?.class, background.request?.complexity, background.request?.features.tools],
      ['background', 'simple', 1],
    );
    assert.deepEqual(background.request?.reasons[0], 'the header x-claude-code-request-class says auxiliary');
    assert.deepEqual(orderOf(background), ['local/qwen']);
  });

  it('names by what else the target was found', () => {
    const { explain } = worldOf();
    const found = (question: Partial<RouteQuestion>) => {
      const { foundBy, taken, steps } = explain(question);
      return [foundBy, taken, steps[0]?.reference];
    };
    assert.deepEqual(found({}), ['agent-model', undefined, 'strong']);
    assert.deepEqual(found({ agent: 'codex', model: 'gpt-x' }), ['agent-provider', undefined, 'openai/gpt-x']);
    assert.deepEqual(found({ agent: 'codex', model: 'cheap' }), ['alias', undefined, 'cheap']);
    assert.deepEqual(found({ agent: 'free', model: 'agent/claude-code' }), ['other-agent', undefined, 'strong']);
    assert.deepEqual(found({ agent: 'free', model: 'groq/llama' }), ['requested', undefined, 'groq/llama']);
  });

  it('without a body says which rules only a body can decide, and takes none of them', () => {
    const { explain } = worldOf();
    const { rules, taken, request, steps } = explain({ headers: { 'x-claude-code-request-class': 'auxiliary' } });
    assert.deepEqual(
      rules.map(({ number, matched, tried, needsBody }) => [number, matched, tried, needsBody]),
      [
        [1, false, true, true],
        [2, false, true, false],
        [3, false, true, true],
      ],
    );
    assert.deepEqual(rules[0]?.why, ['class background: only a request can tell']);
    assert.deepEqual(rules[2]?.why, ['more than 150000 tokens: only a request can tell']);
    assert.deepEqual([taken, request], [undefined, undefined]);
    assert.equal('estimateUsd' in (steps[0]?.targets[0]?.price ?? {}), false);
    // A rule that fails by what is known fails whatever the body says.
    const mixed = worldOf({ ...CONFIG, agents: { a: { routes: [{ when: { model: 'x', tools: false }, to: 'groq/llama' }] } } });
    const [rule] = mixed.explain({ agent: 'a', model: 'groq/y' }).rules;
    assert.deepEqual(
      [rule?.matched, rule?.needsBody, rule?.why],
      [false, false, ['model is "groq/y", not "x"', 'no tools: only a request can tell']],
    );
  });

  it('takes dialect, model and session from what is known when they are not given', () => {
    const { explain } = worldOf();
    const asked = ({ dialect, model, session }: Explanation) => [dialect, model, session];
    assert.deepEqual(asked(explain({ model: '', body: BODY() })), ['anthropic-messages', 'claude-opus', undefined]);
    assert.deepEqual(asked(explain({ headers: { 'X-Claude-Code-Session-Id': 's1' } })), [
      'anthropic-messages',
      'claude-opus',
      's1',
    ]);
    assert.deepEqual(asked(explain({ agent: 'codex', model: 'm' })), ['openai-responses', 'm', undefined]);
    assert.deepEqual(asked(explain({ dialect: 'gemini', session: 'mine' })), ['gemini', 'claude-opus', 'mine']);
  });

  it('has the targets in the order in which they are tried, with what each would do to the request', () => {
    const explanation = worldOf().explain({ body: BODY({ ...TOOLS, frobnicate: 1 }) });
    assert.deepEqual(
      explanation.steps.map(({ reference, on, balance, sticky }) => [reference, on, balance, sticky]),
      [
        ['strong', [], 'weighted', true],
        ['groq/llama', ['error'], 'weighted', true],
        ['cheap', ['context-window'], 'cost', true],
      ],
    );
    assert.deepEqual(orderOf(explanation), ['openai/gpt', 'anthropic/opus'], 'the heaviest is the likeliest');
    assert.deepEqual(orderOf(explanation, 2), ['groq/llama', 'openai/mini', 'anthropic/haiku']);
    const { mode, dialect, losses, weight } = targetIn(explanation, 0, 'openai/gpt');
    assert.deepEqual([mode, dialect, losses, weight], ['translate', 'openai-responses', ['field:frobnicate'], 3]);
    const relayed = targetIn(explanation, 0, 'anthropic/opus');
    assert.deepEqual([relayed.mode, relayed.dialect, 'losses' in relayed], ['relay', 'anthropic-messages', false]);
    assert.deepEqual(relayed.budgetLeftUsd, null);
    assert.deepEqual(explanation.asks, { target: 'openai/gpt', key: 'openai/work' });
  });

  it('says of a request that cannot be translated why, and who is asked instead', () => {
    const body = Buffer.from(JSON.stringify({ model: 'x', input: 'hello', previous_response_id: 'resp_1' }));
    const world = worldOf({ ...CONFIG, agents: { codex: { model: 'anthropic/opus', fallbacks: ['openai/gpt'] } } });
    const explanation = world.explain({ agent: 'codex', body });
    const { mode, refusal, dialect } = targetIn(explanation, 0, 'anthropic/opus');
    assert.deepEqual([mode, dialect], ['refused', undefined]);
    assert.match(refusal ?? '', /previous_response_id/);
    assert.deepEqual(explanation.asks, { target: 'openai/gpt', key: 'openai/work' });
  });

  it('knows prices by the million and for this request, and says nothing where there is none', () => {
    const { explain } = worldOf();
    const explanation = explain({ body: BODY() });
    const tokens = explanation.request?.features.tokens ?? 0;
    // An answer is reckoned with 200 tokens at least.
    assert.deepEqual(targetIn(explanation, 0, 'anthropic/opus').price, {
      inputUsd: 4,
      outputUsd: 20,
      estimateUsd: (tokens * 4000 + 200 * 20_000) / 1e9,
    });
    assert.deepEqual(targetIn(explanation, 1, 'groq/llama').price.inputUsd, 0.5);
    assert.deepEqual(targetIn(explain({ agent: 'free', model: 'local/qwen' }), 0, 'local/qwen').price, {});
  });

  it('shows every key of a target: those that may be used as they are tried, the others with what they are bound to', () => {
    const { explain } = worldOf();
    const explanation = explain();
    assert.deepEqual(
      targetIn(explanation, 0, 'openai/gpt').keys.map(({ id, unusable }) => [id, unusable]),
      [
        ['openai/work', undefined],
        ['openai/theirs', 'agent'],
        ['openai/minis', 'model'],
        ['openai/moved', 'origin'],
      ],
    );
    assert.deepEqual(
      targetIn(explanation, 0, 'anthropic/opus').keys.map(({ id }) => id),
      ['anthropic/heavy', 'anthropic/light'],
    );
    const own = explain({ agent: 'free', model: 'local/qwen' });
    assert.deepEqual(targetIn(own, 0, 'local/qwen').keys, [{ bonded: false, blocked: false, state: 'well' }]);
    assert.deepEqual(own.asks, { target: 'local/qwen' });
  });

  it('shows how a key stands and what is left of its limits, and passes over those that would refuse', () => {
    const { explain, health, routing, clock } = worldOf();
    const place = at('openai/gpt', 'openai/work');
    assert.equal(health.admit(place, false).kind, 'go');
    health.heard(place, {
      'x-ratelimit-limit-requests': '100',
      'x-ratelimit-remaining-requests': '40',
      'x-ratelimit-reset-requests': '60s',
    });
    health.succeeded(place, 700);
    const ticket = routing.limiter.enter(
      { name: 'key/openai/work', limits: { tokensPerMinute: 1000, queue: 0, queueMs: 0 } },
      'x',
      400,
    );
    const before = explain({ body: BODY() });
    const well = keyIn(before, 0, 'openai/gpt', 'openai/work');
    assert.deepEqual([well.state, well.blocked, well.headroom, well.latencyMs], ['well', false, 0.4, 700]);
    assert.equal(targetIn(before, 0, 'openai/gpt').latencyMs, 700);
    assert.deepEqual(well.limits, {
      tokensPerMinute: 1000,
      queue: 0,
      queueSeconds: 0,
      tokensLeft: 600,
      running: 1,
      waiting: 0,
      open: true,
    });
    assert.equal(keyIn(explain({ body: BODY({ system: 'x'.repeat(9000) }) }), 0, 'openai/gpt', 'openai/work').limits?.open, false);
    if (ticket.kind === 'entered') ticket.leave(0);

    health.failed(place, failure('key-rejected'));
    const after = explain();
    const dead = keyIn(after, 0, 'openai/gpt', 'openai/work');
    assert.deepEqual([dead.state, dead.blocked, dead.why, dead.since], ['dead', true, 'key-rejected', clock.now()]);
    assert.deepEqual(orderOf(after), ['anthropic/opus', 'openai/gpt'], 'who would refuse comes last');
    assert.deepEqual(after.asks, { target: 'anthropic/opus', key: 'anthropic/heavy' });
  });

  it('shows the limits of the agent and whether it is paused', () => {
    const { explain, routing, snapshot } = worldOf();
    const { limits } = agentIn(snapshot, 'claude-code');
    const unused = explain().limits;
    assert.deepEqual([unused?.requestsLeft, unused?.running, unused?.open], [60, 0, true]);
    routing.limiter.enter({ name: 'agent/claude-code', limits }, '', 0);
    routing.limiter.enter({ name: 'agent/claude-code', limits }, '', 0);
    assert.deepEqual(explain().limits, {
      requestsPerMinute: 60,
      concurrent: 2,
      queue: 64,
      queueSeconds: 30,
      requestsLeft: 58,
      running: 2,
      waiting: 0,
      open: false,
    });
    assert.equal('limits' in explain({ agent: 'codex' }), false);
    assert.equal(explain().paused, false);
    routing.paused.pause('claude-code');
    assert.deepEqual([explain().paused, explain({ agent: 'codex' }).paused], [true, false]);
  });

  it('shows where a session is at home', () => {
    const { explain, routing } = worldOf();
    routing.affinity.set('s', 'strong', 'anthropic/opus');
    routing.affinity.set('s', 'strong', 'anthropic/light', 'anthropic');
    const explanation = explain({ session: 's' });
    assert.deepEqual(orderOf(explanation), ['anthropic/opus', 'openai/gpt']);
    assert.deepEqual(explanation.asks, { target: 'anthropic/opus', key: 'anthropic/light' });
    assert.equal(targetIn(explanation, 0, 'anthropic/opus').bonded, true);
    assert.equal(keyIn(explanation, 0, 'anthropic/opus', 'anthropic/light').bonded, true);
    assert.equal(keyIn(explanation, 0, 'anthropic/opus', 'anthropic/heavy').bonded, false);
    assert.deepEqual(orderOf(explain({ session: 'another' })), ['openai/gpt', 'anthropic/opus']);
  });

  it('puts who is likeliest to be the quickest first', () => {
    const { explain, health } = worldOf();
    for (const [target, key, ms] of [
      ['anthropic/haiku', 'anthropic/heavy', 900],
      ['groq/llama', 'groq/one', 500],
      ['openai/mini', 'openai/work', 300],
    ] as const) {
      health.succeeded(at(target, key), ms);
    }
    assert.deepEqual(orderOf(explain({ agent: 'free', model: 'quick' })), ['openai/mini', 'groq/llama', 'anthropic/haiku']);
  });

  it('shows what an allow-list leaves out, and that it is not asked', () => {
    const agents = { 'claude-code': { ...CONFIG.agents['claude-code'], routes: [], allow: ['anthropic/*', 'groq/*'] } };
    const explanation = worldOf({ ...CONFIG, agents }).explain();
    assert.deepEqual(
      explanation.steps.map(({ targets }) => targets.map(({ target, allowed }) => [target, allowed])),
      [
        [
          ['anthropic/opus', true],
          ['openai/gpt', false],
        ],
        [['groq/llama', true]],
        [
          ['groq/llama', true],
          ['anthropic/haiku', true],
          ['openai/mini', false],
        ],
      ],
    );
    assert.deepEqual(explanation.allow, ['anthropic/*', 'groq/*']);
    const first = { ...agents['claude-code'], allow: ['groq/*'] };
    const instead = worldOf({ ...CONFIG, agents: { 'claude-code': first } }).explain();
    assert.deepEqual([instead.steps[0]?.reference, instead.asks], ['strong', { target: 'groq/llama', key: 'groq/one' }]);
  });

  it('tells the rules also where there is no way, and why there is none', () => {
    const agents = { shut: { routes: [{ when: { model: 'groq/*' }, to: 'openai/gpt' }], allow: ['anthropic/*'] } };
    const { explain } = worldOf({ ...CONFIG, agents });
    const forbidden = explain({ agent: 'shut', model: 'groq/llama' });
    assert.equal(forbidden.refused?.code, 'forbidden');
    assert.deepEqual([forbidden.taken, forbidden.asks, forbidden.steps[0]?.targets[0]?.allowed], [1, undefined, false]);
    const nowhere = explain({ agent: 'shut', model: 'nothing' });
    assert.equal(nowhere.refused?.code, 'model-not-found');
    assert.deepEqual([nowhere.taken, nowhere.steps, nowhere.rules.length], [undefined, [], 1]);
  });

  it('refuses a question about an agent that is not there and a body that is none', () => {
    const { deps } = worldOf();
    const wrong = (question: RouteQuestion) => {
      const explained = explainRoute(deps, question);
      return isGatewayError(explained) ? explained.message : assert.fail('explained');
    };
    assert.equal(wrong({ agent: 'claude-cod', model: 'm' }), 'There is no agent "claude-cod", did you mean "claude-code"?');
    assert.match(wrong({ agent: 'nobody-like-this', model: 'm' }), /the agents are: claude-code, codex, free\.$/);
    assert.match(wrong({ agent: 'codex', model: 'm', body: Buffer.from('[1]') }), /not a JSON object/);
  });

  it('holds no secret and no value of a header, and is plain JSON', () => {
    const { explain } = worldOf();
    const headers = { 'x-team': 'blue-canary', authorization: 'Bearer canary' };
    const explanation = explain({ headers, body: BODY(TOOLS) });
    const text = JSON.stringify(explanation);
    assert.doesNotMatch(text, /canary|secret of/);
    assert.match(text, /openai\/work/);
    const { request, ...rest } = explanation;
    assert.deepEqual(JSON.parse(JSON.stringify(rest)), structuredClone(rest), 'nothing is undefined, a class or a function');
    assert.deepEqual(structuredClone(request), request);
  });

  const FAILURES: readonly FailureClass[] = [
    'key-rejected',
    'out-of-credit',
    'quota',
    'rate-limited',
    'transient',
    'unreachable',
    'overloaded',
  ];
  const SPOTS: readonly (readonly [target: string, key: string])[] = [
    ['openai/gpt', 'openai/work'],
    ['anthropic/opus', 'anthropic/heavy'],
    ['anthropic/opus', 'anthropic/light'],
    ['groq/llama', 'groq/one'],
  ];
  const event = fc.record({
    spot: fc.constantFrom(...SPOTS),
    what: fc.constantFrom<FailureClass | 'well' | 'time' | 'probe'>(...FAILURES, 'well', 'time', 'probe'),
    times: fc.integer({ min: 1, max: 6 }),
  });

  it('changes nothing, says the same again, and names who is really asked next, whatever has happened', () => {
    const equal = { ...CONFIG.models, strong: { of: ['anthropic/opus', 'openai/gpt'] } };
    const keys = KEYS.map(({ weight: _weight, ...key }) => key);
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), fc.option(fc.constant('s'), { nil: undefined }), (events, session) => {
        const { explain, health, clock, snapshot, routing, deps } = worldOf({ ...CONFIG, models: equal }, keys);
        for (const { spot, what, times } of events) {
          const place = at(...spot);
          for (let n = 0; n < times; n++) {
            if (what === 'time') clock.advance(MINUTE);
            else if (what === 'probe') health.admit(place, false);
            else if (what === 'well') health.succeeded(place, 100 * times);
            else health.failed(place, failure(what, { waitMs: 90_000 }));
          }
          if (session !== undefined && what === 'well') routing.affinity.set(session, 'strong', spot[0]);
        }
        const stand = () => JSON.stringify([health.held(), health.all(), routing.limiter.usage('agent/claude-code')]);
        const before = stand();
        const question = session === undefined ? {} : { session };
        const explanation = explain(question);
        assert.equal(stand(), before);
        assert.deepEqual(explain(question), explanation);

        const agent = agentIn(snapshot, 'claude-code');
        const endpoint = findEndpoint('POST', '/v1/messages', {});
        const route = findRoute(snapshot, agent, asking());
        if (isGatewayError(route) || endpoint.kind !== 'found') return assert.fail('no way');
        const blocked = new Set(SPOTS.filter(([target, key]) => isBlocked(health.of(at(target, key)), clock.now())).map(String));
        const bond = session ?? 'agent/claude-code';
        const context = candidatesContext(
          { ...deps, random: always(0) },
          { snapshot, agent, endpoint, bond, tokens: () => 10_000 },
        );
        const next = new Candidates(route, context).next({ kind: 'start' });
        const asked =
          next.kind === 'candidate' ? { target: `${next.target.provider.id}/${next.target.model}`, key: next.key?.id } : undefined;
        // As a last resort somebody who was set aside may be asked all the same.
        if (explanation.asks === undefined) assert.ok(asked === undefined || blocked.has(`${asked.target},${asked.key}`));
        else assert.deepEqual(asked, explanation.asks);
      }),
      { numRuns: 200 },
    );
  });
});
