import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DialectId } from '../../src/core/ir/dialect.ts';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { toolLoop } from '../support/fake-providers/tool-loop.ts';
import { type Gateway, startGateway } from './launch/gateway.ts';
import type { AgentName, AgentResult } from './launch/programs.ts';
import { RUN } from './launch/run-agent.ts';
import { generated, refused, requestsHolding, requestsHoldingTags, signaturesIn } from './launch/seen-by-provider.ts';

const VENDORS = {
  anthropic: { dialect: 'anthropic-messages', basePath: '', model: 'claude-opus-5-5' },
  openai: { dialect: 'openai-responses', basePath: '/v1', model: 'gpt-5.5' },
  google: { dialect: 'gemini', basePath: '', model: 'gemini-3.1-pro-preview' },
} as const satisfies Readonly<Record<string, { readonly dialect: DialectId; readonly basePath: string; readonly model: string }>>;

type Vendor = keyof typeof VENDORS;

interface Journey {
  readonly agent: AgentName;
  /** Who serves the three turns of one session. */
  readonly route: readonly [Vendor, Vendor, Vendor];
}

const JOURNEYS: readonly Journey[] = [
  { agent: 'claude-code', route: ['anthropic', 'openai', 'anthropic'] },
  { agent: 'claude-code', route: ['google', 'anthropic', 'google'] },
  { agent: 'codex', route: ['openai', 'anthropic', 'openai'] },
  { agent: 'codex', route: ['google', 'openai', 'anthropic'] },
];

/** A fake provider numbers its signatures by its requests. So far apart, their numbers tell two fakes apart; no session asks as often. */
const APART = 100;

// A session outlives the choice of its model: what one vendor signed must not reach the other, and must be back when its vendor is.
for (const { agent, route } of JOURNEYS) {
  describe(`a session of ${agent} that goes from ${route.join(' to ')}`, () => {
    const vendors = [...new Set(route)];
    const key = (vendor: Vendor): string => `canary-${vendor}-${nonce}`;
    const nonce = randomBytes(12).toString('hex');
    const fakes = new Map<Vendor, FakeProvider>();
    const results: AgentResult[] = [];
    /** How many requests each turn took. */
    const counts: number[] = [];
    let gateway: Gateway;

    const fakeOf = (vendor: Vendor): FakeProvider => {
      const fake = fakes.get(vendor);
      assert.ok(fake);
      return fake;
    };
    const configFor = (vendor: Vendor): object => ({
      providers: Object.fromEntries(
        vendors.map((each) => [
          each,
          { kind: each, baseUrl: fakeOf(each).url + VENDORS[each].basePath, dialects: [VENDORS[each].dialect] },
        ]),
      ),
      keys: vendors.map((each) => ({ id: `${each}/test`, provider: each, env: `KEY_OF_${each.toUpperCase()}` })),
      agents: { [agent]: { model: `${vendor}/${VENDORS[vendor].model}` } },
    });

    before(async function () {
      this.timeout(120_000);
      for (const [at, vendor] of vendors.entries()) {
        const { dialect } = VENDORS[vendor];
        fakes.set(vendor, await startFakeProvider({ dialect, key: key(vendor), countFrom: at * APART }));
      }
      gateway = await startGateway(
        configFor(route[0]),
        Object.fromEntries(vendors.map((vendor) => [`KEY_OF_${vendor.toUpperCase()}`, key(vendor)])),
      );
      const run = { ...gateway.agent(agent), workspace: gateway.folder('workspace'), home: gateway.folder('home') };
      for (const [turn, vendor] of route.entries()) {
        if (turn > 0) await gateway.configure(configFor(vendor));
        const fake = fakeOf(vendor);
        const before = generated(fake).length;
        const loop = toolLoop({ command: `echo turn ${turn} >> turns.txt`, final: `Turn ${turn} is done.` });
        fake.script((request) => ({ thinking: `A thought of ${vendor} in turn ${turn}.`, ...loop(request) }));
        results.push(await RUN[agent]({ ...run, task: `do turn ${turn}`, resume: turn > 0 }));
        counts.push(generated(fake).length - before);
      }
    });

    after(async () => {
      await gateway?.stop();
      await Promise.all([...fakes.values()].map((fake) => fake.close()));
      gateway?.remove();
    });

    it('is one session: every turn runs its tool and knows the turns before', () => {
      for (const [turn, result] of results.entries()) {
        assert.equal(result.final, `Turn ${turn} is done.`, `turn ${turn}\n${result.stderr}\n${result.stdout}`.slice(-3000));
        assert.equal(result.code, 0);
        assert.ok((counts[turn] ?? 0) >= 2, `turn ${turn} took ${counts[turn]} requests`);
      }
      assert.equal(readFileSync(join(gateway.folder('workspace'), 'turns.txt'), 'utf8'), 'turn 0\nturn 1\nturn 2\n');
      const last = generated(fakeOf(route[2])).at(-1);
      for (const turn of [0, 1]) assert.ok(last?.raw.includes(`Turn ${turn} is done.`), `the last request tells of turn ${turn}`);
    });

    it('asks no provider anything that it refuses', () => {
      for (const vendor of vendors) assert.deepEqual(refused(fakeOf(vendor)), [], vendor);
    });

    it('shows no provider the signature of another, nor a tag of ours, nor the key of another, nor the token', () => {
      for (const vendor of vendors) {
        const fake = fakeOf(vendor);
        assert.deepEqual(requestsHoldingTags(fake), [], vendor);
        const seen = [...new Set(generated(fake).flatMap(signaturesIn))];
        assert.deepEqual(
          seen.map((signature) => issuerOf(signature, vendors)),
          seen.map(() => vendor),
        );
        for (const other of [...vendors.filter((each) => each !== vendor).map(key), gateway.agent(agent).token])
          assert.deepEqual(requestsHolding(fake, other), [], vendor);
      }
    });

    it('gives a vendor that comes back what it signed before', () => {
      const [first, , third] = route;
      if (first !== third) return;
      const requests = generated(fakeOf(first));
      const before = new Set(requests.slice(0, counts[0]).flatMap(signaturesIn));
      assert.notEqual(before.size, 0);
      const after = new Set(requests.slice(counts[0]).flatMap(signaturesIn));
      assert.deepEqual(
        [...before].filter((signature) => !after.has(signature)),
        [],
      );
    });

    it('books each turn on who served it, relayed or translated', async () => {
      const rows = (await gateway.usage('request')).toReversed();
      const native = VENDORS[agent === 'codex' ? 'openai' : 'anthropic'].dialect;
      assert.deepEqual(
        rows.map(({ settled, mode, target }) => ({ settled, mode, target })),
        route.flatMap((vendor, turn) =>
          Array.from({ length: counts[turn] ?? 0 }, () => ({
            settled: 'done',
            mode: VENDORS[vendor].dialect === native ? 'relay' : 'translate',
            target: `${vendor}/${VENDORS[vendor].model}`,
          })),
        ),
      );
    });
  });
}

function issuerOf(signature: string, vendors: readonly Vendor[]): Vendor | undefined {
  const number = / Fake(\d+) /.exec(Buffer.from(signature, 'base64').toString())?.[1];
  return vendors[Math.floor(Number(number) / APART)];
}
