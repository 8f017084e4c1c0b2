import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrange, rewrite } from '../src/floating.js';
import { carry, land, locate } from '../src/landing.js';

const push = (...items) => ({ list: true, set: {}, length: null, push: items });
const edit = (base, sent, list) => rewrite(null, arrange(base, sent, null), arrange(base, sent, null).texts, list);
const shows = (base, pending) => arrange(base, [], pending).texts;
const base = ['a', 'b'];
const sent = [push('x', 'y')];

test('An edit of an item in flight becomes one of its index, once this is known.', () => {
  const pending = land(edit(base, sent, ['a', 'b', 'x', 'Y']), [3, 4], ['a', 'b', 'other', 'x', 'y'], 0);
  assert.deepEqual([{ ...pending.set }, { ...pending.pushed }, pending.kept], [{ 4: 'Y' }, {}, null]);
});

test('An item that was taken away in flight is taken away from where it arrived.', () => {
  const there = ['a', 'b', 'other', 'x', 'y'];
  assert.deepEqual(shows(there, land(edit(base, sent, ['a', 'b', 'x']), [3, 4], there, 0)), ['a', 'b', 'other', 'x']);
  assert.deepEqual(shows(there, land(edit(base, sent, ['a', 'b']), [3, 4], there, 0)), ['a', 'b', 'other']);
  assert.deepEqual(land(edit(base, sent, ['a', 'b', 'x']), [3, 4], there, 0).length, 4);
});

test('What was pushed since is pushed still.', () => {
  const there = ['a', 'b', 'x', 'y'];
  const pending = land(edit(base, sent, ['a', 'b', 'x', 'Y', 'z']), [2, 3], there, 0);
  assert.deepEqual([{ ...pending.set }, pending.push], [{ 3: 'Y' }, ['z']]);
});

test('Of two changes in flight the second one floats on.', () => {
  const both = [push('x'), push('y')];
  const pending = land(edit(base, both, ['a', 'b', 'X', 'Y']), [2], ['a', 'b', 'x'], 1);
  assert.deepEqual([{ ...pending.set }, { ...pending.pushed }], [{ 2: 'X' }, { 0: 'Y' }]);
  assert.equal(land(edit(base, both, ['a', 'b', 'x']), [2], ['a', 'b', 'x'], 1).kept, 0);
});

test('An item that was edited in flight, and is nowhere, is pushed anew.', () => {
  const pending = land(edit(base, sent, ['a', 'b', 'X', 'y', 'z']), [-1, -1], base, 0);
  assert.deepEqual([{ ...pending.set }, pending.push], [{}, ['X', 'z']]);
  assert.equal(land(edit(base, sent, ['a', 'b', 'x']), [-1, -1], base, 0), null);
});

test('Two edits that meet at one index are both kept.', () => {
  const before = ['a', 'b', 'c'];
  const pending = land(edit(before, [push('x')], ['a', 'b', 'C', 'X']), [2], ['a', 'b', 'x'], 0);
  assert.deepEqual(shows(['a', 'b', 'x'], pending), ['a', 'b', 'X', 'C']);
});

test('Behind a cut nothing arrives.', () => {
  const pending = land(edit(base, sent, ['a']), [2, 3], ['a', 'b', 'x', 'y'], 0);
  assert.deepEqual(shows(['a', 'b', 'x', 'y'], pending), ['a']);
});

test('Where nothing is pending or pushed nothing becomes of it.', () => {
  const pending = edit(base, [], ['a', 'B']);
  assert.equal(land(null, [2], base, 0), null);
  assert.equal(land(pending, [], base, 0), pending);
});

test('Pushed items are found by the length that the list had, then by their text from the end.', () => {
  assert.deepEqual(locate(['x', 'y'], ['a', 'x', 'y', 'z'], 3), [1, 2]);
  assert.deepEqual(locate(['x', 'y'], ['a', 'x', 'b', 'y', 'z']), [1, 3]);
  assert.deepEqual(locate(['x', 'x'], ['x', 'a', 'x', 'x']), [2, 3]);
  assert.deepEqual(locate(['x', 'y'], ['a', 'y'], 2), [-1, 1]);
  assert.deepEqual(locate([], ['a']), []);
});

test('A cut spares what others have appended since.', () => {
  const before = ['a', 'b', 'c'];
  const after = ['a', 'b', 'c', 'd', 'e'];
  assert.deepEqual(shows(after, carry(edit(before, [], ['b', 'c']), before, after, false)), ['b', 'c', 'd', 'e']);
});

test('Who takes out an item takes out this one, wherever it is by now.', () => {
  const before = ['a', 'b', 'c', 'd'];
  const pending = edit(before, [], ['a', 'c', 'd']);
  assert.deepEqual(shows(['a', 'b', 'd'], carry(pending, before, ['a', 'b', 'd'], false)), ['a', 'd']);
  assert.deepEqual(shows(['x', 'a', 'b', 'c', 'D'], carry(pending, before, ['x', 'a', 'b', 'c', 'D'], false)), ['x', 'a', 'c', 'D']);
  assert.equal(carry(pending, before, ['a', 'c', 'd'], false), null);
});

test('An edit goes with its item, and is put where that was if it is gone.', () => {
  const pending = edit(['a', 'b', 'c'], [], ['a', 'B', 'c']);
  assert.deepEqual(shows(['b', 'c'], carry(pending, ['a', 'b', 'c'], ['b', 'c'], false)), ['B', 'c']);
  assert.deepEqual(shows(['a', 'c'], carry(pending, ['a', 'b', 'c'], ['a', 'c'], false)), ['a', 'B', 'c']);
});

test('What is put in stays between the same items, and others keep their new texts.', () => {
  const pending = edit(['a', 'b'], [], ['a', 'x', 'b']);
  assert.deepEqual(shows(['n', 'a', 'B', 'o'], carry(pending, ['a', 'b'], ['n', 'a', 'B', 'o'], false)), ['n', 'a', 'x', 'B', 'o']);
});

test('Where nothing has changed beneath it the change is the same.', () => {
  const pending = edit(base, [], ['b']);
  assert.equal(carry(pending, base, base.slice(), false), pending);
  assert.equal(carry(null, base, ['a'], false), null);
});
