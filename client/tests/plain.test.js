import assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference, record } from '../src/difference.js';
import { encode } from '../src/plain.js';

const write = (collection) => record(collection, JSON.stringify);
const between = (before, after) => difference(before && write(before), write(after));

test('A frame is the whole collection.', () => {
  assert.equal(encode(write({ a: 1, b: { c: 'x' } }), between({ a: 2 }, { a: 1 })), '{"a":1,"b":{"c":"x"}}');
  assert.equal(encode(write(['a', null]), between([], ['a', null])), '["a",null]');
});

test('Deletions travel beside the collection.', () => {
  assert.equal(encode(write({ a: 1 }), between({ a: 1, b: 2 }, { a: 1 })), '{"a":1,"$$djng":{"del":["b"]}}');
  assert.equal(encode(write({}), between({ b: 2 }, {})), '{"$$djng":{"del":["b"]}}');
});
