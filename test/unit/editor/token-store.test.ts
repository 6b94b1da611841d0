import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { newLocalToken } from '../../../src/host/local-token.ts';
import { TokenStore } from '../../../src/vscode/token-store.ts';
import { memorySecrets, once, refusing } from './secret-storage.ts';

const NAME = 'gatehouse.tokens.w1';

describe('TokenStore', () => {
  it('keeps a token across restarts, because restored terminals still have it', async () => {
    const secrets = memorySecrets();
    const before = await new TokenStore(secrets, 'w1').tokensFor(['codex']);
    const after = await new TokenStore(secrets, 'w1').tokensFor(['codex', 'chat']);
    assert.equal(after['codex'], before['codex']);
    assert.notEqual(after['chat'], after['codex']);
  });

  it('gives each workspace tokens of its own', async () => {
    const secrets = memorySecrets();
    const one = await new TokenStore(secrets, 'w1').tokensFor(['codex']);
    const two = await new TokenStore(secrets, 'w2').tokensFor(['codex']);
    assert.notEqual(one['codex'], two['codex']);
  });

  it('writes nothing down where no folder is open', async () => {
    const secrets = memorySecrets();
    const store = new TokenStore(secrets, undefined);
    const first = await store.tokensFor(['codex']);
    assert.deepEqual(await store.tokensFor(['codex']), first);
    assert.equal(secrets.kept.size, 0);
  });

  it('makes one token for an agent that is asked for twice at once', async () => {
    const store = new TokenStore(memorySecrets(), 'w1');
    const [one, two] = await Promise.all([store.tokensFor(['codex']), store.tokensFor(['codex'])]);
    assert.equal(one['codex'], two['codex']);
  });

  it('keeps every token of agents that are asked for at once', async () => {
    const secrets = memorySecrets();
    const store = new TokenStore(secrets, 'w1');
    const agents = Array.from({ length: 10 }, (_, n) => `a${n}`);
    await Promise.all(agents.map((agent) => store.tokensFor([agent])));
    assert.deepEqual(Object.keys(JSON.parse(secrets.kept.get(NAME) ?? '{}')).sort(), agents);
  });

  it('asks the store no more once every token is known', async () => {
    const secrets = memorySecrets();
    const store = new TokenStore(secrets, 'w1');
    await store.tokensFor(['codex']);
    secrets.interrupt = () => assert.fail('the store was asked');
    await store.tokensFor(['codex']);
  });

  for (const agent of ['__proto__', 'constructor', 'toString', 'GitHub.copilot', 'ä🦊']) {
    it(`has a lasting token for the agent ${agent}`, async () => {
      const secrets = memorySecrets();
      const first = await new TokenStore(secrets, 'w1').tokensFor([agent]);
      const again = await new TokenStore(secrets, 'w1').tokensFor([agent]);
      assert.ok(Object.hasOwn(first, agent));
      assert.match(String(first[agent]), /^gh-/);
      assert.equal(again[agent], first[agent]);
    });
  }

  it('cannot be changed through what it hands out', async () => {
    const store = new TokenStore(memorySecrets(), 'w1');
    const handed = (await store.tokensFor(['codex'])) as Record<string, string>;
    handed['codex'] = 'stolen';
    assert.notEqual((await store.tokensFor(['codex']))['codex'], 'stolen');
  });

  for (const [what, text] of [
    ['no JSON', '{"codex"'],
    ['null', 'null'],
    ['a text', '"gh-abc"'],
    ['an empty token, which would let everybody in', '{"codex":""}'],
    ['a guessable token', '{"codex":"gh-1"}'],
    ['a number', '{"codex":7}'],
    ['a guessable token that was rotated', '{"codex":{"token":"gh-1","since":5}}'],
    ['a revocation without its time', '{"codex":{}}'],
  ] as const) {
    it(`makes a new token where the store holds ${what}`, async () => {
      const tokens = await new TokenStore(memorySecrets(new Map([[NAME, text]])), 'w1').tokensFor(['codex']);
      assert.deepEqual(Object.keys(tokens), ['codex']);
      assert.match(tokens['codex'] ?? '', /^gh-.{43}$/);
    });
  }

  describe('a rotation', () => {
    it('makes another token of 256 bits, keeps it, and tells the old one', async () => {
      const secrets = memorySecrets();
      const store = new TokenStore(secrets, 'w1');
      const { codex: before, chat } = await store.tokensFor(['codex', 'chat']);
      assert.equal(await store.rotate('codex'), before);
      const after = await store.tokensFor(['codex', 'chat']);
      assert.match(after['codex'] ?? '', /^gh-[\w-]{43}$/);
      assert.notEqual(after['codex'], before);
      assert.equal(after['chat'], chat, 'the token of another agent');
      assert.deepEqual(await new TokenStore(secrets, 'w1').tokensFor(['codex', 'chat']), after);
      assert.ok(![...secrets.kept.values()].join().includes(before ?? '-'), 'the old token is still kept');
    });

    it('counts in the other window, however late that hears of it', async () => {
      const secrets = memorySecrets();
      const [ours, theirs] = [new TokenStore(secrets, 'w1'), new TokenStore(secrets, 'w1')];
      await ours.tokensFor(['codex']);
      await theirs.tokensFor(['codex']);
      await theirs.rotate('codex');
      assert.equal(ours.changed('gatehouse.tokens.w2'), false);
      assert.equal(ours.changed(NAME), true);
      assert.deepEqual(await ours.tokensFor(['codex']), await theirs.tokensFor(['codex']));
      // Not told: it sees it at its next change, and does not write its old one back.
      await theirs.rotate('codex');
      await ours.tokensFor(['cline']);
      const { codex } = await theirs.tokensFor(['codex']);
      assert.equal((await ours.tokensFor(['codex']))['codex'], codex);
      assert.equal((await new TokenStore(secrets, 'w1').tokensFor(['codex']))['codex'], codex);
    });

    it('that the store refused counts in this window, says so, and is kept later', async () => {
      const secrets = memorySecrets();
      const store = new TokenStore(secrets, 'w1');
      const before = (await store.tokensFor(['codex']))['codex'];
      secrets.interrupt = refusing('store', /./, 1);
      await assert.rejects(store.rotate('codex'), /counts in this window/);
      const after = (await store.tokensFor(['codex']))['codex'];
      assert.notEqual(after, before);
      assert.equal((await new TokenStore(secrets, 'w1').tokensFor(['codex']))['codex'], after);
    });
  });

  describe('a revocation', () => {
    it('leaves the agent without a token until it is rotated, over a restart as well', async () => {
      const secrets = memorySecrets();
      const store = new TokenStore(secrets, 'w1');
      const before = (await store.tokensFor(['codex']))['codex'];
      assert.equal(await store.revoke('codex'), before);
      for (const each of [store, new TokenStore(secrets, 'w1')]) {
        assert.deepEqual(Object.keys(await each.tokensFor(['codex', 'chat'])), ['chat']);
        assert.ok(each.isRevoked('codex') && !each.isRevoked('chat'));
      }
      assert.equal(await store.rotate('codex'), undefined);
      assert.ok(!store.isRevoked('codex'));
      const after = await store.tokensFor(['codex']);
      assert.notEqual(after['codex'], before);
    });

    it('is not undone by another window that still has the token', async () => {
      const secrets = memorySecrets();
      const [ours, theirs] = [new TokenStore(secrets, 'w1'), new TokenStore(secrets, 'w1')];
      await ours.tokensFor(['codex']);
      await theirs.tokensFor(['codex']);
      await theirs.revoke('codex');
      assert.equal((await ours.tokensFor(['cline']))['codex'], undefined);
      assert.ok(new Map(Object.entries(await new TokenStore(secrets, 'w1').tokensFor([]))).get('codex') === undefined);
    });
  });

  describe('a second window on the same folder', () => {
    it('lends the token that it made first', async () => {
      const secrets = memorySecrets();
      const ours = new TokenStore(secrets, 'w1');
      await ours.tokensFor(['codex']);
      const theirs = await new TokenStore(secrets, 'w1').tokensFor(['chat']);
      assert.equal((await ours.tokensFor(['chat']))['chat'], theirs['chat']);
    });

    it('does not lose its tokens when this one makes others', async () => {
      const secrets = memorySecrets();
      const ours = new TokenStore(secrets, 'w1');
      await ours.tokensFor(['codex']);
      const theirs = newLocalToken();
      secrets.interrupt = once('get', /./, () => secrets.kept.set(NAME, JSON.stringify({ chat: theirs })));
      await ours.tokensFor(['cline']);
      assert.equal((await new TokenStore(secrets, 'w1').tokensFor([]))['chat'], theirs);
    });

    it('does not take back a token that was given out here', async () => {
      const secrets = memorySecrets();
      const ours = new TokenStore(secrets, 'w1');
      const given = (await ours.tokensFor(['codex']))['codex'];
      secrets.kept.set(NAME, JSON.stringify({ codex: newLocalToken() }));
      assert.equal((await ours.tokensFor(['codex', 'chat']))['codex'], given);
    });
  });

  describe('a store that fails', () => {
    it('is asked again after it could not be read once', async () => {
      const secrets = memorySecrets();
      const before = await new TokenStore(secrets, 'w1').tokensFor(['codex']);
      const store = new TokenStore(secrets, 'w1');
      secrets.interrupt = refusing('get', /./, 1);
      await assert.rejects(store.tokensFor(['codex']), /locked/);
      assert.deepEqual(await store.tokensFor(['codex']), before);
    });

    it('does not stop the gateway when it cannot be written', async () => {
      const secrets = memorySecrets();
      const store = new TokenStore(secrets, 'w1');
      secrets.interrupt = refusing('store', /./);
      const first = await store.tokensFor(['codex']);
      assert.deepEqual(await store.tokensFor(['codex']), first);
    });

    it('gets the tokens as soon as it can be written again', async () => {
      const secrets = memorySecrets();
      const store = new TokenStore(secrets, 'w1');
      secrets.interrupt = refusing('store', /./, 1);
      const first = await store.tokensFor(['codex']);
      await store.tokensFor(['codex']);
      assert.deepEqual(await new TokenStore(secrets, 'w1').tokensFor(['codex']), first);
    });

    it('changes no token within a window when it forgets', async () => {
      const secrets = memorySecrets();
      secrets.forgets = true;
      const store = new TokenStore(secrets, 'w1');
      const first = await store.tokensFor(['codex']);
      assert.equal((await store.tokensFor(['codex', 'chat']))['codex'], first['codex']);
    });
  });
});
