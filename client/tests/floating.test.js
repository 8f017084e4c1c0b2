import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adjoin, arrange, rewrite } from '../src/floating.js';

const push = (...items) => ({ list: true, set: {}, length: null, push: items });
/** The pending change after edits, each told by what the list is then. */
function edited(base, sent, ...lists) {
  return lists.reduce((pending, list) => {
    const layout = arrange(base, sent, pending);
    return rewrite(pending, layout, layout.texts, list);
  }, null);
}
const plainly = (pending) => pending && { ...pending, set: { ...pending.set }, pushed: { ...pending.pushed } };
const shows = (base, sent, pending) => arrange(base, sent, pending).texts;
const base = ['a', 'b'];

test('What is appended is pushed, and an edit of it edits the push.', () => {
  assert.deepEqual(edited(base, [], ['a', 'b', 'x', 'y']).push, ['x', 'y']);
  const pending = edited(base, [], ['a', 'b', 'x', 'y'], ['a', 'b', 'x', 'z']);
  assert.deepEqual([pending.push, { ...pending.set }], [['x', 'z'], {}]);
});

test('What is appended floats behind what is confirmed, whatever that becomes.', () => {
  const pending = edited(base, [], ['a', 'b', 'x']);
  assert.deepEqual(shows(['a', 'b', 'c', 'd'], [], pending), ['a', 'b', 'c', 'd', 'x']);
  assert.deepEqual(shows([], [], pending), ['x']);
});

test('Items in flight float behind what is confirmed, before those that are pending.', () => {
  const sent = [push('x')];
  const pending = edited(base, sent, ['a', 'b', 'x', 'y']);
  assert.deepEqual(shows(['a', 'b', 'c'], sent, pending), ['a', 'b', 'c', 'x', 'y']);
  assert.deepEqual(arrange(base, sent, pending), { texts: ['a', 'b', 'x', 'y'], confirmed: 2, floating: 1 });
});

test('An edit of an item in flight is told by its number.', () => {
  const pending = edited(base, [push('x', 'y')], ['a', 'b', 'x', 'z']);
  assert.deepEqual(plainly(pending), { list: true, set: {}, length: null, push: [], pushed: { 1: 'z' }, kept: null });
  assert.deepEqual(shows(['a'], [push('x', 'y')], pending), ['a', 'x', 'z']);
});

test('An insertion at the front is told by index, and the last item as a push.', () => {
  const pending = edited(base, [], ['x', 'a', 'b']);
  assert.deepEqual(plainly(pending), { list: true, set: { 0: 'x', 1: 'a' }, length: null, push: ['b'], pushed: {}, kept: null });
});

test('A removal is told by index and length.', () => {
  const pending = edited(['a', 'b', 'c'], [], ['b', 'c']);
  assert.deepEqual(plainly(pending), { list: true, set: { 0: 'b', 1: 'c' }, length: 2, push: [], pushed: {}, kept: null });
});

test('A removal before items in flight does not cut these off.', () => {
  const sent = [push('x')];
  const pending = edited(base, sent, ['b', 'x']);
  assert.deepEqual(plainly(pending), { list: true, set: { 0: 'b', 1: 'x' }, length: null, push: [], pushed: {}, kept: 0 });
  assert.deepEqual(shows(base, sent, pending), ['b', 'x']);
});

test('What is taken away again before it was sent is no change.', () => {
  assert.equal(edited(base, [], ['a', 'b', 'x'], ['a', 'b']), null);
});

test('Items in flight that are taken away, and those behind a cut, are not shown.', () => {
  const sent = [push('x', 'y')];
  assert.deepEqual(shows(base, sent, edited(base, sent, ['a', 'b', 'x'])), ['a', 'b', 'x']);
  assert.deepEqual(shows(base, sent, edited(base, sent, ['a', 'b', 'x'], ['a'])), ['a']);
  assert.deepEqual(shows(base, sent, edited(base, sent, ['a'], ['a', 'z'])), ['a', 'z']);
});

test('A change in flight is applied before items float behind it.', () => {
  const sent = [{ list: true, set: { 0: 'A' }, length: 1, push: ['x'] }];
  assert.deepEqual(arrange(['a', 'b', 'c'], sent, null), { texts: ['A', 'x'], confirmed: 1, floating: 1 });
});

test('A second change in flight is applied to all that the first one leaves.', () => {
  const sent = [push('x'), { list: true, set: { 0: 'A', 2: 'X' }, length: null, push: ['y'] }];
  assert.deepEqual(arrange(base, sent, null), { texts: ['A', 'b', 'X', 'y'], confirmed: 2, floating: 2 });
});

test('Where nothing was pushed nothing floats, however many changes are in flight.', () => {
  const sent = [{ list: true, set: { 0: 'A' }, length: null, push: [] }, { list: true, set: { 1: 'B' }, length: null, push: [] }];
  assert.deepEqual(arrange([], sent, null), { texts: ['A', 'B'], confirmed: 2, floating: 0 });
});

test('A list that others made shorter is filled up to an index that was edited here.', () => {
  const pending = edited(['a', 'b', 'c'], [], ['a', 'b', 'C']);
  assert.deepEqual(shows(['a'], [], pending), ['a', 'null', 'C']);
});

test('What a page before this one has left comes before what is pending here.', () => {
  const left = push('x');
  assert.deepEqual(adjoin(left, null).push, ['x']);
  assert.deepEqual(adjoin({ ...left, set: { 0: 'A' } }, { ...push('y'), set: { 0: 'B' }, pushed: {}, kept: null }).push, ['x', 'y']);
  assert.equal(adjoin({ ...left, set: { 0: 'A' } }, { ...push('y'), set: { 0: 'B' }, pushed: {}, kept: null }).set[0], 'B');
});
