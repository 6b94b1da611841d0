import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { refusedEarly, servesAgents, type Attack } from '../attack.ts';

/** The many are slowed. */
const REFUSED = [401, 429];

function wrongTokens(token: string): readonly string[] {
  return [
    'wrong',
    'gh-',
    token.slice(0, -1),
    token.slice(0, 20),
    token.slice(1),
    token.slice('gh-'.length),
    `${token}x`,
    `${token},x`,
    `"${token}"`,
    token.toUpperCase(),
    token.toLowerCase() === token ? `${token.slice(0, -1)}A` : token.toLowerCase(),
    `${token.slice(0, -1)}${token.endsWith('_') ? '-' : '_'}`,
    `${token} ${token}`,
    `gh-${randomBytes(32).toString('base64url')}`,
    'undefined',
    'null',
    '*',
    "' OR 1=1 --",
    'codex',
    Buffer.from(token).toString('base64'),
  ];
}

/** Another program on this machine, which reaches the port like any agent. */
export const TOKENS: readonly Attack[] = [
  {
    name: 'no token, and one in a place that no agent uses, are refused before the body is read',
    async run(victim) {
      const places = [
        [],
        ['authorization: '],
        [`authorization: Basic ${victim.token}`],
        [`authorization: ${victim.token}`],
        [`cookie: token=${victim.token}`],
        [`x-token: ${victim.token}`],
        [`proxy-authorization: Bearer ${victim.token}`],
        [`api-key: ${victim.token}`],
        ['x-gatehouse-agent: claude-code'],
      ];
      for (const headers of places) await refusedEarly(victim, headers, REFUSED);
    },
  },
  {
    name: 'guessed, cut, lengthened and re-cased tokens are refused in every place, and none is repeated in the answer',
    async run(victim) {
      for (const wrong of wrongTokens(victim.token)) {
        for (const header of [`authorization: Bearer ${wrong}`, `x-api-key: ${wrong}`, `x-goog-api-key: ${wrong}`]) {
          const heard = await refusedEarly(victim, [header], REFUSED);
          assert.ok(!heard.includes(victim.token.slice(0, 12)), 'the answer tells of the token');
        }
        const query = `/v1beta/models/x:generateContent?key=${encodeURIComponent(wrong)}`;
        await refusedEarly(victim, [], REFUSED, query);
      }
    },
  },
  {
    name: 'a storm of guesses is slowed, and an agent with a good token never is',
    async run(victim) {
      const before = victim.reached();
      const storm = Array.from({ length: 150 }, (_, n) => refusedEarly(victim, [`x-api-key: gh-guess-${n}`], REFUSED));
      const answers = await Promise.all(storm);
      assert.ok(
        answers.some((heard) => heard.includes(' 429 ')),
        'no guess was slowed',
      );
      for (const heard of answers.filter((each) => each.includes(' 429 '))) assert.match(heard, /^retry-after: \d+/im);
      assert.equal(victim.reached(), before);
    },
  },
];

/** Beside the storm, and not after it. */
export async function servesAgentsInStorm(victim: Parameters<typeof servesAgents>[0]): Promise<void> {
  const storm = Array.from({ length: 100 }, (_, n) => refusedEarly(victim, [`x-api-key: gh-guess-${n}`], REFUSED));
  for (let n = 0; n < 5; n++) await servesAgents(victim);
  await Promise.all(storm);
}
