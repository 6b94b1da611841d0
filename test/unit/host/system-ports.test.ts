import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { logTo, systemClock, systemRandom } from '../../../src/host/system-ports.ts';

describe('logTo', () => {
  function lineOf(...args: Parameters<ReturnType<typeof logTo>['info']>): string {
    const lines: string[] = [];
    logTo((level, line) => lines.push(`${level} ${line}`)).info(...args);
    assert.equal(lines.length, 1);
    return lines[0] ?? '';
  }

  it('writes fields after the message and leaves out those without a value', () => {
    assert.equal(
      lineOf('served', { status: 200, stream: false, key: undefined, agent: '' }),
      'info served status=200 stream=false agent=',
    );
  });

  for (const [what, text] of [
    ['a line feed', '\n'],
    ['a carriage return', '\r'],
    ['a next line', '\u0085'],
    ['a line separator', '\u2028'],
    ['a paragraph separator', '\u2029'],
    ['an escape sequence', '\u001b'],
    ['a null', '\u0000'],
    ['a delete', '\u007f'],
  ] as const) {
    it(`lets ${what} forge no second line and no colour`, () => {
      assert.equal(lineOf(`a${text}b`, { [`c${text}d`]: `e${text}f` }), 'info a b c d=e f');
    });
  }

  it('keeps each level apart', () => {
    const levels: string[] = [];
    const log = logTo((level) => levels.push(level));
    for (const level of ['error', 'warn', 'info', 'debug'] as const) log[level]('x');
    assert.deepEqual(levels, ['error', 'warn', 'info', 'debug']);
  });
});

describe('the system’s clock and dice', () => {
  it('tell milliseconds since the epoch, and time that does not go back', () => {
    assert.ok(Math.abs(systemClock.now() - Date.now()) < 1000);
    const before = systemClock.monotonic();
    assert.ok(systemClock.monotonic() >= before);
  });

  it('throw a fraction below one and as many bytes as were asked for', () => {
    for (let n = 0; n < 100; n++) assert.ok(systemRandom.fraction() >= 0 && systemRandom.fraction() < 1);
    assert.equal(systemRandom.bytes(16).length, 16);
    assert.notDeepEqual(systemRandom.bytes(16), systemRandom.bytes(16));
  });
});
