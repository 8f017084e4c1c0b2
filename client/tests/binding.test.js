import assert from 'node:assert/strict';
import { each, frames, same, turn } from './page.js';

const SUBSCRIBE = { channels: ['subscribe-broadcast'] };
const PUBLISH = { channels: ['publish-broadcast'] };

// ---- watching and sending

each('A change is sent as the whole object.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', {}, { a: 1, b: 2 });
  await app.edit(() => { app.scope.c.a = 3; });
  assert.deepEqual(socket.sent, ['{"a":3,"b":2}']);
});

each('All changes of one turn, with all that watchers derive from them, are one frame.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', {}, { a: 1 });
  app.scope.$watch('c.a', (a) => { app.scope.c.twice = a * 2; });
  app.scope.$watch('c.twice', (twice) => { app.scope.c.four = twice * 2; });
  app.scope.$apply();
  await turn();
  socket.sent.length = 0;
  app.scope.$apply(() => { app.scope.c.a = 5; });
  app.scope.$apply(() => { app.scope.c.b = 6; });
  await turn();
  assert.deepEqual(frames(socket), [{ a: 5, twice: 10, four: 20, b: 6 }]);
});

each('A digest that changes nothing sends nothing, nor does the first one.', async (page, start) => {
  const app = start();
  app.scope.c = { a: 1 };
  const { socket } = await app.bound();
  await app.edit(() => {});
  await app.edit(() => { app.scope.c = { a: 1 }; });
  await app.edit(() => { app.scope.c.a = 1; });
  assert.deepEqual(socket.sent, []);
});

each('$$ names are neither noticed nor sent.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', { options: { deep: true } }, { items: [{ a: 1 }] });
  await app.edit(() => { app.scope.c.$$own = 1; app.scope.c.items[0].$$hashKey = 'object:9'; });
  assert.deepEqual(socket.sent, []);
  await app.edit(() => { app.scope.c.b = 1; });
  assert.deepEqual(socket.sent, ['{"items":[{"a":1}],"b":1}']);
});

each('A shallow binding sends a nested change along with the next one at the top.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', {}, { a: { x: 1 } });
  await app.edit(() => { app.scope.c.a.x = 2; });
  assert.deepEqual(socket.sent, []);
  await app.edit(() => { app.scope.c.b = 1; });
  assert.deepEqual(frames(socket), [{ a: { x: 2 }, b: 1 }]);
});

each('A deep binding sends a nested change at once.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', { options: { deep: true } }, { a: { x: [1] } });
  await app.edit(() => { app.scope.c.a.x.push(2); });
  assert.deepEqual(frames(socket), [{ a: { x: [1, 2] } }]);
});

each('An array\'s items are watched: added, changed, removed.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', {}, ['a', 'b']);
  await app.edit(() => app.scope.c.push('c'));
  await app.edit(() => { app.scope.c[0] = 'x'; });
  await app.edit(() => { app.scope.c.length = 1; });
  await app.edit(() => { app.scope.c.length = 0; });
  assert.deepEqual(socket.sent, ['["a","b","c"]', '["x","b","c"]', '["x"]', '[]']);
});

each('A deleted property is told beside the object, once; undefined is deleted as well.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', {}, { a: 1, b: 2, c: 3 });
  await app.edit(() => { delete app.scope.c.a; });
  await app.edit(() => { app.scope.c.b = undefined; });
  await app.edit(() => { app.scope.c.c = 4; });
  assert.deepEqual(socket.sent, ['{"b":2,"c":3,"$$djng":{"del":["a"]}}', '{"c":3,"$$djng":{"del":["b"]}}', '{"c":4}']);
});

each('An object put in the place of the collection is a change of its properties.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', {}, { a: 1, b: 2 });
  await app.edit(() => { app.scope.c = { b: 3 }; });
  assert.deepEqual(socket.sent, ['{"b":3,"$$djng":{"del":["a"]}}']);
});

each('A collection that the page takes away is not deleted for the others, and comes back with the next frame.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', {}, { a: 1, b: 2 });
  await app.edit(() => { app.scope.c = null; });
  socket.hear({ a: 2 });
  await page.clock.pass();
  assert.deepEqual(socket.sent, []);
  same(app.scope.c, { a: 2 });
});

each('NaN and Infinity go out as null, once.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', { options: { deep: true } }, {});
  await app.edit(() => { app.scope.c.n = NaN; app.scope.c.i = Infinity; });
  assert.deepEqual(socket.sent, ['{"n":null,"i":null}']);
  socket.hear({ n: null, i: null });
  await page.clock.pass();
  await app.edit(() => {});
  assert.equal(socket.sent.length, 1);
  assert.ok(Number.isNaN(app.scope.c.n));
});

each('What cannot be serialised is an error that names the collection, once; all else goes on.', async (page, start) => {
  for (const deep of [false, true]) {
    const app = start();
    const { socket, binding } = await app.bound('c', { options: { deep } }, { a: 1 });
    const cyclic = {};
    cyclic.self = cyclic;
    await app.edit(() => { app.scope.c.bad = cyclic; });
    await app.edit(() => { app.scope.c.a = 2; });
    await app.edit(() => {});
    assert.equal(app.log.length, 1);
    assert.match(app.logged('error')[0], /c at foobar.*"bad"/);
    assert.deepEqual(frames(socket).at(-1), { a: 2 });
    socket.hear({ a: 3 });
    await page.clock.pass();
    assert.equal(app.scope.c.a, 3);
    await app.edit(() => { app.scope.c.bad = 'mended'; });
    assert.deepEqual(frames(socket).at(-1), { a: 3, bad: 'mended' });
    assert.equal(binding.status, 'open');
  }
});

each('A property that becomes unserialisable stays as it was for the others, and each time it does is told.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', {}, { a: 1, b: 1 });
  const cyclic = {};
  cyclic.self = cyclic;
  await app.edit(() => { app.scope.c.a = cyclic; });
  assert.deepEqual(socket.sent, []);
  await app.edit(() => { app.scope.c.b = 2; });
  assert.deepEqual(socket.sent, ['{"a":1,"b":2}']);
  await app.edit(() => { app.scope.c.a = 2; });
  await app.edit(() => { app.scope.c.a = cyclic; });
  assert.equal(app.logged('error').length, 2);
});

each('Any name can be shared, both ways, in shallow and in deep bindings.', async (page, start) => {
  for (const deep of [false, true]) {
    const app = start();
    const { socket } = await app.bound('c', { options: { deep } });
    for (const name of ['__proto__', 'constructor', 'hasOwnProperty', 'length', 'toString']) {
      socket.hear(`{${JSON.stringify(name)}:1}`);
      await page.clock.pass();
      assert.equal(Object.getOwnPropertyDescriptor(app.scope.c, name).value, 1, name);
      await app.edit(() => Object.defineProperty(app.scope.c, name, { value: 2 }));
      assert.ok(socket.sent.at(-1).includes(`"${name}":2`), name);
      await app.edit(() => { delete app.scope.c[name]; });
      assert.ok(socket.sent.at(-1).includes(`{"del":["${name}"]}`), name);
    }
    assert.equal(Object.getPrototypeOf(app.scope.c), page.window.Object.prototype);
    assert.deepEqual(app.log, []);
  }
});

each('Without a publish channel nothing is sent, and a local edit does not keep the server\'s word out.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', SUBSCRIBE, { a: 1 });
  await app.edit(() => { app.scope.c.a = 2; });
  socket.hear({ a: 3 });
  await page.clock.pass(60000);
  assert.deepEqual(socket.sent, []);
  assert.equal(app.scope.c.a, 3);
});

each('Without a subscribe channel nothing is laid over the scope, and edits are sent.', async (page, start) => {
  const app = start();
  app.scope.c = { a: 1 };
  const { socket } = await app.bound('c', PUBLISH, { a: 5, b: 5 });
  same(app.scope.c, { a: 1 });
  await app.edit(() => { app.scope.c.a = 2; });
  assert.deepEqual(socket.sent, ['{"a":2}']);
});

// ---- both at once

each('A frame that arrives while the user types does not swallow the edit.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', {}, { mine: 'a', yours: 'a' });
  app.scope.c.mine = 'typed';                 // not digested yet
  socket.hear({ mine: 'a', yours: 'b' });
  await page.clock.pass();
  same(app.scope.c, { mine: 'typed', yours: 'b' });
  assert.deepEqual(frames(socket), [{ mine: 'typed', yours: 'b' }]);
});

each('A deletion by others does not swallow an edit either.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', {}, { a: 1 });
  app.scope.c.a = 2;
  socket.hear({ $$djng: { del: ['a'] } });
  await page.clock.pass();
  same(app.scope.c, { a: 2 });
  assert.deepEqual(frames(socket), [{ a: 2 }]);
});

each('A value that a watch derives from a remote one is sent on.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', {}, { n: 1 });
  app.scope.$watch('c.n', (n) => { app.scope.c.square = n * n; });
  await app.edit(() => {});
  socket.hear({ n: 3, square: 1 });
  await page.clock.pass();
  assert.deepEqual(frames(socket).at(-1), { n: 3, square: 9 });
});

each('What a watch takes back is sent, too.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', {}, { n: 1 });
  app.scope.$watch('c.n', () => { app.scope.c.n = Math.min(app.scope.c.n, 9); });
  await app.edit(() => {});
  socket.hear({ n: 12 });
  await page.clock.pass();
  assert.deepEqual(frames(socket), [{ n: 9 }]);
});

each('Frames that wait for the digest are laid over before an edit goes out.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', {}, { mine: 1, yours: 1 });
  socket.hear({ mine: 1, yours: 2 });
  app.scope.c.mine = 2;
  app.scope.$digest();                        // of one scope: it does not run what waits for the root's
  await turn();
  assert.deepEqual(frames(socket), [{ mine: 2, yours: 2 }]);
});

// ---- before and between sockets

each('Nothing is sent before the socket has told what the server kept.', async (page, start) => {
  const app = start();
  app.scope.c = { a: 1, b: 1 };
  const { socket } = app.connect();
  await app.edit(() => { app.scope.c.a = 2; });
  socket.open();
  await page.clock.pass(999);
  assert.deepEqual(socket.sent, []);
  socket.hear({ a: 0, b: 5, d: 6 });
  await page.clock.pass(0);
  same(app.scope.c, { a: 2, b: 5, d: 6 });
  assert.deepEqual(frames(socket), [{ a: 2, b: 5, d: 6 }]);
});

each('A server that kept nothing is silent: after a second, edits go out.', async (page, start) => {
  const app = start();
  const { socket } = app.connect();
  await app.edit(() => { app.scope.c = { a: 1 }; });
  socket.open();
  await page.clock.pass(999);
  assert.deepEqual(socket.sent, []);
  await page.clock.pass(1);
  assert.deepEqual(socket.sent, ['{"a":1}']);
});

each('A heartbeat as the first frame lets edits out as well.', async (page, start) => {
  const app = start({ heartbeat: '--hb--' });
  const { socket } = app.connect();
  await app.edit(() => { app.scope.c = { a: 1 }; });
  socket.open();
  socket.hear('--hb--');
  await page.clock.pass();
  assert.deepEqual(socket.sent, ['{"a":1}']);
});

each('A heartbeat right behind the kept message does not overtake it.', async (page, start) => {
  const app = start({ heartbeat: '--hb--' });
  const { socket } = app.connect();
  await app.edit(() => { app.scope.c = { a: 1 }; });
  socket.open();
  socket.hear({ b: 2 });
  socket.hear('--hb--');
  await page.clock.pass();
  assert.deepEqual(frames(socket), [{ b: 2, a: 1 }].map((frame) => frame));
});

each('What is edited between connect() and the first digest is not lost.', async (page, start) => {
  for (const deep of [false, true]) {
    const app = start();
    app.scope.c = { a: 1 };
    const { socket } = app.connect('c', { options: { deep } });
    app.scope.c.a = 2;
    app.scope.$digest();
    socket.open();
    await page.clock.pass(1000);
    assert.deepEqual(socket.sent, ['{"a":2}']);
  }
});

each('What the page had before connect() yields to the server and is not sent by itself.', async (page, start) => {
  const app = start();
  app.scope.c = { a: 'default', own: 1 };
  const { socket } = await app.bound('c', {}, { a: 'kept' });
  await page.clock.pass(5000);
  same(app.scope.c, { a: 'kept', own: 1 });
  assert.deepEqual(socket.sent, []);
});

each('What is edited while the socket is down goes out when it is back, over what others did meanwhile.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', {}, { mine: 1, yours: 1, gone: 1 });
  socket.drop();
  await app.edit(() => { app.scope.c.mine = 2; });
  await app.edit(() => { app.scope.c.mine = 3; delete app.scope.c.gone; });
  await page.clock.pass(1000);
  const next = page.next();
  next.open();
  next.hear({ mine: 1, yours: 2, gone: 1 });
  await page.clock.pass();
  same(app.scope.c, { mine: 3, yours: 2 });
  assert.deepEqual(next.sent, ['{"mine":3,"yours":2,"$$djng":{"del":["gone"]}}']);
  assert.deepEqual(socket.sent, []);
});

each('Items edited while the socket is down are merged with those that others edited.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', {}, ['a', 'b', 'c']);
  socket.drop();
  await app.edit(() => { app.scope.c[0] = 'A'; });
  await page.clock.pass(1000);
  page.next().open();
  page.next().hear(['a', 'b', 'C', 'd']);
  await page.clock.pass();
  same(app.scope.c, ['A', 'b', 'C', 'd']);
  assert.deepEqual(page.next().sent, ['["A","b","C","d"]']);
});

each('A socket that is closing takes no edit: it waits for the next one.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', {}, { a: 1 });
  socket.readyState = 2;
  await app.edit(() => { app.scope.c.a = 2; });
  assert.deepEqual(socket.sent, []);
  socket.drop();
  await page.clock.pass(1000);
  page.next().open();
  page.next().hear({ a: 1 });
  await page.clock.pass();
  assert.deepEqual(page.next().sent, ['{"a":2}']);
});

each('What a socket said just before it was lost is shown, and counts for no other socket.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', {}, { a: 1, b: 1 });
  socket.hear({ a: 2 });
  socket.drop();
  page.fire(page.window, 'online');
  page.next().open();
  await page.clock.pass();
  assert.equal(app.scope.c.a, 2);
  await app.edit(() => { app.scope.c.b = 2; });
  await page.clock.pass(999);
  assert.deepEqual(page.next().sent, []);
  await page.clock.pass(1);
  assert.deepEqual(frames(page.next()), [{ a: 2, b: 2 }]);
});

each('A frame of the other kind does not replace what was edited here.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', {}, { a: 1 });
  app.scope.c.a = 2;
  socket.hear(['a']);
  await page.clock.pass();
  same(app.scope.c, { a: 2 });
  assert.deepEqual(frames(socket), [{ a: 2 }]);
  assert.equal(app.logged('warn').length, 1);
  socket.hear(['a']);
  await page.clock.pass();
  same(app.scope.c, ['a']);
  assert.equal(socket.sent.length, 1);
});
