import assert from 'node:assert/strict';
import { test } from 'node:test';
import { record } from '../src/difference.js';
import { isTied, isWrong } from '../src/faults.js';
import { hear } from '../src/hearing.js';
import { everyName, isList, items, value, waiting, waits } from '../src/layers.js';
import { close, forget, isLevel, makeReplica, release, resume, unsent, version } from '../src/replica.js';
import { edit, outgoing, parting } from '../src/saying.js';
import { ack, change, full, hello, own, refusal } from './speech.js';

const written = (collection) => record(collection, JSON.stringify);

/** A replica with a page around it that shows what it is told to: `shows()`, `edits(collection)`, `hears(…)`, `says()`. */
function page(collection = null, { publishes = true } = {}) {
  let shown = written(collection);
  const replica = makeReplica(written(collection), publishes);
  const it = {
    replica,
    shows() {
      const { layers } = replica;
      if (isList(layers, shown && shown.list)) {
        return items(layers).texts.map((text) => JSON.parse(text));
      }
      const pairs = [...everyName(layers)].map((name) => [name, value(layers, name)]).filter(([, text]) => text !== undefined);
      return Object.fromEntries(pairs.map(([name, text]) => [name, JSON.parse(text)]));
    },
    edits(next) {
      shown = written(it.shows());
      edit(replica, shown, written(next));
      shown = written(next);
      return it;
    },
    hears(...frames) {
      frames.forEach((frame) => hear(replica, typeof frame === 'string' ? frame : JSON.stringify(frame)));
      return it;
    },
    says: () => outgoing(replica).map((text) => JSON.parse(text)),
  };
  return it;
}

/** One that was greeted. */
const greeted = (content, options) => page(undefined, options).hears(hello(), full(content));
/** What is given back of a state that was lost. */
const lost = (content, about) => ({ ...content, $$djng: { seed: 1, e: 1000, v: 1, ...about } });
const sync = { $$djng: { sync: 1 } };

test('A snapshot is what is shown.', () => {
  assert.deepEqual(greeted({ a: 1, b: [2] }).shows(), { a: 1, b: [2] });
  assert.deepEqual(greeted(['a', 'b']).shows(), ['a', 'b']);
});

test('An edit is said under the next number, and the next one only when it was answered.', () => {
  const it = greeted({ a: 1 }).edits({ a: 2 });
  assert.deepEqual(it.says(), [{ a: 2, $$djng: { s: 1 } }]);
  it.edits({ a: 3 }).edits({ a: 4, b: 1 });
  assert.deepEqual(it.says(), []);
  it.hears(own({ a: 2 }, 1, 2));
  assert.deepEqual(it.says(), [{ a: 4, b: 1, $$djng: { s: 2 } }]);
});

test('Nothing is said before the hello and every snapshot.', () => {
  const it = page({}).edits({ a: 1 });
  assert.deepEqual(it.says(), []);
  it.hears(hello(['broadcast', 'user']));
  assert.deepEqual(it.says(), []);
  it.hears(full({ b: 1 }));
  assert.deepEqual(it.says(), []);
  it.hears(full({ d: 1 }, { c: 'user' }));
  assert.deepEqual(it.says(), [{ a: 1, $$djng: { s: 1 } }]);
});

test('A change of another client is shown, but not over what was edited here.', () => {
  const it = greeted({ a: 1, b: 1 }).edits({ a: 2, b: 1 });
  it.says();
  it.hears(change({ a: 5, b: 5 }, { v: 2 }));
  assert.deepEqual(it.shows(), { a: 2, b: 5 });
  it.hears(own({ a: 2 }, 1, 3));
  assert.deepEqual(it.shows(), { a: 2, b: 5 });
});

test('What the server made of the own change is what counts.', () => {
  const it = greeted({ a: 1 }).edits({ a: 200 });
  it.says();
  assert.deepEqual(it.hears(own({ a: 99 }, 1, 2)).shows(), { a: 99 });
});

test('Deleted is deleted, here and by others; null is a value.', () => {
  const it = greeted({ a: 1, b: 1 }).edits({ b: null });
  assert.deepEqual(it.says(), [{ b: null, $$djng: { s: 1, del: ['a'] } }]);
  assert.deepEqual(it.shows(), { b: null });
  assert.deepEqual(it.hears(own({ b: null }, 1, 2, { del: ['a'] }), change({}, { v: 3, del: ['b'] })).shows(), {});
});

test('A change that is known, from before or twice, does nothing.', () => {
  const it = greeted({ a: 1 }).hears(change({ a: 2 }, { v: 2 }), change({ a: 2 }, { v: 2 }));
  it.hears(change({ a: 0 }, { v: 1 }), change({ a: 0 }, { e: 999, v: 9 }));
  assert.deepEqual([it.shows(), version(it.replica), it.says()], [{ a: 2 }, 2, []]);
});

test('After a gap changes are held, and the snapshot is asked for once.', () => {
  const it = greeted({ a: 1 }).hears(change({ a: 3 }, { v: 3 }), change({ a: 4 }, { v: 4 }));
  assert.deepEqual([it.shows(), it.says(), it.says()], [{ a: 1 }, [sync], []]);
  assert.deepEqual(it.hears(full({ a: 3, b: 1 }, { v: 3 })).shows(), { a: 4, b: 1 });
  assert.ok(isLevel(it.replica));
});

test('Changes that overtake the first snapshot are held.', () => {
  const it = page().hears(hello(), change({ a: 2 }, { v: 2 }), change({ b: 2 }, { v: 3 }), full({ a: 1 }));
  assert.deepEqual([it.shows(), it.says()], [{ a: 2, b: 2 }, []]);
});

test('A snapshot that is older than what is known is dropped, but what was held is taken.', () => {
  const it = greeted({ a: 1 }).hears(change({ a: 2 }, { v: 2 }), full({ a: 1 }));
  assert.deepEqual(it.shows(), { a: 2 });
  it.hears(change({ a: 4 }, { v: 4 }), full({ a: 1 }));
  assert.deepEqual(it.says(), [sync, sync]);
});

test('The first snapshot of a socket counts, whatever was known.', () => {
  const it = greeted({ a: 1 }).hears(change({ a: 2 }, { v: 2 }));
  close(it.replica);
  assert.deepEqual(it.hears(hello(), full({ a: 1 })).shows(), { a: 1 });
});

test('A later epoch is another collection.', () => {
  const it = greeted({ a: 1 }).hears(change({ b: 1 }, { e: 2000, v: 1 }));
  assert.deepEqual(it.says(), [sync]);
  assert.deepEqual(it.hears(full({ b: 1 }, { e: 2000, v: 1 })).shows(), { b: 1 });
});

test('A lost socket: edits compose, the one in flight goes again under its number, then the others.', () => {
  const it = greeted({ a: 1 }).edits({ a: 2 });
  it.says();
  close(it.replica);
  for (let n = 0; n < 1000; n += 1) {
    it.edits({ a: n, b: n });
  }
  assert.deepEqual([it.says(), waiting(it.replica.layers)], [[], 2]);
  it.hears(hello());
  assert.deepEqual(it.says(), []);
  it.hears(full({ a: 1 }));
  assert.deepEqual(it.says(), [{ a: 2, $$djng: { s: 1 } }]);
  assert.deepEqual(it.hears(own({ a: 2 }, 1, 2)).says(), [{ a: 999, b: 999, $$djng: { s: 2 } }]);
});

test('An acknowledged change goes without being laid over what others have changed since.', () => {
  const it = greeted({ a: 1 }).edits({ a: 2 });
  it.says();
  close(it.replica);
  it.hears(hello(), full({ a: 7 }, { v: 3 }));
  assert.deepEqual([it.shows(), it.says()], [{ a: 2 }, [{ a: 2, $$djng: { s: 1 } }]]);
  assert.deepEqual(it.hears(ack(1, 2)).shows(), { a: 7 });
});

test('An acknowledged change stays on top until the position that was told is known.', () => {
  const it = greeted({ a: 1 }).edits({ a: 2 });
  it.says();
  it.hears(ack(1, 3));
  assert.deepEqual([it.shows(), isLevel(it.replica)], [{ a: 2 }, false]);
  it.hears(change({ b: 1 }, { v: 2 }));
  assert.deepEqual(it.shows(), { a: 2, b: 1 });
  it.hears(change({ a: 2 }, { v: 3 }));
  assert.deepEqual([it.shows(), isLevel(it.replica)], [{ a: 2, b: 1 }, true]);
});

test('An acknowledgement of an epoch that is over does not count.', () => {
  const it = greeted({ a: 1 }).edits({ a: 2 });
  it.says();
  it.hears(full({ a: 5 }, { e: 2000, v: 1 }), ack(1, 2));
  assert.deepEqual(it.says(), [lost({ a: 1 }), { a: 2, $$djng: { s: 1 } }]);
  assert.deepEqual(it.hears(own({ a: 2 }, 1, 2, { e: 2000 })).shows(), { a: 2 });
});

test('Nor does one that came while a snapshot was awaited, if this is of a later epoch.', () => {
  const it = greeted({ a: 1 }).edits({ a: 2 });
  it.says();
  it.hears(change({ b: 1 }, { v: 4 }), ack(1, 2), full({ a: 5 }, { e: 2000, v: 1 }));
  assert.deepEqual([it.shows(), it.says()], [{ a: 2 }, [sync, lost({ a: 1 }), { a: 2, $$djng: { s: 1 } }]]);
});

test('Every snapshot makes the change in flight go again, also one that is dropped.', () => {
  const it = greeted({ a: 1 }).hears(change({ b: 1 }, { v: 2 })).edits({ a: 2, b: 1 });
  it.says();
  assert.deepEqual(it.hears(full({ a: 1 })).says(), [{ a: 2, $$djng: { s: 1 } }]);
  assert.deepEqual(it.hears(full({ a: 1, b: 1 }, { v: 2 })).says(), [{ a: 2, $$djng: { s: 1 } }]);
});

test('A socket that begins anew sends snapshots; until they are there changes are held.', () => {
  const it = greeted({ a: 1 }).hears(hello(), change({ a: 3 }, { v: 3 }));
  assert.deepEqual([it.shows(), it.says()], [{ a: 1 }, []]);
  assert.deepEqual(it.hears(full({ a: 2 }, { v: 2 })).shows(), { a: 3 });
});

test('A refused change is taken back, but what was edited since stays.', () => {
  const it = greeted({ a: 1, b: 1 }).edits({ a: 2, b: 2 });
  it.says();
  it.edits({ a: 2, b: 3 });
  it.hears(refusal(1, { a: ['No.'], b: ['Never.'] }));
  assert.deepEqual([it.shows(), { ...it.replica.errors }], [{ a: 1, b: 3 }, { a: ['No.'], b: ['Never.'] }]);
  assert.deepEqual(it.says(), [{ b: 3, $$djng: { s: 2 } }]);
});

test('An error is past when the property changes again.', () => {
  const it = greeted({ a: 1, b: 1 }).edits({ a: 2, b: 2 });
  it.says();
  it.hears(refusal(1, { a: ['No.'], b: ['No.'], '': ['Nothing of it.'] }));
  it.edits({ a: 3, b: 1 });
  assert.deepEqual(Object.keys(it.replica.errors), ['b']);
  assert.deepEqual(Object.keys(it.hears(change({ b: 5 }, { v: 2 })).replica.errors), []);
});

test('An error about what was not touched is past when that changes, or what was.', () => {
  for (const mended of [{ a: 3, b: 1, c: 1 }, { a: 1, b: 3, c: 1 }]) {
    const it = greeted({ a: 1, b: 1, c: 1 }).edits({ a: 2, b: 1, c: 1 });
    it.says();
    it.hears(refusal(1, { b: ['No.'] }));
    const wrong = () => ['a', 'b', 'c'].filter((name) => isWrong(it.replica, name));
    const tied = () => [isTied(it.replica, 'a', 'b'), isTied(it.replica, 'a', 'c'), isTied(it.replica, 'b', 'a')];
    assert.deepEqual([wrong(), tied()], [['a', 'b'], [true, false, false]]);
    it.edits({ a: 1, b: 1, c: 2 });
    assert.deepEqual([wrong(), tied()], [['a', 'b'], [true, false, false]]);
    it.edits({ ...mended, c: 2 });
    assert.deepEqual([wrong(), { ...it.replica.errors }], [[], {}]);
  }
});

test('What is wrong with a draft is past when that changes, or what was said before.', () => {
  for (const mended of [{ a: 3, b: 1 }, { a: 2, b: 3 }]) {
    const it = greeted({ a: 1, b: 1 }).edits({ a: 2, b: 1 });
    it.says();
    it.hears(own({ a: 2 }, 1, 2), { $$djng: { of: ['a'], errors: { b: ['No.'] } } });
    assert.deepEqual([it.shows(), Object.keys(it.replica.errors)], [{ a: 2, b: 1 }, ['b']]);
    assert.deepEqual(Object.keys(it.edits(mended).replica.errors), []);
  }
});

test('What is wrong as a whole concerns every property, and is past with the next edit.', () => {
  const it = greeted({ a: 1, b: 1 }).edits({ a: 2, b: 1 });
  it.says();
  it.hears(refusal(1, { '': ['No.'] }));
  assert.deepEqual([isWrong(it.replica, 'a'), isWrong(it.replica, 'b'), isTied(it.replica, 'a', 'b')], [true, false, true]);
  it.edits({ a: 1, b: 2 });
  assert.deepEqual([isWrong(it.replica, 'a'), { ...it.replica.errors }], [false, {}]);
});

test('A refusal of what is not in flight is told, and changes nothing.', () => {
  const it = greeted({ a: 1 }).edits({ a: 2 });
  it.says();
  it.hears(refusal(9, { a: ['What?'] }));
  assert.deepEqual([it.shows(), it.replica.refusals], [{ a: 2 }, [{ a: ['What?'] }]]);
});

// ---- what only the page has, and what was lost

test('What the page has stays until somebody changes it, and yields to the server.', () => {
  const it = page({ a: 'mine', own: 1 }).hears(hello(), full({ a: 'kept' }));
  assert.deepEqual([it.shows(), it.says()], [{ a: 'kept', own: 1 }, []]);
  it.hears(change({ own: 2 }, { v: 2 }), change({}, { v: 3, del: ['own'] }));
  assert.deepEqual(it.shows(), { a: 'kept' });
});

test('An empty collection is given what the page has.', () => {
  const it = page({ a: 1, b: 'x' }).hears(hello(), full(null));
  assert.deepEqual(it.says(), [{ a: 1, b: 'x', $$djng: { seed: 1 } }]);
  assert.deepEqual(it.says(), []);
  assert.deepEqual(it.hears(change({ a: 1, b: 'x' }, { v: 1, o: 'me' })).shows(), { a: 1, b: 'x' });
  assert.deepEqual(page(['a']).hears(hello(), full(null)).says(), [{ $$djng: { seed: 1, list: 1, push: ['a'] } }]);
});

test('A page that may not publish gives nothing, and shows what the server has.', () => {
  const it = greeted({ a: 1 }, { publishes: false }).hears(full(null, { e: 2000 }));
  assert.deepEqual([it.says(), it.shows()], [[], {}]);
  const rightless = page().hears(hello([], ['broadcast']), full({ a: 1 }), full(null, { e: 2000 }));
  assert.deepEqual([rightless.says(), rightless.shows()], [[], {}]);
});

test('A state that is lost is given back as it was written, and shown meanwhile.', () => {
  const it = page().hears(hello(), '{"id":12345678901234567890,"z":-0,"$$djng":{"full":1,"c":"broadcast","e":1000,"v":4}}');
  it.hears(full(null, { e: 2000 }));
  assert.deepEqual(outgoing(it.replica), ['{"id":12345678901234567890,"z":-0,"$$djng":{"seed":1,"e":1000,"v":4}}']);
  assert.deepEqual(Object.keys(it.shows()), ['id', 'z']);
});

test('Who was faster has the word: what nobody has given back is gone.', () => {
  const it = greeted({ a: 1, b: 1 }).hears(full(null, { e: 2000 }));
  it.says();
  assert.deepEqual(it.hears(change({ a: 1 }, { e: 2000, v: 1, o: 'other' })).shows(), { a: 1 });
});

test('Of a state that is lost is given back what another one lacks, too.', () => {
  const it = greeted({ a: 1, b: 1 }).hears(full({ a: 2 }, { e: 2000, v: 1 }));
  assert.deepEqual([it.shows(), it.says(), it.says()], [{ a: 2 }, [lost({ a: 1, b: 1 })], []]);
  assert.deepEqual(it.hears(change({ b: 1 }, { e: 2000, v: 2, o: 'me' })).shows(), { a: 2, b: 1 });
});

test('What may not have reached the server is given back again on the next socket, until something said behind it has.', () => {
  const it = greeted({ a: 1 }).hears(full({ b: 1 }, { e: 2000, v: 1 }));
  const reopen = () => {
    close(it.replica);
    return it.hears(hello(), full({ b: 1 }, { e: 2000, v: 1 }));
  };
  assert.deepEqual([it.says(), reopen().says()], [[lost({ a: 1 })], [lost({ a: 1 })]]);
  it.edits({ b: 2 }).says();
  it.hears(own({ b: 2 }, 1, 2, { e: 2000 }));
  close(it.replica);
  assert.deepEqual(it.hears(hello(), full({ b: 2 }, { e: 2000, v: 2 })).says(), []);
});

test('What goes on in a later epoch is not lost.', () => {
  const it = greeted({ a: 1, b: 1 }, { v: 5 });
  const { $$djng: about, ...content } = full({ a: 2 }, { e: 2000, v: 1 });
  assert.deepEqual(it.hears({ ...content, $$djng: { ...about, b: 900 } }).says(), []);
});

test('What is pending when the state is lost is said after the seed.', () => {
  const it = greeted({ a: 1 }).edits({ a: 2 });
  it.says();
  it.hears(full(null, { e: 2000 }));
  assert.deepEqual(it.says(), [lost({ a: 1 }), { a: 2, $$djng: { s: 1 } }]);
});

test('Without the right to publish an edit stays here until the server speaks.', () => {
  const it = greeted({ a: 1 }, { publishes: false }).edits({ a: 2, own: 1 });
  assert.deepEqual([it.says(), it.replica.isTouched], [[], true]);
  assert.deepEqual(it.hears(change({ b: 1 }, { v: 2 })).shows(), { a: 1, b: 1, own: 1 });
});

// ---- several audiences

test('The narrower audience is laid over the wider one.', () => {
  const labels = ['session', 'group:b', 'broadcast', 'user', 'group:a'];
  const it = page().hears(hello(labels), ...labels.map((c) => full({ [c]: 1, all: c }, { c })));
  assert.equal(it.shows().all, 'session');
  assert.deepEqual(it.replica.layers.labels.map(({ name }) => name), ['broadcast', 'group:a', 'group:b', 'user', 'session']);
  assert.equal(it.hears(change({}, { c: 'session', v: 2, del: ['all'] })).shows().all, 'user');
});

test('A change has arrived when every label has answered.', () => {
  const it = page().hears(hello(['broadcast', 'user']), full({ a: 1 }), full({ a: 1 }, { c: 'user' })).edits({ a: 2 });
  assert.deepEqual(it.says(), [{ a: 2, $$djng: { s: 1 } }]);
  it.edits({ a: 3 }).hears(own({ a: 2 }, 1, 2));
  assert.deepEqual(it.says(), []);
  assert.deepEqual(it.hears(own({ a: 2 }, 1, 2, { c: 'user' })).says(), [{ a: 3, $$djng: { s: 2 } }]);
});

test('A label that is written to and not heard answers by an acknowledgement, and what was said stays.', () => {
  const it = page({}).hears(hello(['broadcast'], [])).edits({ a: 1 });
  assert.deepEqual(it.says(), [{ a: 1, $$djng: { s: 1 } }]);
  assert.deepEqual([it.hears(ack(1, 1)).shows(), isLevel(it.replica)], [{ a: 1 }, true]);
  const list = page([]).hears(hello(['broadcast'], [])).edits(['x']);
  list.says();
  assert.deepEqual(list.edits(['y']).hears(ack(1, 1)).shows(), ['y']);
  assert.deepEqual(list.says(), [{ 0: 'y', $$djng: { s: 2, list: 1 } }]);
});

test('Each audience is given back its own.', () => {
  const it = page().hears(hello(['broadcast', 'user']), full({ a: 1 }), full({ b: 1 }, { c: 'user' }));
  it.hears(full(null, { e: 2000 }), full(null, { e: 2000, c: 'user' }));
  assert.deepEqual(it.says(), [lost({ a: 1 }, { c: 'broadcast' }), lost({ b: 1 }, { c: 'user' })]);
});

test('Rights may change with a socket: a label that is not heard any more is not shown.', () => {
  const it = page().hears(hello(['broadcast', 'user']), full({ a: 1 }), full({ b: 1 }, { c: 'user' }));
  close(it.replica);
  assert.deepEqual(it.hears(hello(), full({ a: 1 })).shows(), { a: 1 });
});

// ---- arrays

test('Two who append at once both keep their item.', () => {
  const it = greeted(['a']).edits(['a', 'mine']);
  assert.deepEqual(it.says(), [{ $$djng: { s: 1, list: 1, push: ['mine'] } }]);
  assert.deepEqual(it.hears(change({ 1: 'yours' }, { v: 2, n: 2 })).shows(), ['a', 'yours', 'mine']);
  assert.deepEqual(it.hears(own({ 2: 'mine' }, 1, 3, { n: 3 })).shows(), ['a', 'yours', 'mine']);
});

test('An item that is edited while it is in flight is the same item.', () => {
  const it = greeted(['a']).edits(['a', 'x']);
  it.says();
  it.edits(['a', 'xy']).hears(change({ 1: 'yours' }, { v: 2, n: 2 })).edits(['a', 'yours', 'xyz']);
  it.hears(own({ 2: 'x' }, 1, 3, { n: 3 }), change({ 3: 'z' }, { v: 4, n: 4 }));
  assert.deepEqual(it.shows(), ['a', 'yours', 'xyz', 'z']);
  assert.deepEqual(it.says(), [{ 2: 'xyz', $$djng: { s: 2, list: 1 } }]);
});

test('While it is open whether a snapshot holds the item in flight, this is not shown twice.', () => {
  const it = greeted(['a']).edits(['a', 'x']);
  it.says();
  close(it.replica);
  it.hears(hello(), full(['a', 'x', 'b'], { v: 3 }));
  assert.deepEqual([it.shows(), it.says()], [['a', 'x'], [{ $$djng: { s: 1, again: 1, list: 1, push: ['x'] } }]]);
  assert.deepEqual(it.hears(ack(1, 2)).shows(), ['a', 'x', 'b']);
});

test('An item that was not in the snapshot comes back as the own change.', () => {
  const it = greeted(['a']).edits(['a', 'x']);
  it.says();
  close(it.replica);
  it.hears(hello(), full(['a', 'b'], { v: 2 }));
  it.says();
  assert.deepEqual(it.hears(own({ 2: 'x' }, 1, 3, { n: 3 })).shows(), ['a', 'b', 'x']);
  assert.ok(isLevel(it.replica));
});

test('A snapshot that waits is shown when the change in flight is refused.', () => {
  const it = greeted(['a']).edits(['a', 'x']);
  it.says();
  close(it.replica);
  it.hears(hello(), full(['a', 'b'], { v: 2 }), refusal(1, { '': ['No.'] }));
  assert.deepEqual(it.shows(), ['a', 'b']);
});

test('An edit of an acknowledged item finds it.', () => {
  for (const n of [2, undefined]) {
    const it = greeted(['a']).edits(['a', 'x']);
    it.says();
    it.edits(['a', 'y']);
    close(it.replica);
    it.hears(hello(), full(['a', 'x', 'b'], { v: 3 })).says();
    assert.deepEqual(it.hears(ack(1, 2, { n })).says(), [{ 1: 'y', $$djng: { s: 2, list: 1 } }]);
    assert.deepEqual(it.shows(), ['a', 'y', 'b']);
  }
});

test('An item of a refused push that was edited since is pushed again.', () => {
  const it = greeted(['a']).edits(['a', 'bad', 'bad too']);
  it.says();
  it.edits(['a', 'good', 'bad too']).hears(refusal(1, { '': ['No.'] }));
  assert.deepEqual(it.shows(), ['a', 'good']);
  assert.deepEqual(it.says(), [{ $$djng: { s: 2, list: 1, push: ['good'] } }]);
});

test('What was cut off here while others appended is cut off, and what they appended is not.', () => {
  const it = greeted(['a', 'b', 'c']);
  close(it.replica);
  it.edits(['a', 'c']).hears(hello(), full(['a', 'b', 'c', 'd'], { v: 2 }));
  assert.deepEqual(it.shows(), ['a', 'c', 'd']);
  assert.deepEqual(it.says(), [{ 1: 'c', 2: 'd', $$djng: { s: 1, list: 1, n: 3 } }]);
});

test('An item that goes elsewhere goes as the server wrote it.', () => {
  const it = page().hears(hello(), '{"$$djng":{"full":1,"c":"broadcast","e":1000,"v":1,"n":2,"items":["a",{"id": 12345678901234567890}]}}');
  edit(it.replica, written(it.shows()), written([it.shows()[1]]));
  assert.deepEqual(outgoing(it.replica), ['{"0":{"id": 12345678901234567890},"$$djng":{"s":1,"list":1,"n":1}}']);
});

test('The server\'s length is final: cut, or filled up.', () => {
  const it = greeted(['a', 'b', 'c']).hears(change({ 0: 'A' }, { v: 2, n: 1 }));
  assert.deepEqual(it.shows(), ['A']);
  assert.deepEqual(it.hears(change({ 3: 'd' }, { v: 3, n: 4 })).shows(), ['A', null, null, 'd']);
});

test('The other kind is shown over what is there, and taken back when it is refused.', () => {
  const it = greeted({ a: 1 }).edits(['x']);
  assert.deepEqual(it.says(), [{ $$djng: { s: 1, list: 1, push: ['x'] } }]);
  assert.deepEqual(it.shows(), ['x']);
  it.hears(refusal(1, { '': ['It is an object.'] }));
  assert.deepEqual(it.shows(), { a: 1 });
});

test('An array shows the narrowest audience that has items.', () => {
  const it = page().hears(hello(['broadcast', 'user']), full(['all'], { v: 1 }), full([], { c: 'user', v: 1 }));
  assert.deepEqual(it.shows(), ['all']);
  assert.deepEqual(it.hears(change({ 0: 'mine' }, { c: 'user', v: 2, n: 1 })).shows(), ['mine']);
});

// ---- what outlives a page

test('What is unsent can be gone on from elsewhere, under the same numbers.', () => {
  const it = greeted({ a: 1 }).edits({ a: 2 });
  it.says();
  it.edits({ a: 3 });
  const left = JSON.parse(JSON.stringify(unsent(it.replica)));
  const next = page({});
  resume(next.replica, left);
  assert.deepEqual(next.shows(), { a: 3 });
  assert.deepEqual(next.hears(hello(), full({ a: 2 }, { v: 2 })).says(), [{ a: 2, $$djng: { s: 1 } }]);
  assert.deepEqual(next.hears(ack(1, 2)).says(), [{ a: 3, $$djng: { s: 2 } }]);
  assert.equal(unsent(page().replica), null);
});

test('A page that leaves says all; one that comes back says it again, in order.', () => {
  const it = greeted({ a: 1 }).edits({ a: 2 });
  it.says();
  it.edits({ a: 3 });
  assert.deepEqual(parting(it.replica).map((text) => JSON.parse(text)), [{ a: 3, $$djng: { s: 2 } }]);
  close(it.replica);
  it.hears(hello(), full({ a: 1 })).edits({ a: 4 });
  assert.deepEqual(it.says(), [{ a: 2, $$djng: { s: 1 } }, { a: 3, $$djng: { s: 2 } }]);
  assert.deepEqual(it.hears(ack(1, 1)).shows(), { a: 4 });
  assert.deepEqual(it.hears(own({ a: 3 }, 2, 2)).says(), [{ a: 4, $$djng: { s: 3 } }]);
});

test('An edit of an item in flight goes with a page that leaves, unless it is kept.', () => {
  for (const isKept of [false, true]) {
    const it = greeted(['a']).edits(['a', 'x']);
    it.says();
    it.edits(['a', 'y']);
    const texts = parting(it.replica, isKept).map((text) => JSON.parse(text));
    assert.deepEqual(texts, isKept ? [] : [{ 1: 'y', $$djng: { s: 2, list: 1 } }]);
    assert.deepEqual(it.shows(), ['a', 'y']);
  }
});

test('What somebody else has gone on from is forgotten here.', () => {
  const it = greeted({ a: 1 }).edits({ a: 2 });
  it.says();
  forget(it.replica);
  assert.deepEqual([it.shows(), unsent(it.replica)], [{ a: 1 }, null]);
});

test('Handed over to the other wire, all that is unsent is one change by names or indexes.', () => {
  const it = greeted({ a: 1, b: 1 }).edits({ a: 2, b: 1 });
  it.says();
  it.edits({ a: 2, d: 4 });
  assert.deepEqual({ ...release(it.replica).set }, { a: '2', b: null, d: '4' });
  const list = greeted(['a']).edits(['a', 'x']);
  list.says();
  assert.deepEqual({ ...release(list.edits(['A', 'x', 'y']).replica).set }, { 0: '"A"', 1: '"x"', 2: '"y"' });
  assert.equal(release(page().replica), null);
});

test('What waits can be told by property or index.', () => {
  const it = greeted({ a: 1, b: 1 }).edits({ a: 2, b: 1 });
  assert.deepEqual(['a', 'b'].map((name) => waits(it.replica.layers, name)), [true, false]);
  const list = greeted(['a', 'b']).edits(['A', 'b', 'x']);
  assert.deepEqual(['0', '1', '2'].map((name) => waits(list.replica.layers, name)), [true, false, true]);
  assert.equal(waiting(list.replica.layers), 2);
});

// ---- arrays that are cut and inserted into

const knowing = { $$djng: { me: 'me', sub: ['broadcast'], pub: ['broadcast'], moves: 1 } };
const listed = (...items) => page().hears(knowing, full(items));

test('What goes and comes is told by the position that is known, where the server understands it.', () => {
  const it = listed('a', 'b', 'c').edits(['b', 'x', 'c', 'd']);
  const about = { s: 1, list: 1, c: 'broadcast', e: 1000, v: 1, del: [0], ins: [[2, ['x']]], push: ['d'] };
  assert.deepEqual([it.says(), it.shows()], [[{ $$djng: about }], ['b', 'x', 'c', 'd']]);
  const older = greeted(['a', 'b', 'c']).edits(['b', 'c']);
  assert.deepEqual(older.says(), [{ 0: 'b', 1: 'c', $$djng: { s: 1, list: 1, n: 2 } }]);
});

test('A change in flight goes with its items, and is told anew by where they are.', () => {
  const it = listed('a', 'b', 'c').edits(['a', 'B']);
  it.says();
  it.hears(change({ 0: 'n', 1: 'a', 2: 'b', 3: 'c' }, { v: 2, n: 4 }));
  assert.deepEqual(it.shows(), ['n', 'a', 'B']);
  close(it.replica);
  it.hears(knowing, full(['a', 'b', 'c', 'e'], { v: 3 }));
  const about = { s: 1, list: 1, c: 'broadcast', e: 1000, v: 3, del: [2] };
  assert.deepEqual([it.shows(), it.says()], [['a', 'B', 'e'], [{ 1: 'B', $$djng: about }]]);
  close(it.replica);
  it.hears(hello(), full(['a', 'b', 'c', 'e'], { v: 3 }));
  assert.deepEqual(it.says(), [{ 1: 'B', 2: 'e', $$djng: { s: 1, list: 1, n: 3 } }]);
});

test('What is pending goes with its items while something is in flight.', () => {
  const it = listed('a', 'b').edits(['a', 'b', 'x']);
  it.says();
  it.edits(['b', 'x']).edits(['b', 'X']);
  it.hears(change({ 0: 'n', 1: 'a', 2: 'b' }, { v: 2, n: 3 }), own({ 3: 'x' }, 1, 3, { n: 4 }));
  assert.deepEqual(it.shows(), ['n', 'b', 'X']);
  assert.deepEqual(it.says(), [{ 3: 'X', $$djng: { s: 2, list: 1, c: 'broadcast', e: 1000, v: 3, del: [1] } }]);
});

test('A snapshot that waits is taken where the server says that it cannot hold the change.', () => {
  const it = listed('a', 'b').edits(['b', 'x']);
  it.says();
  close(it.replica);
  it.hears(knowing, full(['n', 'a', 'b'], { e: 2000, v: 4 }));
  assert.deepEqual(it.shows(), ['b', 'x']);
  it.says();
  it.hears({ $$djng: { again: 1, c: 'broadcast', e: 2000, v: 3 } });
  assert.deepEqual(it.shows(), ['b', 'x']);
  it.hears({ $$djng: { again: 1, c: 'broadcast', e: 2000, v: 4 } });
  const about = { s: 1, again: 1, list: 1, c: 'broadcast', e: 2000, v: 4, del: [1], push: ['x'] };
  assert.deepEqual([it.shows(), it.says().pop()], [['n', 'b', 'x'], { $$djng: about }]);
});

test('A page goes on from edits of another one by their position first, and then by what it knows.', () => {
  const it = listed('a', 'b', 'c').edits(['a', 'c']);
  it.says();
  const next = page();
  resume(next.replica, JSON.parse(JSON.stringify(unsent(it.replica))));
  next.hears(knowing, full(['n', 'a', 'b', 'c'], { v: 2 }));
  const about = { s: 1, list: 1, c: 'broadcast', e: 1000, v: 1, del: [1] };
  assert.deepEqual(next.says(), [{ $$djng: about }]);
  next.hears(full(['n', 'a', 'b', 'c'], { v: 2 }));
  assert.deepEqual(next.says(), [{ $$djng: { ...about, v: 2 } }]);
});

test('What a page has cut off it does not know to be longer.', () => {
  const it = listed('a', 'b').edits(['a', 'b', 'x']);
  it.says();
  it.edits(['a', 'x']);
  const next = page();
  resume(next.replica, JSON.parse(JSON.stringify({ ...unsent(it.replica), sent: [] })));
  next.hears(knowing, full(['a', 'b', 'other'], { v: 2 }));
  assert.ok(next.shows().includes('other'));
});

test('A page that knows what there is goes on from edits of another one, and edits what it shows.', () => {
  const it = listed('a', 'b');
  const pending = { list: true, set: {}, length: null, push: ['"x"'], pushed: {}, kept: null };
  resume(it.replica, { s: 0, sent: [], pending, grounds: 0 });
  it.edits(['a', 'B', 'x']);
  close(it.replica);
  it.hears(knowing, full(['a', 'b', 'c'], { v: 2 }));
  assert.deepEqual(it.shows(), ['a', 'B', 'c', 'x']);
});
