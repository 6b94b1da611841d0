import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Latency } from '../../../../src/core/routing/health/latency.ts';

function steady(milliseconds: number): Latency {
  const latency = new Latency();
  for (let at = 0; at < 20; at++) latency.observe(milliseconds, 0);
  return latency;
}

const near = (actual: number | undefined, expected: number) =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1, `${actual} is not about ${expected}`);

describe('latency', () => {
  it('is unknown until an answer was seen, and again after 5 minutes without one', () => {
    const latency = new Latency();
    assert.equal(latency.read(0), undefined);
    latency.observe(300, 0);
    assert.equal(latency.read(0), 300);
    assert.equal(latency.read(5 * 60_000 - 1), 300);
    assert.equal(latency.read(5 * 60_000), undefined);
  });

  it('takes a slow answer in full at once, and fast ones half of it in 8', () => {
    const latency = steady(100);
    latency.observe(2100, 0);
    assert.equal(latency.read(0), 2100);
    for (let at = 0; at < 8; at++) latency.observe(100, 0);
    near(latency.read(0), 1100);
  });

  it('takes one fast answer after half a minute for as much as 8 at once', () => {
    const latency = steady(2100);
    latency.observe(100, 30_000);
    near(latency.read(30_000), 1100);
  });

  it('falls back from a stray slow answer to the mean by itself', () => {
    const latency = steady(100);
    latency.observe(2100, 0);
    const mean = 100 + 2000 * (1 - 2 ** (-1 / 8));
    near(latency.read(30_000), (2100 + mean) / 2);
    near(latency.read(299_000), mean + (2100 - mean) * 2 ** (-299 / 30));
  });

  it('counts a failure as slow, a row of them as slower, and never beyond a minute', () => {
    const latency = steady(100);
    latency.failed(0);
    assert.equal(latency.read(0), 5000);
    latency.failed(0);
    assert.equal(latency.read(0), 10_000);
    for (let at = 0; at < 9; at++) latency.failed(0);
    assert.equal(latency.read(0), 60_000);
    const slow = steady(90_000);
    slow.failed(0);
    assert.equal(slow.read(0), 90_000, 'a failure does not make it faster');
  });

  it('knows a place that only ever failed as slow, until an answer tells better', () => {
    const latency = new Latency();
    latency.failed(0);
    assert.equal(latency.read(60_000), 5000);
    for (let at = 0; at < 60; at++) latency.observe(100, 60_000);
    assert.ok((latency.read(60_000) ?? 0) < 150);
  });

  it('does not fall back to a mean from before it was forgotten', () => {
    const latency = steady(100);
    latency.failed(600_000);
    assert.equal(latency.read(630_000), 5000);
  });

  it('ignores what is no time', () => {
    const latency = steady(100);
    for (const wrong of [Number.NaN, -1, Number.POSITIVE_INFINITY]) latency.observe(wrong, 0);
    near(latency.read(0), 100);
  });
});
