import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'mocha';
import { findKeys } from '../../../../src/host/key-import/find-keys.ts';
import { applyRemoval, planRemoval, removalOf, type RemovalPlan } from '../../../../src/host/key-import/remove-entry.ts';
import { removalIn } from '../../../../src/host/key-import/removal.ts';
import { undoRemoval } from '../../../../src/host/key-import/undo-removal.ts';

const KEY = 'sk-ant-api03-canary-0123456789';

describe('removing an entry', () => {
  let home: string;
  beforeEach(() => (home = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-removal-'))));
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const write = (name: string, text: string): string => {
    const file = path.join(home, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  const plans = (): readonly RemovalPlan[] =>
    findKeys({ env: {}, home, folders: [], envFiles: [] }).keys.map(({ entry }) => {
      const planned = planRemoval(entry ?? assert.fail());
      return 'plan' in planned ? planned.plan : assert.fail(planned.fault);
    });
  /** As it comes back from a store of secrets. */
  const kept = (plan: RemovalPlan) => removalIn(JSON.stringify(removalOf(plan, 1))) ?? assert.fail();

  const FILES: readonly (readonly [string, string])[] = [
    ['.env', `# mine\r\nexport ANTHROPIC_API_KEY="${KEY}" # why\r\nOTHER=1`],
    ['.claude/settings.json', `{\n\t"env": { "A": 1.0 , "ANTHROPIC_API_KEY":"${KEY}" },\n\t"x": "ä"\n}`],
    [
      '.config/opencode/opencode.jsonc',
      `{ /* a */ "provider": { "anthropic": { "options": {\n  // b\n  "x": 1, // c\n  "apiKey": "${KEY}" // d\n} } } }\n`,
    ],
    ['.codex/config.toml', `[mcp_servers.x.env]\nANTHROPIC_API_KEY = '${KEY}'\n\n[y]\nz = 1_000\n`],
    ['.continue/config.yaml', `models:\n- apiKey: ${KEY}\n  provider:   anthropic\n# end\n`],
    ['.local/share/opencode/auth.json', `{"anthropic":{"type":"api","key":"${KEY}"},"b":{"type":"x"}}`],
  ];
  for (const [name, text] of FILES) {
    it(`takes it out of ${name} and puts it back byte for byte, with the mode of the file`, () => {
      const file = write(name, text);
      chmodSync(file, 0o640);
      const plan = plans()[0] ?? assert.fail();
      assert.equal(applyRemoval(plan), undefined);
      assert.equal(readFileSync(file, 'latin1'), plan.after);
      assert.doesNotMatch(plan.after, /canary/);
      assert.equal(statSync(file).mode & 0o777, 0o640);
      assert.deepEqual(
        readdirSync(path.dirname(file)).filter((entry) => entry.includes('gatehouse')),
        [],
      );
      assert.equal(undoRemoval(kept(plan)), undefined);
      assert.equal(readFileSync(file, 'utf8'), text);
      assert.equal(statSync(file).mode & 0o777, 0o640);
    });

    it(`puts it back into ${name} where others have added to its ends`, () => {
      const file = write(name, text);
      const plan = plans()[0] ?? assert.fail();
      assert.equal(applyRemoval(plan), undefined);
      const comment = name.endsWith('json') || name.endsWith('jsonc') ? '/* new */\n' : '# new\n';
      writeFileSync(file, `${comment}${plan.after}\n${comment}`, 'latin1');
      assert.equal(undoRemoval(kept(plan)), undefined);
      assert.equal(readFileSync(file, 'utf8'), `${comment}${text}\n${comment}`);
    });
  }

  it('changes the file that a link leads to, and leaves the link', () => {
    const real = write('dotfiles/env', `ANTHROPIC_API_KEY=${KEY}\n`);
    symlinkSync(real, path.join(home, '.env'));
    const plan = plans()[0] ?? assert.fail();
    assert.equal(applyRemoval(plan), undefined);
    assert.ok(lstatSync(path.join(home, '.env')).isSymbolicLink());
    assert.equal(readFileSync(real, 'utf8'), '');
  });

  it('leaves a file alone that was changed after the change was shown', () => {
    const file = write('.env', `ANTHROPIC_API_KEY=${KEY}\n`);
    const plan = plans()[0] ?? assert.fail();
    writeFileSync(file, `A=1\nANTHROPIC_API_KEY=${KEY}\n`);
    assert.match(applyRemoval(plan) ?? '', /changed meanwhile/);
    assert.equal(readFileSync(file, 'utf8'), `A=1\nANTHROPIC_API_KEY=${KEY}\n`);
    assert.deepEqual(readdirSync(home), ['.env']);
  });

  it('says why a change cannot be planned', () => {
    const file = write('.env', `ANTHROPIC_API_KEY=${KEY}\n`);
    const [found] = findKeys({ env: {}, home, folders: [], envFiles: [] }).keys;
    const entry = found?.entry ?? assert.fail();
    writeFileSync(file, 'ANTHROPIC_API_KEY=another\n');
    assert.match(JSON.stringify(planRemoval(entry)), /no longer there as it was found/);
    rmSync(file);
    assert.match(JSON.stringify(planRemoval(entry)), /ENOENT/);
  });

  describe('undone after others have edited the file', () => {
    const BEFORE = `A=1\nB=2\nANTHROPIC_API_KEY=${KEY}\nC=3\nD=4\n`;
    const after = (edited: string): { readonly fault: string | undefined; readonly text: string } => {
      const file = write('.env', BEFORE);
      const plan = plans()[0] ?? assert.fail();
      assert.equal(applyRemoval(plan), undefined);
      writeFileSync(file, edited);
      return { fault: undoRemoval(kept(plan)), text: readFileSync(file, 'utf8') };
    };

    it('stands where it stood as long as the line before it or behind it is there once', () => {
      assert.deepEqual(after('X=0\nB=2\nNEW=1\nC=3\n'), {
        fault: undefined,
        text: `X=0\nB=2\nANTHROPIC_API_KEY=${KEY}\nNEW=1\nC=3\n`,
      });
      assert.deepEqual(after('X=0\nB=9\nC=3\nD=4\n').text, `X=0\nB=9\nANTHROPIC_API_KEY=${KEY}\nC=3\nD=4\n`);
    });

    it('changes nothing where the place is not clear, the entry is there again, or the file is gone', () => {
      for (const edited of ['X=0\nY=1\n', 'B=2\nx=1\nB=2\n', '']) {
        const { fault, text } = after(edited);
        assert.match(fault ?? '', /place is not clear/);
        assert.equal(text, edited);
      }
      assert.match(after(`X=0\n${BEFORE}`).fault ?? '', /in the file again/);
      const file = write('.env', BEFORE);
      const plan = plans()[0] ?? assert.fail();
      assert.equal(applyRemoval(plan), undefined);
      rmSync(file);
      assert.match(undoRemoval(kept(plan)) ?? '', /cannot be read \(ENOENT\)/);
    });
  });
});
