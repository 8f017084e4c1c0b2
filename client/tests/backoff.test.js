import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delay, FIRST, LONGEST, SHORTEST } from '../src/backoff.js';

const most = () => 1 - Number.EPSILON;
const half = () => 0.5;

test('The first wait is at most a second.', () => {
  assert.equal(delay(0, most), 1000);
  assert.equal(FIRST, 1000);
});

test('Each wait may be twice as long as the one before.', () => {
  assert.deepEqual([0, 1, 2, 3, 4].map((attempt) => delay(attempt, most)), [1000, 2000, 4000, 8000, 16000]);
});

test('No wait is longer than half a minute.', () => {
  assert.deepEqual([5, 6, 50, 5000].map((attempt) => delay(attempt, most)), [30000, 30000, 30000, 30000]);
  assert.equal(LONGEST, 30000);
});

test('The jitter is full: a wait may be anything below its bound.', () => {
  assert.equal(delay(3, half), 4000);
  assert.equal(delay(3, () => 0.1), 800);
});

test('No wait is so short that a server which drops at once is asked in the same turn.', () => {
  assert.equal(delay(0, () => 0), SHORTEST);
  assert.equal(delay(20, () => 0), SHORTEST);
  assert.ok(SHORTEST > 0);
});

test('Without a random source it draws its own, and not always the same.', () => {
  assert.ok(new Set(Array.from({ length: 20 }, () => delay(9))).size > 1);
});
