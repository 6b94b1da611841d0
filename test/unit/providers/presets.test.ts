import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { baseUrlFault } from '../../../src/core/config/base-url.ts';
import { PROVIDER_KINDS } from '../../../src/core/config/kinds.ts';
import { NEEDS_BASE_URL } from '../../../src/core/config/kinds.ts';
import { PRESETS } from '../../../src/core/providers/presets.ts';

describe('PRESETS', () => {
  it('has one for each kind and no other', () => assert.deepEqual(Object.keys(PRESETS).sort(), [...PROVIDER_KINDS].sort()));

  for (const kind of PROVIDER_KINDS) {
    const preset = PRESETS[kind];
    const dialects = Object.entries(preset.dialects);

    it(`${kind}: is asked for a base URL exactly when it has none`, () => {
      assert.ok(dialects.length > 0);
      for (const [dialect, { base }] of dialects) assert.equal(base === undefined, NEEDS_BASE_URL.has(kind), dialect);
    });

    it(`${kind}: has base URLs that would be accepted from a user, in the style of their dialect`, () => {
      for (const [dialect, { base }] of dialects) {
        if (base === undefined) continue;
        assert.equal(baseUrlFault(base), undefined);
        assert.doesNotMatch(base, /\/$/);
        if (dialect === 'anthropic-messages' || dialect === 'gemini') assert.doesNotMatch(base, /\/v\d/);
      }
    });

    it(`${kind}: costs nothing only where nothing leaves this machine`, () => {
      const hosts = dialects.map(([, { base }]) => (base === undefined ? '' : new URL(base).hostname));
      assert.equal(
        preset.free,
        hosts.every((host) => host === '127.0.0.1' || host === 'demo.localhost'),
      );
    });

    it(`${kind}: sends people and key checks to proper places`, () => {
      if (preset.keyPage !== undefined) assert.equal(new URL(preset.keyPage).protocol, 'https:');
      if (preset.keyCheck !== undefined) assert.match(preset.keyCheck, /^\/[^/]/);
    });
  }

  it('calls no wrong key right where the list of models is public', () => assert.equal(PRESETS.openrouter.keyCheck, '/key'));
});
