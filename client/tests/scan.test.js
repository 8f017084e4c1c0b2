import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elements, isDeeper, members } from '../src/scan.js';

const nested = (depth) => '['.repeat(depth) + ']'.repeat(depth);

test('The members of an object are found as they are written.', () => {
  const text = ' { "a" : 1.50 , "b":-0,"c":12345678901234567890, "d" : {"x": [1, "}"]} ,"e":"\\"]," , "f":true }\n';
  assert.deepEqual({ ...members(text) }, {
    a: '1.50', b: '-0', c: '12345678901234567890', d: '{"x": [1, "}"]}', e: '"\\"],"', f: 'true',
  });
});

test('The items of an array are found as they are written.', () => {
  assert.deepEqual(elements('[1e2,\t"a\\\\", [ ] ,{},null,"é\\u00e9"]'), ['1e2', '"a\\\\"', '[ ]', '{}', 'null', '"é\\u00e9"']);
});

test('What is empty has nothing inside.', () => {
  assert.deepEqual([elements('[]'), elements(' [ ] '), Object.keys(members('{ }'))], [[], [], []]);
});

test('A name is decoded, and of one that appears twice the last counts.', () => {
  assert.deepEqual({ ...members('{"\\u0061":1,"a":2,"\\ud83d":3}') }, { a: '2', '\ud83d': '3' });
});

test('Any name is a member like another.', () => {
  const found = members('{"__proto__":1,"constructor":2,"length":3}');
  assert.deepEqual(Object.entries(found), [['__proto__', '1'], ['constructor', '2'], ['length', '3']]);
});

test('Whatever JSON.stringify writes is found again.', () => {
  const values = ['', '\\', '"', '\\"', '{[]}', ',:', null, true, -1.5e-7, [[], {}], { a: { b: ['x', { c: '\u2028' }] } }];
  for (const space of [undefined, 1, '\t']) {
    assert.deepEqual(elements(JSON.stringify(values, null, space)).map((text) => JSON.parse(text)), values);
    const object = Object.fromEntries(values.map((value, index) => [String(value) + index, value]));
    const found = Object.entries(members(JSON.stringify(object, null, space)));
    assert.deepEqual(Object.fromEntries(found.map(([name, text]) => [name, JSON.parse(text)])), object);
  }
});

test('Depth is counted in arrays and objects, not in texts.', () => {
  assert.equal(isDeeper(nested(100), 100), false);
  assert.equal(isDeeper(nested(101), 100), true);
  assert.equal(isDeeper(`{"a":${nested(100)}}`, 100), true);
  assert.equal(isDeeper(JSON.stringify('['.repeat(500)), 100), false);
  assert.equal(isDeeper(JSON.stringify(Array.from({ length: 500 }, () => [[]])), 100), false);
});
