import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apply, compose, difference, names, record } from '../src/difference.js';

// What angular.toJson does.
const toJson = (value) => JSON.stringify(value, (name, inner) => (name.startsWith('$$') ? undefined : inner));
const write = (collection) => record(collection, toJson);
const between = (before, after) => difference(before && write(before), write(after));
const sets = (change) => change && { ...change.set };

test('Names that begin with $$ do not count.', () => {
  assert.deepEqual(names({ a: 1, $$hashKey: 2, $b: 3 }), ['a', '$b']);
  assert.equal(between({ a: 1 }, { a: 1, $$x: 2 }), null);
});

test('A $$hashKey inside an item does not count.', () => {
  assert.equal(between([{ a: 1 }], [{ a: 1, $$hashKey: 'object:3' }]), null);
});

test('What is no object is no collection.', () => {
  assert.deepEqual([undefined, null, 'text', 5].map(write), [null, null, null, null]);
});

test('A property that is undefined, or a function, counts as absent.', () => {
  assert.deepEqual(sets(between({ a: 1, b: 1 }, { a: undefined, b: () => 1 })), { a: null, b: null });
});

test('NaN and Infinity are null, as JSON has it.', () => {
  assert.equal(between({ a: null, b: null }, { a: NaN, b: Infinity }), null);
});

test('A hole in an array is null.', () => {
  assert.deepEqual(write([1, undefined, , 2]).texts, ['1', 'null', 'null', '2']);       // eslint-disable-line no-sparse-arrays
});

test('Set, changed and deleted properties are a change; others are not.', () => {
  assert.deepEqual(sets(between({ a: 1, b: 1, d: 4 }, { a: 1, b: 2, c: 3 })), { b: '2', c: '3', d: null });
});

test('Nothing changed is no change.', () => {
  assert.equal(between({ a: { b: [1] } }, { a: { b: [1] } }), null);
});

test('Everything is a change when there was nothing, or something of the other kind.', () => {
  assert.deepEqual(sets(between(null, { a: 1 })), { a: '1' });
  assert.deepEqual(sets(between(['x'], { 0: 'x' })), { 0: '"x"' });
});

test('A longer array is a change of its items, a shorter one also of its length.', () => {
  assert.deepEqual(between(['a'], ['a', 'b']).length, null);
  assert.deepEqual(between(['a', 'b', 'c'], ['a', 'x']).length, 2);
  assert.deepEqual(sets(between(['a', 'b', 'c'], ['a', 'x'])), { 1: '"x"' });
});

test('Of two changes the later wins, per property.', () => {
  const first = between({ a: 1, b: 1 }, { a: 2 });
  const then = between({ a: 2 }, { b: 5, a: 2, c: 3 });
  assert.deepEqual(sets(compose(first, then)), { a: '2', b: '5', c: '3' });
  assert.equal(compose(null, then), then);
  assert.equal(compose(first, null), first);
});

test('An array that is cut forgets what was set behind the cut.', () => {
  const change = compose(between(['a'], ['a', 'b', 'c']), between(['a', 'b', 'c'], ['a', 'b']));
  assert.deepEqual([sets(change), change.length], [{ 1: '"b"' }, 2]);
});

test('An array that was cut stays cut when an item is changed afterwards.', () => {
  const change = compose(between(['a', 'b', 'c'], ['a']), between(['a'], ['x']));
  assert.deepEqual([sets(change), change.length], [{ 0: '"x"' }, 1]);
});

test('A change to the other kind replaces what was pending.', () => {
  assert.deepEqual(compose(between({}, { a: 1 }), between({ a: 1 }, ['x'])).list, true);
});

test('A name that every object inherits is not mistaken for a property.', () => {
  assert.deepEqual(sets(between({}, { constructor: 1, toString: 2 })), { constructor: '1', toString: '2' });
  assert.deepEqual(Object.keys(sets(between({ constructor: 1 }, {}))), ['constructor']);
});

test('What a change makes of a collection is what it was the difference to.', () => {
  const versions = [{}, { a: 1 }, { a: 2, b: [1] }, { b: [1], __proto__x: null }, ['x'], ['y', 'x', 'z'], [], [null]];
  versions.forEach((before) => versions.forEach((after) => {
    const change = between(before, after) || { list: Array.isArray(after), set: {}, length: null, push: [] };
    assert.deepEqual(apply(write(before), change), write(after));
  }));
});

test('A change is applied to a copy.', () => {
  const [object, list] = [write({ a: 1 }), write(['a'])];
  apply(object, between({ a: 1 }, { b: 2 }));
  apply(list, { list: true, set: { 0: '1' }, length: 0, push: ['2'] });
  assert.deepEqual([object, list], [write({ a: 1 }), write(['a'])]);
});
