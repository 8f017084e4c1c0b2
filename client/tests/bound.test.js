import assert from 'node:assert/strict';
import { each, frames, same, turn } from './page.js';
import { ack, bind, change, full, greet, hear, hello, own, refusal } from './speech.js';

const DEEP = { options: { deep: true } };
const sync = { $$djng: { sync: 1 } };

// ---- what travels

each('A change is told by its properties alone, and what is derived from it in the same digest with it.', async (page, start) => {
  const app = start();
  const { socket } = await bind(page, app, { a: 1, b: { c: 1 } });
  app.scope.$watch('c.a', (a) => { app.scope.c.twice = 2 * a; });
  await app.edit(() => { app.scope.c.a = 5; });
  assert.deepEqual(socket.sent, ['{"a":5,"twice":10,"$$djng":{"s":1}}']);
});

each('What is typed while a change is in flight goes as one when that has arrived.', async (page, start) => {
  const app = start();
  const { socket } = await bind(page, app, { text: '' });
  for (const text of ['H', 'He', 'Hel', 'Hell', 'Hello']) {
    await app.edit(() => { app.scope.c.text = text; });
  }
  assert.deepEqual(frames(socket), [{ text: 'H', $$djng: { s: 1 } }]);
  await hear(page, socket, own({ text: 'H' }, 1, 2));
  assert.equal(app.scope.c.text, 'Hello');
  assert.deepEqual(frames(socket).slice(1), [{ text: 'Hello', $$djng: { s: 2 } }]);
});

each('An edit that no digest has seen is taken in before what is heard.', async (page, start) => {
  const app = start();
  const { socket } = await bind(page, app, { mine: 'a', yours: 'a' });
  app.scope.c.mine = 'typed';
  await hear(page, socket, change({ mine: 'b', yours: 'b' }, { v: 2 }));
  same(app.scope.c, { mine: 'typed', yours: 'b' });
  assert.deepEqual(frames(socket), [{ mine: 'typed', $$djng: { s: 1 } }]);
});

each('A value that a watch derives from a remote one is told.', async (page, start) => {
  const app = start();
  const { socket } = await bind(page, app, { n: 1, square: 1 });
  app.scope.$watch('c.n', (n) => { app.scope.c.square = n * n; });
  await app.edit(() => {});
  await hear(page, socket, change({ n: 3 }, { v: 2 }));
  assert.deepEqual(frames(socket), [{ square: 9, $$djng: { s: 1 } }]);
});

each('What is heard is not told, nor is a digest that changes nothing.', async (page, start) => {
  for (const options of [undefined, { deep: true }]) {
    const app = start();
    const { socket } = await bind(page, app, { a: 1, b: { x: [1, { y: null }] } }, { options });
    await hear(page, socket, change({ a: { z: 1 }, d: [] }, { v: 2, del: ['b'] }));
    await app.edit(() => {});
    await app.edit(() => { app.scope.c = { d: [], a: { z: 1 } }; });
    assert.deepEqual(socket.sent, []);
  }
});

each('A deep binding tells the whole property in which something changed.', async (page, start) => {
  const app = start();
  const { socket } = await bind(page, app, { a: { x: [1] }, b: 1 }, DEEP);
  await app.edit(() => app.scope.c.a.x.push(2));
  assert.deepEqual(frames(socket), [{ a: { x: [1, 2] }, $$djng: { s: 1 } }]);
});

each('Numbers that JavaScript cannot hold are left as they are, and not told.', async (page, start) => {
  const app = start();
  const { socket } = app.connect();
  socket.open();
  socket.hear(hello());
  await hear(page, socket, '{"id":12345678901234567890,"z":-0,"x":1.0,"t":"\\u00e9","$$djng":{"full":1,"c":"broadcast","e":1000,"v":1}}');
  await app.edit(() => { app.scope.c.a = 1; });
  assert.deepEqual(socket.sent, ['{"a":1,"$$djng":{"s":1}}']);
  assert.ok(Object.is(app.scope.c.z, -0));
});

each('NaN goes out as null, and stays here when it comes back.', async (page, start) => {
  const app = start();
  const { socket } = await bind(page, app, {});
  await app.edit(() => { app.scope.c.n = NaN; });
  assert.deepEqual(socket.sent, ['{"n":null,"$$djng":{"s":1}}']);
  await hear(page, socket, own({ n: null }, 1, 2));
  assert.ok(Number.isNaN(app.scope.c.n));
  assert.equal(socket.sent.length, 1);
});

each('Any name and any text travels, and $$ names stay at home.', async (page, start) => {
  for (const options of [undefined, { deep: true }]) {
    const app = start();
    const { socket } = await bind(page, app, {}, { options });
    const names = ['__proto__', 'constructor', 'hasOwnProperty', 'length', 'toString', '', 'é😀', '\ud83d', '"\\\u2028'];
    let v = 1;
    for (const name of names) {
      await hear(page, socket, `{${JSON.stringify(name)}:["\u2028","\\ud83d"],"$$djng":{"c":"broadcast","e":1000,"v":${v += 1}}}`);
      assert.deepEqual(Array.from(Object.getOwnPropertyDescriptor(app.scope.c, name).value), ['\u2028', '\ud83d'], name);
      await app.edit(() => { delete app.scope.c[name]; app.scope.c.$$own = name; });
      assert.deepEqual(frames(socket).at(-1), { $$djng: { s: socket.sent.length, del: [name] } });
      await hear(page, socket, own({}, socket.sent.length, v += 1, { del: [name] }));
    }
    assert.equal(Object.getPrototypeOf(app.scope.c), page.window.Object.prototype);
    assert.deepEqual(app.log, []);
  }
});

each('What is nested too deep, or holds itself, is an error of that property; all else goes on.', async (page, start) => {
  const app = start();
  const { socket } = await bind(page, app, { a: 1, bad: 1 });
  for (const bad of [JSON.parse('['.repeat(101) + ']'.repeat(101)), Object.assign([], { 0: 0 })]) {
    if (bad[0] === 0) {
      bad[0] = bad;
    }
    await app.edit(() => { app.scope.c.bad = bad; });
  }
  await app.edit(() => { app.scope.c.a = 2; });
  assert.deepEqual(frames(socket), [{ a: 2, $$djng: { s: 1 } }]);
  assert.equal(app.log.length, 1);
  assert.match(app.logged('error')[0], /"bad".*deeper than 100/);
  await hear(page, socket, own({ a: 2 }, 1, 2), change({ bad: 2 }, { v: 3 }));
  same(app.scope.c, { a: 2, bad: 2 });
  await app.edit(() => { app.scope.c.bad = JSON.parse('['.repeat(100) + ']'.repeat(100)); });
  assert.equal(frames(socket).length, 2);
});

// ---- in place

each('What did not change keeps its identity: the collection, its values, its items.', async (page, start) => {
  const app = start();
  const collection = app.scope.c = {};
  const { socket } = await bind(page, app, { a: { x: 1 }, list: [{ n: 1 }, { n: 2 }] });
  const { a, list: [, second] } = app.scope.c;
  await hear(page, socket, change({ b: 1, list: [{ n: 2 }, { n: 3 }] }, { v: 2 }));
  await hear(page, socket, full({ a: { x: 1 }, list: [{ n: 2 }, { n: 3 }] }, { v: 3 }));
  assert.equal(app.scope.c, collection);
  assert.equal(app.scope.c.a, a);
  assert.equal(app.scope.c.list[0], second);
  same(app.scope.c, { a: { x: 1 }, list: [{ n: 2 }, { n: 3 }] });
});

each('An item keeps its identity wherever it goes, also an own one that arrives elsewhere.', async (page, start) => {
  const app = start();
  const { socket } = await bind(page, app, [{ n: 'a' }, { n: 'b' }]);
  const list = app.scope.c;
  const [a, b] = list;
  const mine = { n: 'mine' };
  await app.edit(() => list.push(mine));
  await hear(page, socket, change({ 2: { n: 'c' } }, { v: 2, n: 3 }), own({ 3: { n: 'mine' } }, 1, 3, { n: 4 }));
  assert.deepEqual([list[0] === a, list[1] === b, list[3] === mine, app.scope.c === list], [true, true, true, true]);
  await hear(page, socket, change({ 0: { n: 'b' }, 1: { n: 'c' }, 2: { n: 'mine' } }, { v: 4, n: 3 }));
  assert.deepEqual([list[0] === b, list[2] === mine, list.length], [true, true, 3]);
});

each('A collection that is missing is made, but not of nothing; one that was taken away comes back whole.', async (page, start) => {
  const app = start();
  const { socket } = await bind(page, app, null);
  assert.equal(app.scope.c, undefined);
  await hear(page, socket, change({ a: 1, b: 1 }, { v: 1 }));
  same(app.scope.c, { a: 1, b: 1 });
  await app.edit(() => { app.scope.c = null; });
  await app.edit(() => { app.scope.c = { own: 1 }; });
  await hear(page, socket, change({ b: 2 }, { v: 2 }));
  same(app.scope.c, { a: 1, b: 2, own: 1 });
  assert.deepEqual(frames(socket), [{ own: 1, $$djng: { s: 1 } }]);
});

each('What cannot be shown is told, and is shown as soon as it can be.', async (page, start) => {
  const app = start();
  app.scope.c = Object.freeze({ a: 1 });
  const { socket } = await bind(page, app, { a: 2 });
  assert.equal(app.logged('warn').length, 1);
  await app.edit(() => { app.scope.c = { a: 1 }; });
  await hear(page, socket, change({ b: 1 }, { v: 2 }));
  same(app.scope.c, { a: 2, b: 1 });
});

each('Frames that make no sense are told and ignored.', async (page, start) => {
  const app = start();
  const { socket } = await bind(page, app, { a: 1 });
  await hear(page, socket, 'no json', '{}', '{"a":5}', '[1]', change({ a: 2 }, { v: 2 }));
  assert.deepEqual(app.log.map(([level]) => level), ['warn', 'warn', 'warn', 'warn']);
  same(app.scope.c, { a: 2 });
});

each('Whatever arrives in one turn costs one digest.', async (page, start) => {
  const app = start();
  const { socket } = await bind(page, app, { n: 0 });
  let loops = 0;
  app.root.$watch(() => { loops += 1; });
  app.root.$digest();
  loops = 0;
  app.root.$digest();
  const idle = loops;
  loops = 0;
  await hear(page, socket, ...Array.from({ length: 200 }, (_, n) => change({ n }, { v: n + 2 })));
  assert.equal(app.scope.c.n, 199);
  assert.ok(loops <= idle + 1, `${loops} loops, idle ${idle}`);
});

// ---- which wire it is

each('A hello that comes late makes it djng\'s wire, and what was told meanwhile is told again.', async (page, start) => {
  const app = start();
  const { socket } = app.connect();
  await app.edit(() => { app.scope.c = { a: 1 }; });
  socket.open();
  await page.clock.pass(1000);
  assert.deepEqual(socket.sent.splice(0), ['{"a":1}']);
  await hear(page, socket, hello(), full({ a: 0, b: 1 }));
  assert.deepEqual(frames(socket), [{ a: 1, $$djng: { s: 1 } }]);
  same(app.scope.c, { a: 1, b: 1 });
});

each('What looks like a hello among other frames of a plain server is none.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', {}, { a: 1 });
  await hear(page, socket, hello(), full({ b: 1 }));
  await app.edit(() => { app.scope.c.a = 2; });
  assert.deepEqual(frames(socket).at(-1).$$djng, undefined);
});

each('A server may speak one wire today and the other tomorrow: what is unsent goes by that which is spoken.', async (page, start) => {
  const app = start();
  const first = await bind(page, app, { a: 1, b: 1, gone: 1 });
  await app.edit(() => { app.scope.c.a = 2; });
  await app.edit(() => { delete app.scope.c.gone; });
  first.socket.drop();
  await page.clock.pass(1000);
  page.next().open();
  await hear(page, page.next(), { a: 1, b: 5, gone: 1 });
  assert.deepEqual(page.next().sent, ['{"a":2,"b":5,"$$djng":{"del":["gone"]}}']);
  page.next().drop();
  await app.edit(() => { app.scope.c.b = 6; });
  await page.clock.pass(2000);
  await greet(page, page.next(), { a: 2, b: 5, other: 1 }, { v: 7 });
  assert.deepEqual(frames(page.next()), [{ b: 6, $$djng: { s: 2 } }]);
  same(app.scope.c, { a: 2, b: 6, other: 1 });
});

each('Heartbeats of a djng server mean nothing.', async (page, start) => {
  const app = start({ heartbeat: '--hb--' });
  const { socket } = app.connect();
  app.scope.c = { a: 1 };
  socket.open();
  socket.hear(hello());
  socket.hear('--hb--');
  await page.clock.pass(3000);
  assert.deepEqual(frames(socket), []);
  await hear(page, socket, full({}));
  assert.deepEqual(frames(socket), [{ a: 1, $$djng: { s: 1 } }]);
});

// ---- what it tells

each('pending, version and errors are on the binding, for templates.', async (page, start) => {
  const app = start();
  const { binding, socket } = await bind(page, app, { a: 1, b: 1 });
  const seen = [];
  app.root.$watch(() => `${binding.pending} ${binding.version} ${page.angular.toJson(binding.errors)}`, (text) => seen.push(text));
  app.root.$digest();
  await app.edit(() => { app.scope.c.a = 2; app.scope.c.b = 2; });
  await page.clock.pass();
  await hear(page, socket, refusal(1, { a: ['No.'] }));
  same(app.scope.c, { a: 1, b: 1 });
  await app.edit(() => { app.scope.c.a = 3; });
  await page.clock.pass();
  await hear(page, socket, own({ a: 3 }, 2, 2));
  assert.deepEqual(seen, ['0 1 {}', '2 1 {}', '0 1 {"a":["No."]}', '1 1 {}', '0 2 {}']);
});

each('onSync() tells each time that the binding is level with the server, until it is ended.', async (page, start) => {
  const app = start();
  const { binding, socket } = app.connect();
  const seen = [];
  const unlisten = binding.onSync((about) => seen.push([about === binding, app.root.$$phase !== null]));
  await greet(page, socket, { a: 1 });
  assert.equal(seen.length, 1);
  await app.edit(() => { app.scope.c.a = 2; });
  await hear(page, socket, change({ b: 1 }, { v: 2 }));
  assert.equal(seen.length, 1);
  await hear(page, socket, own({ a: 2 }, 1, 3));
  assert.deepEqual(seen, [[true, true], [true, true]]);
  unlisten();
  socket.drop();
  await page.clock.pass(1000);
  await greet(page, page.next(), { a: 2 }, { v: 3 });
  assert.equal(seen.length, 2);
});

each('onError() tells each refusal, in a digest.', async (page, start) => {
  const app = start();
  const { binding, socket } = await bind(page, app, {});
  const seen = [];
  const unlisten = binding.onError((errors, about) => seen.push([errors, about === binding, app.root.$$phase !== null]));
  await app.edit(() => { app.scope.c.a = 1; });
  await hear(page, socket, refusal(1, { a: ['No.'], '': ['Not at all.'] }));
  same(seen, [[{ a: ['No.'], '': ['Not at all.'] }, true, true]]);
  unlisten();
  await hear(page, socket, refusal(1, { a: ['No.'] }));
  assert.equal(seen.length, 1);
  assert.throws(() => binding.onError(), /onError\(fn\) needs a function/);
});

// ---- sockets that are lost

each('A thousand edits on a lost socket leave as one change.', async (page, start) => {
  const app = start();
  const { binding, socket } = await bind(page, app, { a: 0, b: 0 });
  socket.drop();
  for (let n = 1; n <= 1000; n += 1) {
    app.scope.$apply(() => { app.scope.c[n % 2 ? 'a' : 'd'] = n; });
  }
  await turn();
  assert.equal(binding.pending, 2);
  await page.clock.pass(1000);
  await greet(page, page.next(), { a: 0, b: 5 }, { v: 2 });
  assert.deepEqual(frames(page.next()), [{ a: 999, d: 1000, $$djng: { s: 1 } }]);
  same(app.scope.c, { a: 999, b: 5, d: 1000 });
});

each('A change that was in flight goes again under its own number.', async (page, start) => {
  const app = start();
  const { socket } = await bind(page, app, { a: 0 });
  await app.edit(() => { app.scope.c.a = 1; });
  await app.edit(() => { app.scope.c.a = 2; });
  socket.drop();
  await page.clock.pass(1000);
  assert.equal(page.next().url, socket.url);
  await greet(page, page.next(), { a: 1, b: 1 }, { v: 3 });
  assert.deepEqual(frames(page.next()), [{ a: 1, $$djng: { s: 1 } }]);
  await hear(page, page.next(), ack(1, 2));
  assert.deepEqual(frames(page.next()).slice(1), [{ a: 2, $$djng: { s: 2 } }]);
});

each('A server that owes an answer for ten seconds is asked for it, later ever more rarely.', async (page, start) => {
  const app = start();
  const { socket } = await bind(page, app, { a: 0 });
  await app.edit(() => { app.scope.c.a = 1; });
  await page.clock.pass(9999);
  assert.equal(socket.sent.length, 1);
  await page.clock.pass(1);
  assert.deepEqual(frames(socket).slice(1), [sync]);
  await page.clock.pass(19999);
  assert.equal(socket.sent.length, 2);
  await page.clock.pass(1);
  assert.deepEqual(frames(socket).slice(2), [sync]);
  await hear(page, socket, full({ a: 0 }));
  assert.deepEqual(frames(socket).slice(3), [{ a: 1, $$djng: { s: 1 } }]);
  await hear(page, socket, own({ a: 1 }, 1, 2));
  await page.clock.pass(600000);
  assert.equal(socket.sent.length, 4);
});

each('unbind() says all that is unsent, also what no digest has seen and what waits behind a change in flight.', async (page, start) => {
  const app = start();
  const { binding, socket } = await bind(page, app, { a: 0 });
  await app.edit(() => { app.scope.c.a = 1; });
  await app.edit(() => { app.scope.c.a = 2; });
  app.scope.c.b = 3;
  binding.unbind();
  assert.deepEqual(frames(socket), [{ a: 1, $$djng: { s: 1 } }, { a: 2, b: 3, $$djng: { s: 2 } }]);
  assert.equal(socket.readyState, 3);
});

each('A page that is left says all; if it comes back it says it again, in order, until it is answered.', async (page, start) => {
  const app = start();
  const { socket } = await bind(page, app, { a: 0 });
  await app.edit(() => { app.scope.c.a = 1; });
  await app.edit(() => { app.scope.c.a = 2; });
  page.fire(page.window, 'pagehide', { persisted: true });
  assert.deepEqual(frames(socket), [{ a: 1, $$djng: { s: 1 } }, { a: 2, $$djng: { s: 2 } }]);
  page.fire(page.window, 'pageshow', { persisted: true });
  await greet(page, page.next(), { a: 0 });
  assert.deepEqual(frames(page.next()), frames(socket));
  await hear(page, page.next(), own({ a: 1 }, 1, 2));
  assert.equal(app.scope.c.a, 2);
});

each('A page that publishes only is told what became of its words, and keeps them.', async (page, start) => {
  const app = start();
  app.scope.c = { a: 1 };
  const { binding, socket } = app.connect('c', { channels: ['publish-broadcast'] });
  socket.open();
  await hear(page, socket, hello(['broadcast'], []));
  await app.edit(() => { app.scope.c.a = 2; });
  assert.deepEqual(frames(socket), [{ a: 2, $$djng: { s: 1 } }]);
  await hear(page, socket, ack(1, 1));
  same(app.scope.c, { a: 2 });
  assert.equal(binding.pending, 0);
});

each('A page that subscribes only tells nothing, and its own edits yield to what it hears.', async (page, start) => {
  const app = start();
  const { socket } = app.connect('c', { channels: ['subscribe-broadcast'] });
  socket.open();
  await hear(page, socket, hello([], ['broadcast']), full({ a: 1 }));
  await app.edit(() => { app.scope.c.a = 2; app.scope.c.own = 1; });
  same(app.scope.c, { a: 2, own: 1 });
  await hear(page, socket, change({ b: 1 }, { v: 2 }));
  same(app.scope.c, { a: 1, own: 1, b: 1 });
  assert.deepEqual(socket.sent, []);
});
