import assert from 'node:assert/strict';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { VirtualClock } from '../../support/virtual-clock.ts';

describe('virtual clock', () => {
  it('runs timers in the order of their time, peers in the order they were made, at their own time', async () => {
    const clock = new VirtualClock();
    const start = clock.now();
    const ran: (readonly [string, number])[] = [];
    const at = (name: string) => (): void => void ran.push([name, clock.now() - start]);
    clock.after(30, at('late'));
    clock.after(10, at('first'));
    clock.after(10, at('second'));
    clock.after(31, at('too late'));
    await clock.advance(30);
    assert.deepEqual(ran, [
      ['first', 10],
      ['second', 10],
      ['late', 30],
    ]);
    assert.deepEqual([clock.now() - start, clock.pending], [30, 1]);
  });

  it('lets all that follows from a timer happen before the next one, timers that it makes as well', async () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    clock.after(10, () => {
      void Promise.resolve()
        .then(() => turn())
        .then(() => clock.after(5, () => ran.push('follows')));
    });
    clock.after(20, () => ran.push('next'));
    await clock.advance(20);
    assert.deepEqual(ran, ['follows', 'next']);
  });

  it('cancels and refreshes as Node does', async () => {
    const clock = new VirtualClock();
    let ran = 0;
    const timer = clock.after(10, () => (ran += 1));
    await clock.advance(9);
    timer.refresh();
    await clock.advance(9);
    assert.equal(ran, 0, 'its time began anew');
    await clock.advance(1);
    assert.equal(ran, 1);
    timer.refresh();
    await clock.advance(10);
    assert.equal(ran, 2, 'also after it ran');
    timer.cancel();
    timer.refresh();
    assert.equal(clock.pending, 0, 'what is cancelled stays so');
    timer.cancel();
  });

  it('rounds as Node does, and refuses what Node would fire at once', async () => {
    const clock = new VirtualClock();
    const ran: number[] = [];
    for (const ms of [0, -5, 2.9]) clock.after(ms, () => ran.push(ms));
    await clock.advance(0);
    assert.deepEqual(ran, []);
    await clock.advance(1);
    assert.deepEqual(ran, [0, -5]);
    await clock.advance(1);
    assert.deepEqual(ran, [0, -5, 2.9]);
    for (const ms of [NaN, Infinity, 2 ** 31]) assert.throws(() => clock.after(ms, () => undefined), RangeError);
  });

  it('hands on what a timer throws, and goes on after it', async () => {
    const clock = new VirtualClock();
    let ran = false;
    clock.after(1, () => {
      throw new Error('from a timer');
    });
    clock.after(2, () => (ran = true));
    await assert.rejects(clock.advance(5), /from a timer/);
    await clock.advance(5);
    assert.ok(ran);
  });

  it('runs every timer once, in order, at its time, however the time is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(60), { maxLength: 12 }),
        fc.array(fc.nat(25), { minLength: 1, maxLength: 6 }),
        async (times, cuts) => {
          const clock = new VirtualClock();
          const start = clock.monotonic();
          const ran: number[] = [];
          for (const ms of times) {
            clock.after(ms, () => {
              assert.equal(clock.monotonic() - start, Math.max(1, ms));
              ran.push(Math.max(1, ms));
            });
          }
          for (const ms of cuts) await clock.advance(ms);
          const end = cuts.reduce((sum, ms) => sum + ms, 0);
          const due = times.map((ms) => Math.max(1, ms)).filter((ms) => ms <= end);
          assert.deepEqual(
            ran,
            due.sort((a, b) => a - b),
          );
          assert.equal(clock.pending, times.length - due.length);
        },
      ),
      { numRuns: 50 },
    );
  });

  describe('that moves on by itself', () => {
    let server: Server;
    let url: string;
    beforeEach(async () => {
      server = createServer((_message, response) => response.end('x'.repeat(1000)));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterEach(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const get = (): Promise<number> =>
      new Promise((resolve, reject) => {
        const asked = request(url, (response) => response.resume().on('end', () => resolve(response.statusCode ?? 0)));
        asked.on('error', reject).end();
      });

    it('jumps over any wait in a few real milliseconds', async () => {
      const clock = new VirtualClock();
      const moving = clock.autoAdvance();
      const started = performance.now();
      for (let n = 0; n < 5; n++) await new Promise<void>((resolve) => void clock.after(600_000, resolve));
      moving.stop();
      assert.equal(clock.monotonic(), new VirtualClock().monotonic() + 3_000_000);
      assert.ok(performance.now() - started < 1000, `${performance.now() - started} ms`);
    });

    it('does not jump while sockets are at work, though the machine stands still again and again', async () => {
      const clock = new VirtualClock();
      const start = clock.now();
      const moving = clock.autoAdvance();
      // As under load: the whole process stops for longer than the patience of the clock, at any point of a request.
      const stall = setInterval(() => {
        const until = performance.now() + 7;
        while (performance.now() < until);
      }, 3);
      const guard = clock.after(30_000, () => undefined);
      for (let n = 0; n < 15; n++) assert.equal(await get(), 200);
      clearInterval(stall);
      assert.equal(clock.now() - start, 0);
      guard.cancel();
      moving.stop();
    });

    it('does not jump while it is held or touched', async () => {
      const clock = new VirtualClock();
      let ran = false;
      const moving = clock.autoAdvance();
      clock.after(1000, () => (ran = true));
      const release = clock.hold();
      await sleep(40);
      assert.equal(ran, false, 'held');
      const bytes = setInterval(() => clock.touch(), 1);
      release();
      release();
      await sleep(40);
      assert.equal(ran, false, 'touched');
      clearInterval(bytes);
      await sleep(60);
      assert.equal(ran, true);
      moving.stop();
    });

    it('does not jump any more once it is stopped', async () => {
      const clock = new VirtualClock();
      const moving = clock.autoAdvance();
      clock.after(1000, () => undefined);
      moving.stop();
      await sleep(40);
      assert.equal(clock.pending, 1);
    });
  });
});
