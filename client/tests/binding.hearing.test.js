import assert from 'node:assert/strict';
import { each, same } from './page.js';

each('What is heard is laid over the object, in place; what is absent stays.', async (page, start) => {
  const app = start();
  const object = { a: 1, b: 2 };
  app.scope.c = object;
  await app.bound('c', {}, { b: 3, d: 4 });
  assert.equal(app.scope.c, object);
  same(object, { a: 1, b: 3, d: 4 });
});

each('A collection that does not exist is made when data arrives: an object or an array.', async (page, start) => {
  const app = start();
  app.connect('early').socket.open();
  await page.clock.pass(2000);
  assert.equal(app.scope.early, undefined);
  await app.bound('object', {}, { a: 1 });
  await app.bound('array', {}, ['a']);
  same([app.scope.object, app.scope.array], [{ a: 1 }, ['a']]);
  assert.ok(page.angular.isArray(app.scope.array));
});

each('An array is mirrored in place, length and items.', async (page, start) => {
  const app = start();
  const list = ['a', 'b', 'c'];
  app.scope.c = list;
  const { socket } = await app.bound('c', {}, ['x']);
  same(list, ['x']);
  socket.hear(['x', 'y', 'z']);
  await page.clock.pass();
  assert.equal(app.scope.c, list);
  same(list, ['x', 'y', 'z']);
  socket.hear([]);
  await page.clock.pass();
  same(list, []);
  assert.deepEqual(socket.sent, []);
});

each('A controllerAs name is bound like any other.', async (page, start) => {
  const app = start();
  app.scope.vm = { form: { a: 1 } };
  const { form } = app.scope.vm;
  const { socket } = await app.bound('vm.form', {}, { a: 2 });
  assert.equal(app.scope.vm.form, form);
  assert.equal(form.a, 2);
  await app.edit(() => { form.a = 3; });
  assert.deepEqual(socket.sent, ['{"a":3}']);
  await app.bound('other.form', {}, { b: 1 });
  same(app.scope.other, { form: { b: 1 } });
});

each('What is heard is not sent back.', async (page, start) => {
  for (const deep of [false, true]) {
    const app = start();
    const { socket } = await app.bound('c', { options: { deep } }, { a: 1, b: { c: [1, { d: null }] } });
    socket.hear({ a: 2, b: { c: [] }, $$djng: { del: ['x'] } });
    await page.clock.pass(5000);
    await app.edit(() => {});
    assert.deepEqual(socket.sent, []);
  }
});

each('Properties that others deleted leave the scope, and $$djng never reaches it.', async (page, start) => {
  const app = start();
  const { socket } = await app.bound('c', {}, { home: 1, away: 2 });
  socket.hear({ home: 1, $$djng: { del: ['away'] } });
  await page.clock.pass();
  assert.deepEqual(Object.getOwnPropertyNames(app.scope.c), ['home']);
  assert.deepEqual(socket.sent, []);
});

each('Frames that make no sense are told and ignored.', async (page, start) => {
  const app = start();
  const { socket, binding } = await app.bound('c', {}, { a: 1 });
  for (const text of ['no json', '', '5', '"text"', 'null', 'true', '{"a":']) {
    app.log.length = 0;
    socket.hear(text);
    await page.clock.pass();
    assert.deepEqual(app.log.map(([level]) => level), ['warn'], text);
  }
  socket.onmessage({ data: new page.window.Blob(['{}']) });
  socket.hear({ a: 2 });
  await page.clock.pass();
  same(app.scope.c, { a: 2 });
  assert.equal(binding.status, 'open');
});

each('A frame that cannot be laid over is told, and those after it are shown.', async (page, start) => {
  const app = start();
  app.scope.c = Object.freeze({ a: 1 });
  const { socket } = await app.bound('c', {}, { a: 2 });
  assert.equal(app.logged('warn').length, 1);
  app.scope.c = { a: 1 };
  socket.hear({ a: 3 });
  await page.clock.pass();
  same(app.scope.c, { a: 3 });
});

each('Several frames in one turn cost one digest, over all bindings.', async (page, start) => {
  const app = start();
  const [one, two] = [await app.bound('a'), await app.bound('b')];
  await page.clock.pass(5000);
  let digests = 0;
  app.root.$watch(() => { digests += 1; });
  app.root.$digest();
  digests = 0;
  app.root.$digest();
  const idle = digests;
  digests = 0;
  for (let n = 0; n < 10; n += 1) {
    one.socket.hear({ n });
    two.socket.hear({ n });
  }
  await page.clock.pass(1000);
  same([app.scope.a, app.scope.b], [{ n: 9 }, { n: 9 }]);
  // One more loop than an idle digest has: the watches saw a change.
  assert.ok(digests <= idle + 1, `${digests} loops, idle ${idle}`);
});

each('A heartbeat costs no digest.', async (page, start) => {
  const app = start({ heartbeat: '--hb--' });
  const { socket } = await app.bound();
  await page.clock.pass();
  let loops = 0;
  app.root.$watch(() => { loops += 1; });
  socket.hear('--hb--');
  await page.clock.pass(1000);
  assert.equal(loops, 0);
});
