import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { TokenBucket } from '../../../../src/core/routing/limits/token-bucket.ts';

describe('TokenBucket', () => {
  it('holds one minute and refills evenly', () => {
    const bucket = new TokenBucket(60, 0);
    bucket.take(60, 0);
    assert.equal(bucket.msUntil(1, 0, 0), 1000);
    assert.equal(Math.round(bucket.msUntil(1, 0, 999)), 1);
    assert.equal(bucket.msUntil(1, 0, 1000), 0);
    assert.equal(bucket.left(30_000), 30);
    assert.equal(bucket.left(10 * 60_000), 60, 'not more than a minute');
  });

  it('lets more than a minute pass when it is full, and pays for it', () => {
    const bucket = new TokenBucket(100, 0);
    bucket.take(1, 0);
    assert.equal(bucket.msUntil(1000, 0, 0), 600);
    assert.equal(bucket.msUntil(1000, 0, 600), 0);
    bucket.take(1000, 600);
    assert.equal(bucket.left(600), -900);
    assert.equal(bucket.msUntil(100, 0, 600), 10 * 60_000);
  });

  it('counts those ahead in full, also what is larger than a minute', () => {
    const bucket = new TokenBucket(100, 0);
    assert.equal(bucket.msUntil(50, 50, 0), 0);
    assert.equal(bucket.msUntil(50, 550, 0), 5 * 60_000);
  });

  it('never holds more than a minute, whatever is given back', () => {
    const bucket = new TokenBucket(100, 0);
    bucket.take(30, 0);
    bucket.take(-80, 0);
    assert.equal(bucket.left(0), 100);
    assert.ok(bucket.isFull(0));
  });

  it('gives the room of a raised limit at once', () => {
    const bucket = new TokenBucket(10, 0);
    bucket.take(10, 0);
    bucket.resize(100, 0);
    assert.equal(bucket.left(0), 90);
  });

  it('takes over what was spent into a lowered limit, and keeps nobody out for more than a minute by it', () => {
    const bucket = new TokenBucket(1000, 0);
    bucket.take(500, 0);
    bucket.resize(10, 0);
    assert.equal(bucket.left(0), 0);
    bucket.resize(1000, 0);
    assert.equal(bucket.left(0), 990);
    bucket.resize(10, 0);
    assert.equal(bucket.left(0), 0, 'to and fro washes nothing away');
  });

  it('keeps a debt as long as it was', () => {
    const bucket = new TokenBucket(1000, 0);
    bucket.take(3000, 0);
    bucket.resize(10, 0);
    assert.equal(bucket.left(0), -20);
  });

  it('drains at the old rate before it takes the new one', () => {
    const bucket = new TokenBucket(60, 0);
    bucket.take(60, 0);
    bucket.resize(6000, 30_000);
    assert.equal(bucket.left(30_000), 5970);
  });

  it('keeps nobody waiting for the rest of a sum of fractions', () => {
    for (let perMinute = 1; perMinute < 100; perMinute++) {
      const bucket = new TokenBucket(perMinute, 0);
      bucket.take(perMinute, 0);
      for (let now = 60; now <= 60_000; now += 60) bucket.left(now);
      assert.equal(bucket.msUntil(perMinute, 0, 60_000), 0, `${perMinute} a minute`);
      assert.ok(bucket.isFull(60_000), `${perMinute} a minute`);
    }
  });
});
