import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'mocha';
import { curlLine, shellLines } from '../../../src/host/shell-lines.ts';

const ODD = `it's "50%" $HOME \\ ü`;

describe('lines to paste', () => {
  it('are taken by a shell as they are meant', () => {
    const script = `${shellLines('posix', { A: ODD, B: 'http://127.0.0.1:1' })}\nprintf '%s\\n%s' "$A" "$B"`;
    assert.equal(execFileSync('sh', ['-c', script], { encoding: 'utf8' }), `${ODD}\nhttp://127.0.0.1:1`);
  });

  it('are quoted in each shell by its own rules', () => {
    assert.equal(shellLines('fish', { A: ODD }), `set -gx A 'it\\'s "50%" $HOME \\\\ ü'`);
    assert.equal(shellLines('powershell', { A: ODD }), `$env:A = 'it''s "50%" $HOME \\ ü'`);
    assert.equal(shellLines('cmd', { A: 'http://127.0.0.1:1', B: 'x' }), 'set "A=http://127.0.0.1:1"\nset "B=x"');
    assert.equal(shellLines('dotenv', { A: 'a/b:1', B: 'a "b" $c' }), 'A=a/b:1\nB="a \\"b\\" \\$c"');
  });

  it('ask a question in each dialect', () => {
    for (const dialect of ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const) {
      const line = curlLine(dialect, 'http://127.0.0.1:1', "to'ken", 'm');
      const words = JSON.parse(
        execFileSync(
          'sh',
          ['-c', line.replace(/^curl/, `"$0" -e 'console.log(JSON.stringify(process.argv.slice(1)))' -- `), process.execPath],
          {
            encoding: 'utf8',
          },
        ),
      ) as string[];
      assert.match(words[0] ?? '', /^http:\/\/127\.0\.0\.1:1\/v1/);
      assert.ok(words.includes("Authorization: Bearer to'ken"), line);
      assert.doesNotThrow(() => JSON.parse(words.at(-1) ?? '') as unknown);
    }
  });
});
