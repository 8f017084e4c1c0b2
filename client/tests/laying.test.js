import assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference, record } from '../src/difference.js';
import { arrange, lay } from '../src/laying.js';
import { encode } from '../src/plain.js';

// What angular.toJson does.
const toJson = (value) => JSON.stringify(value, (name, inner) => (name.startsWith('$$') ? undefined : inner));
const write = (collection) => record(collection, toJson);
const between = (before, after) => difference(before && write(before), write(after));
const laid = (collection, frame, pending = null) => {
  lay(collection, typeof frame === 'string' ? JSON.parse(frame) : frame, pending, toJson);
  return collection;
};
const hostile = ['__proto__', 'constructor', 'hasOwnProperty', 'length', 'toString', 'valueOf'];

test('A frame is laid over: what it lacks stays.', () => {
  assert.deepEqual(laid({ a: 1, b: 2 }, { b: 3, c: 4 }), { a: 1, b: 3, c: 4 });
});

test('What a frame says was deleted is deleted, and $$djng stays off the collection.', () => {
  assert.deepEqual(laid({ a: 1, b: 2 }, { a: 1, $$djng: { del: ['b'] } }), { a: 1 });
});

test('A property that a frame has and calls deleted is kept.', () => {
  assert.deepEqual(laid({ a: 1 }, { a: 2, $$djng: { del: ['a'] } }), { a: 2 });
});

test('$$djng that makes no sense is ignored.', () => {
  for (const about of [null, 5, 'x', [], { del: 'a' }, { del: [null, 7, {}] }, { del: ['$$hashKey'] }]) {
    assert.deepEqual(laid({ a: 1, $$hashKey: 1 }, { b: 2, $$djng: about }), { a: 1, b: 2, $$hashKey: 1 });
  }
});

test('A property with a pending change is neither set nor deleted.', () => {
  assert.deepEqual(laid({ a: 'mine', b: 1 }, { a: 'theirs', b: 2 }, between({}, { a: 'mine' })), { a: 'mine', b: 2 });
  assert.deepEqual(laid({ a: 'mine' }, { $$djng: { del: ['a'] } }, between({}, { a: 'mine' })), { a: 'mine' });
  assert.deepEqual(laid({}, { a: 'theirs' }, between({ a: 1 }, {})), {});
});

test('A value that is equal keeps its identity, one that differs is replaced and not altered.', () => {
  const [equal, other] = [{ x: [1] }, { x: 1 }];
  const collection = laid({ equal, other }, { equal: { x: [1] }, other: { x: 2 } });
  assert.equal(collection.equal, equal);
  assert.notEqual(collection.other, other);
  assert.deepEqual(other, { x: 1 });
});

test('A date that a frame repeats stays a date.', () => {
  const day = new Date(0);
  assert.equal(laid({ day }, { day: '1970-01-01T00:00:00.000Z' }).day, day);
});

test('An item that moved is the same object at its new place.', () => {
  const [a, b, c] = [{ n: 'a' }, { n: 'b', $$hashKey: 'object:1' }, { n: 'c' }];
  const list = laid([a, b, c], [{ n: 'b' }, { n: 'c' }, { n: 'd' }]);
  assert.deepEqual(list.map((item) => item.n), ['b', 'c', 'd']);
  assert.equal(list[0], b);
  assert.equal(list[1], c);
  const inner = laid({ items: [a, b] }, { items: [{ n: 'b' }] }).items;
  assert.equal(inner[0], b);
});

test('An item is used once, however often its value appears.', () => {
  const item = { n: 1 };
  const list = laid([item], [{ n: 1 }, { n: 1 }]);
  assert.equal(list[0], item);
  assert.notEqual(list[1], item);
});

test('A value that another property refers to is not altered through the first.', () => {
  const [a, b] = [{ n: 'a' }, { n: 'b' }];
  const collection = laid({ items: [a, b], selected: a }, { items: [{ n: 'a' }, { n: 'b' }], selected: { n: 'b' } });
  assert.deepEqual(collection, { items: [{ n: 'a' }, { n: 'b' }], selected: { n: 'b' } });
});

test('An array becomes the frame, in place, longer or shorter.', () => {
  const list = ['a', 'b', 'c'];
  assert.equal(laid(list, ['x']), list);
  assert.deepEqual(list, ['x']);
  assert.deepEqual(laid(list, ['x', 'y', null]), ['x', 'y', null]);
});

test('An array keeps its pending items, and others fill the rest.', () => {
  assert.deepEqual(laid(['mine', 'b'], ['a', 'B', 'c'], between(['a', 'b'], ['mine', 'b'])), ['mine', 'B', 'c']);
  assert.deepEqual(laid(['a', 'b', 'mine'], ['a'], between(['a', 'b'], ['a', 'b', 'mine'])), ['a', 'b', 'mine']);
});

test('An array that was cut here stays cut, but not longer than the others made it.', () => {
  assert.deepEqual(laid(['a'], ['A', 'b', 'c'], between(['a', 'b'], ['a'])), ['A']);
  assert.deepEqual(laid(['a', 'b'], ['A'], between(['a', 'b', 'c'], ['a', 'b'])), ['A']);
});

test('Any name is a property like another.', () => {
  const made = {};
  hostile.forEach((name) => Object.defineProperty(made, name, { value: name, enumerable: true, configurable: true, writable: true }));
  const text = encode(write(made), between(null, made));
  assert.deepEqual(Object.keys(JSON.parse(text)).sort(), [...hostile].sort());
  const there = laid({}, text);
  assert.deepEqual(Object.keys(there).sort(), [...hostile].sort());
  assert.equal(Object.getPrototypeOf(there), Object.prototype);
  assert.equal(difference(write(made), write(there)), null);
  assert.deepEqual(Object.keys(laid(there, `{"$$djng":{"del":${JSON.stringify(hostile)}}}`)), []);
  assert.equal({}.polluted, undefined);
});

test('A value that has no JSON is simply replaced.', () => {
  const cyclic = {};
  cyclic.self = cyclic;
  assert.deepEqual(laid({ a: cyclic }, { a: 1 }), { a: 1 });
});

/** Bring a list to other items, told by their JSON. */
function arranged(list, items) {
  const texts = items.map(toJson);
  arrange(list, list.map(toJson), texts, (index) => items[index]);
  return list;
}

test('A list that is brought to other items moves those that it has.', () => {
  const [a, b, c] = [{ n: 'a' }, { n: 'b' }, { n: 'c' }];
  const list = [a, b, c];
  assert.equal(arranged(list, [{ n: 'x' }, { n: 'c' }, { n: 'a' }, { n: 'd' }]), list);
  assert.deepEqual(list, [{ n: 'x' }, { n: 'c' }, { n: 'a' }, { n: 'd' }]);
  assert.equal(list[1], c);
  assert.equal(list[2], a);
});

test('An item that stays at its index is the same object, however many are equal to it.', () => {
  const items = [{ n: 1 }, { n: 1 }, { n: 1 }];
  const list = arranged(items.slice(), [{ n: 2 }, { n: 1 }, { n: 1 }, { n: 1 }]);
  assert.deepEqual([list[1] === items[1], list[2] === items[2], list[3] === items[0]], [true, true, true]);
});

test('A list becomes shorter.', () => {
  assert.deepEqual(arranged(['a', 'b', 'c'], ['c']), ['c']);
  assert.deepEqual(arranged(['a', 'b'], []), []);
});
