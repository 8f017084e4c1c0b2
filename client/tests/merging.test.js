import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe, moves, perform, relocate } from '../src/merging.js';
import { makeRandom } from './programs.js';

const told = (before, after, pushed) => {
  const { set, ...edits } = describe(before, after, pushed);
  return { set: { ...set }, ...edits };
};
const edits = (more) => ({ set: {}, gone: [], come: [], push: [], ...more });

test('What is different is told by the indexes of before.', () => {
  assert.deepEqual(told(['a', 'b', 'c'], ['a', 'c']), edits({ gone: [1] }));
  assert.deepEqual(told(['a', 'c'], ['a', 'x', 'y', 'c', 'd']), edits({ come: [[1, ['x', 'y']]], push: ['d'] }));
  assert.deepEqual(told(['a', 'b', 'c'], ['a', 'B', 'c']), edits({ set: { 1: 'B' } }));
  assert.deepEqual(told(['a', 'b', 'c'], ['X', 'c']), edits({ set: { 0: 'X' }, gone: [1] }));
  assert.deepEqual(told(['a'], ['a']), edits());
});

test('An item that was appended is nobody\'s new text.', () => {
  assert.deepEqual(told(['a', 'b'], ['a', 'x'], 1), edits({ gone: [1], push: ['x'] }));
});

test('What is there more than once is found beside what is not.', () => {
  assert.deepEqual(told(['', 'a', '', 'b', ''], ['', '', 'b', '']), edits({ gone: [1] }));
  assert.deepEqual(told(['x', 'x', 'x'], ['x', 'x']), edits({ gone: [2] }));
});

test('Among items that are alike only those are set that have changed.', () => {
  assert.deepEqual(told(['', '', '', '', ''], ['', 'x', '', 'o', '']), edits({ set: { 1: 'x', 3: 'o' } }));
});

test('Items that have changed their places keep the longest run of them.', () => {
  assert.deepEqual(told(['a', 'b', 'c', 'd'], ['b', 'c', 'd', 'a']), edits({ gone: [0], push: ['a'] }));
});

test('Moves are told from the end.', () => {
  assert.deepEqual(moves(['a', 'b', 'c'], ['x', 'b', 'y', 'z']), [[3, 0, 1]]);
  assert.deepEqual(moves(['a', 'b', 'c'], ['b', 'c', 'n']), [[3, 0, 1], [0, 1, 0]]);
});

test('Two who put something in at one place both keep it.', () => {
  const [mine, others] = [describe(['a', 'b'], ['a', 'x', 'b']), ['a', 'y', 'b']];
  assert.deepEqual(perform(others, relocate(mine, moves(['a', 'b'], others))), ['a', 'x', 'y', 'b']);
});

test('Edits make of before what they were told by.', () => {
  const random = makeRandom(7);
  const draw = () => Array.from({ length: Math.floor(random() * 9) }, () => 'abcdef'[Math.floor(random() * 6)]);
  for (let round = 0; round < 2000; round += 1) {
    const [before, after] = [draw(), draw()];
    const made = describe(before, after);
    assert.deepEqual(perform(before, made).concat(made.push), after, `${before} to ${after}`);
  }
});

test('Whoever is first, what all keep is there, what anybody takes out is not, and everybody\'s items are there.', () => {
  const random = makeRandom(8);
  const some = (items) => items.filter(() => random() < 0.7);
  for (let round = 0; round < 2000; round += 1) {
    const before = Array.from({ length: Math.floor(random() * 9) }, (_, index) => `${index}`);
    const put = (items, who) => items.toSpliced(Math.floor(random() * (items.length + 1)), 0, who);
    const mine = put(some(before), 'm');
    // What comes where something goes is its new text.
    const others = random() < 0.5 ? [...some(before), 'o'] : put(before, 'o');
    if (!others.includes(before[before.length - 1])) {
      continue;
    }
    const made = relocate(describe(before, mine, 0), moves(before, others));
    const all = perform(others, made).concat(made.push);
    const kept = before.filter((item) => mine.includes(item) && others.includes(item));
    assert.deepEqual(all.filter((item) => item !== 'm' && item !== 'o'), kept, `${before}: ${mine} and ${others} to ${all}`);
    assert.deepEqual(all.filter((item) => item === 'm' || item === 'o').sort(), ['m', 'o'], `${mine} and ${others} to ${all}`);
  }
});
