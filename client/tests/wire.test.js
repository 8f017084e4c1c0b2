import assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference, record } from '../src/difference.js';
import { isHello, read, seed, write } from '../src/wire.js';

const written = (collection) => record(collection, JSON.stringify);

test('A hello is told from whatever else may come first.', () => {
  assert.equal(isHello('{"$$djng":{"me":"a1","sub":["broadcast"],"pub":[]}}'), true);
  assert.equal(isHello(' { "$$djng" : { "me" : "a1" } } '), true);
  const others = [
    '', 'hello', '"$$djng"', '{"$$djng":', '{"a":1}', '{"a":"$$djng"}', '{"$$djng":{"del":["a"]}}', '{"$$djng":{"me":1}}', '[]',
    '{"a":1,"$$djng":{"full":1,"c":"broadcast","e":1,"v":1}}', undefined, {},
  ];
  others.forEach((text) => assert.equal(isHello(text), false, text));
});

test('A hello says who one is, what one hears and may write to.', () => {
  const frame = read('{"$$djng":{"me":"a1","sub":["broadcast","group:x"],"pub":["broadcast"]}}');
  assert.deepEqual(frame, { type: 'hello', me: 'a1', sub: ['broadcast', 'group:x'], pub: ['broadcast'], moves: false });
  assert.equal(read('{"$$djng":{"me":"a1","sub":[],"pub":[],"moves":1}}').moves, true);
});

test('A snapshot of an object keeps what JavaScript could not hold.', () => {
  const { type, label, e, v, list, texts } = read('{ "id": 12345678901234567890, "z":-0,"$$djng":{"full":1,"c":"user","e":5,"v":3}}');
  assert.deepEqual({ type, label, e, v, list }, { type: 'snapshot', label: 'user', e: 5, v: 3, list: false });
  assert.deepEqual({ ...texts }, { id: '12345678901234567890', z: '-0' });
});

test('A snapshot of an array has its items.', () => {
  const { list, texts } = read('{"$$djng":{"full":1,"c":"broadcast","e":5,"v":3,"n":3,"items":[1e3, {"a": [1]} ,"x"]}}');
  assert.deepEqual([list, texts], [true, ['1e3', '{"a": [1]}', '"x"']]);
  assert.deepEqual(read('{"$$djng":{"full":1,"c":"broadcast","e":5,"v":3,"n":0,"items":[]}}').texts, []);
});

test('What was never written to is neither object nor array; what was emptied is one.', () => {
  assert.equal(read('{"$$djng":{"full":1,"c":"broadcast","e":5,"v":0}}').list, null);
  assert.equal(read('{"$$djng":{"full":1,"c":"broadcast","e":5,"v":2}}').list, false);
});

test('A change says what is set and deleted, and whose it is.', () => {
  const frame = read('{"home":3,"__proto__":1,"$$djng":{"c":"broadcast","e":5,"v":42,"o":"a1","s":7,"del":["away"]}}');
  assert.deepEqual(Object.keys(frame.set), ['home', '__proto__']);
  const { set, ...rest } = frame;
  assert.equal(set.home, '3');
  assert.deepEqual(rest, { type: 'change', label: 'broadcast', e: 5, v: 42, list: false, n: undefined, author: 'a1', s: 7, del: ['away'] });
});

test('A change of an array has its length; what else the server notes for itself does not matter.', () => {
  const { list, n, set, del } = read('{"3":"d","$$djng":{"c":"broadcast","e":5,"v":7,"n":4,"t":3,"f":"abc"}}');
  assert.deepEqual([list, n, { ...set }, del], [true, 4, { 3: '"d"' }, []]);
});

test('An answer is an acknowledgement or a refusal.', () => {
  const told = { type: 'ack', s: 7, label: 'broadcast', e: 5, v: 42, n: 4 };
  assert.deepEqual(read('{"$$djng":{"ack":7,"c":"broadcast","e":5,"v":42,"n":4}}'), told);
  const errors = { home: ['Too much.'] };
  assert.deepEqual(read(JSON.stringify({ $$djng: { s: 7, errors } })), { type: 'refusal', s: 7, of: [], errors });
  const remark = JSON.stringify({ $$djng: { of: ['away'], errors } });
  assert.deepEqual(read(remark), { type: 'refusal', s: undefined, of: ['away'], errors });
});

test('Names that begin with $$ stay off the collection, and names of others are not deleted.', () => {
  const { set, del } = read('{"a":1,"$$x":2,"$$djng":{"c":"broadcast","e":5,"v":1,"del":["$$hashKey","b",7]}}');
  assert.deepEqual([{ ...set }, del], [{ a: '1' }, ['b']]);
});

test('What says nothing about itself is no frame.', () => {
  for (const text of ['', 'no json', '5', 'null', '{}', '{"a":1}', '[]', '{"$$djng":5}', '{"$$djng":null}']) {
    assert.throws(() => read(text), undefined, text);
  }
});

test('A change of an object names what it sets and deletes, nothing else.', () => {
  const change = difference(written({ home: 2, away: 1, other: 1 }), written({ home: 3, other: 1, '__proto__x': null }));
  assert.equal(write(change, 7), '{"home":3,"__proto__x":null,"$$djng":{"s":7,"del":["away"]}}');
});

test('A change of an array says so.', () => {
  const change = { list: true, set: { 0: '"x"' }, length: 2, push: ['"d"', '{}'] };
  assert.equal(write(change, 9), '{"0":"x","$$djng":{"s":9,"list":1,"n":2,"push":["d",{}]}}');
  assert.equal(write({ list: true, set: {}, length: 0, push: [] }, 1), '{"$$djng":{"s":1,"list":1,"n":0}}');
});

test('Any name survives, also one that no UTF-8 can carry.', () => {
  const names = ['__proto__', 'length', '"', '\\', '\u2028', '\ud83d', 'é😀'];
  const set = Object.assign(Object.create(null), Object.fromEntries(names.map((name, index) => [name, String(index)])));
  const text = write({ list: false, set, length: null, push: [] }, 1);
  assert.deepEqual(Object.keys(JSON.parse(text)).sort(), names.concat('$$djng').sort());
  assert.ok(text.includes('"\\ud83d":5'));
});

test('A seed is all there is; for one label of several it names it.', () => {
  assert.equal(seed(written({ a: 1, b: [] }), null), '{"a":1,"b":[],"$$djng":{"seed":1}}');
  assert.equal(seed(written(['a', null]), 'user'), '{"$$djng":{"seed":1,"c":"user","list":1,"push":["a",null]}}');
});

test('Edits of an array say of which position they are, what goes and what comes.', () => {
  const edits = { list: true, set: { 2: '"x"' }, length: null, gone: [0, 4], come: [[1, ['1.0', '"y"']]], push: ['null'] };
  const said = '{"2":"x","$$djng":{"s":7,"list":1,"c":"user","e":5,"v":3,"del":[0,4],"ins":[[1,[1.0,"y"]]],"push":[null]}}';
  assert.equal(write(edits, 7, { c: 'user', e: 5, v: 3 }), said);
});

test('A server says that a change has to be said anew.', () => {
  const frame = read('{"$$djng":{"again":7,"c":"user","e":5,"v":3}}');
  assert.deepEqual(frame, { type: 'again', s: 7, label: 'user', e: 5, v: 3 });
});
