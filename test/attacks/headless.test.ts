import { describe, it } from 'mocha';
import { type FakeProvider, startFakeProvider } from '../support/fake-providers/server.ts';
import { KEY, startGateway, type TestGateway, TOKEN } from '../support/gateway.ts';
import { attackTests, type Victim } from './attack.ts';
import { BROWSERS } from './catalogue/browsers.ts';
import { FRAMING } from './catalogue/framing.ts';
import { PATHS } from './catalogue/paths.ts';
import { REBINDING } from './catalogue/rebinding.ts';
import { SIZES } from './catalogue/sizes.ts';
import { servesAgentsInStorm, TOKENS } from './catalogue/tokens.ts';

/** The same attacks run inside VS Code against the extension's own gateway: `test/vscode/suites/attacks.test.ts`. */
describe('attacks on the endpoint', function () {
  this.timeout(30_000);
  let fake: FakeProvider;
  let gateway: TestGateway;
  before(async () => {
    fake = await startFakeProvider({ key: KEY });
    gateway = await startGateway({ provider: fake.url });
  });
  after(async () => {
    await gateway.close();
    await fake.close();
  });
  const victim = (): Victim => ({ port: gateway.port, token: TOKEN, reached: () => fake.requests.length });

  describe('DNS rebinding', () => attackTests(REBINDING, victim));
  describe('pages in a browser', () => attackTests(BROWSERS, victim));
  describe('requests that are two', () => attackTests(FRAMING, victim));
  describe('paths', () => attackTests(PATHS, victim));
  describe('sizes', () => attackTests(SIZES, victim));
  describe('tokens', () => {
    attackTests(TOKENS, victim);
    it('and agents are served in the midst of a storm of guesses', () => servesAgentsInStorm(victim()));
  });
});
