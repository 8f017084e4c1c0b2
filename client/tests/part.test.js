/** A page that may read some of the properties only (`readable` of a facility) keeps to the same rules, and harms nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { record } from '../src/difference.js';
import { hear } from '../src/hearing.js';
import { everyName, value } from '../src/layers.js';
import { isLevel, makeReplica, version } from '../src/replica.js';
import { edit, outgoing } from '../src/saying.js';
import { change, full, hello, own } from './speech.js';

const written = (collection) => record(collection, JSON.stringify);

/** A replica that was greeted with what it may see. */
function greeted(content, options) {
  const replica = makeReplica(null, true);
  const it = {
    replica,
    hears(...frames) {
      frames.forEach((frame) => hear(replica, JSON.stringify(frame)));
      return it;
    },
    shows() {
      const { layers } = replica;
      const pairs = [...everyName(layers)].map((name) => [name, value(layers, name)]).filter(([, text]) => text !== undefined);
      return Object.fromEntries(pairs.map(([name, text]) => [name, JSON.parse(text)]));
    },
    edits(next) {
      edit(replica, written(it.shows()), written(next));
      return it;
    },
    says: () => outgoing(replica).map((text) => JSON.parse(text)),
  };
  return it.hears(hello(), full(content, options));
}

test('Changes of what is not seen count, and nothing is asked for again.', () => {
  const it = greeted({ a: 1 }).hears(change({}, { v: 2 }), change({ a: 2 }, { v: 3 }), change({}, { v: 4, o: 'other', s: 1 }));
  assert.deepEqual(it.shows(), { a: 2 });
  assert.deepEqual(it.says(), []);
  assert.equal(version(it.replica), 4);
});

test('What is written and not seen arrives with the own change, is shown no more, and is not said again.', () => {
  const it = greeted({ a: 1 }).edits({ a: 2, offer: 9 });
  assert.deepEqual(it.says(), [{ a: 2, offer: 9, $$djng: { s: 1 } }]);
  assert.deepEqual(it.shows(), { a: 2, offer: 9 });
  it.hears(own({ a: 2 }, 1, 2));
  assert.deepEqual(it.shows(), { a: 2 });
  assert.ok(isLevel(it.replica));
  assert.deepEqual(it.edits({ a: 3 }).says(), [{ a: 3, $$djng: { s: 2 } }]);
});

test('A change of which nothing comes back has arrived, too.', () => {
  const it = greeted({ a: 1 }).edits({ a: 1, offer: 9 });
  it.says();
  assert.ok(isLevel(it.hears(own({}, 1, 2)).replica));
  assert.deepEqual(it.shows(), { a: 1 });
});

test('Taking away all that is seen takes away no more.', () => {
  assert.deepEqual(greeted({ a: 1, b: 2 }).edits({}).says(), [{ $$djng: { s: 1, del: ['a', 'b'] } }]);
});

test('An array, of which nothing is told, is an object without properties.', () => {
  const it = greeted({}, { v: 3 }).hears(change({}, { v: 4 }));
  assert.deepEqual(it.shows(), {});
  assert.deepEqual(it.hears(change({}, { v: 5 }), change({ a: 1 }, { v: 6 })).shows(), { a: 1 });
  assert.deepEqual(it.says(), []);
});
