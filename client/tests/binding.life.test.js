import assert from 'node:assert/strict';
import { each, frames, same, turn } from './page.js';

each('onStatus() tells each status with the binding, in a digest, until it is ended.', async (page, start) => {
  const app = start();
  const { binding, socket } = app.connect();
  const seen = [];
  const unlisten = binding.onStatus((status, about) => seen.push([status, about === binding, app.root.$$phase !== null]));
  socket.open();
  await page.clock.pass();
  socket.drop();
  await page.clock.pass();
  assert.deepEqual(seen, [['open', true, true], ['waiting', true, true]]);
  unlisten();
  page.fire(page.window, 'online');
  await page.clock.pass();
  assert.equal(seen.length, 2);
});

each('A listener that ended before the digest is not called any more.', async (page, start) => {
  const { binding, socket } = start().connect();
  const seen = [];
  const unlisten = binding.onStatus((status) => seen.push(status));
  socket.open();
  unlisten();
  await page.clock.pass();
  assert.deepEqual(seen, []);
});

each('The same function can listen twice, and be ended once.', async (page, start) => {
  const { binding, socket } = start().connect();
  const seen = [];
  const listen = (status) => seen.push(status);
  const unlisten = binding.onStatus(listen);
  binding.onStatus(listen);
  unlisten();
  socket.open();
  await page.clock.pass();
  assert.deepEqual(seen, ['open']);
});

each('A listener that throws does not keep others from listening.', async (page, start) => {
  const app = start();
  const { binding, socket } = app.connect();
  const seen = [];
  binding.onStatus(() => { throw new Error('oops'); });
  binding.onStatus((status) => seen.push(status));
  socket.open();
  await page.clock.pass();
  assert.deepEqual(seen, ['open']);
  assert.equal(app.logged('error').length, 1);
});

each('onStatus() without a function is an error that says so.', (page, start) => {
  const { binding } = start().connect();
  assert.throws(() => binding.onStatus(), /needs a function/);
});

each('A status in a template follows without a listener.', async (page, start) => {
  const app = start();
  const { binding, socket } = app.connect();
  const seen = [];
  app.root.$watch(() => binding.status, (status) => seen.push(status));
  app.root.$digest();
  socket.open();
  await page.clock.pass();
  socket.drop();
  await page.clock.pass();
  assert.deepEqual(seen, ['connecting', 'open', 'waiting']);
});

each('unbind() closes the socket, for good, and leaves the object as it is.', async (page, start) => {
  const app = start();
  const { binding, socket } = await app.bound('c', {}, { a: 1 });
  binding.unbind();
  assert.equal(socket.readyState, 3);
  assert.equal(binding.status, 'closed');
  await app.edit(() => { app.scope.c.a = 2; });
  socket.hear({ a: 3 });
  page.fire(page.window, 'online');
  page.see('visible');
  page.fire(page.window, 'pageshow', { persisted: true });
  await page.clock.pass(60000);
  assert.equal(page.sockets.length, 1);
  assert.deepEqual(socket.sent, []);
  same(app.scope.c, { a: 2 });
  binding.unbind();
});

each('unbind() sends the last edit, also one that no digest has seen.', async (page, start) => {
  const app = start();
  const { binding, socket } = await app.bound('c', {}, { a: 1 });
  app.scope.c.a = 2;
  binding.unbind();
  await turn();
  assert.deepEqual(socket.sent, ['{"a":2}']);
});

each('unbind() works before the socket is open and while it waits.', async (page, start) => {
  const app = start();
  const connecting = app.connect('a');
  connecting.binding.unbind();
  assert.equal(connecting.socket.readyState, 3);
  const waiting = app.connect('b');
  waiting.socket.drop();
  waiting.binding.unbind();
  await page.clock.pass(60000);
  assert.deepEqual([connecting.binding.status, waiting.binding.status], ['closed', 'closed']);
  assert.equal(page.sockets.length, 2);
});

each('A binding ends with its scope, which is not written to any more.', async (page, start) => {
  const app = start();
  const child = app.scope.$new();
  const { binding, socket } = await app.bound('c', { on: child }, { a: 1 });
  const { onmessage } = socket;
  child.$destroy();
  assert.equal(binding.status, 'closed');
  assert.equal(socket.readyState, 3);
  onmessage({ data: '{"a":2}' });
  await page.clock.pass(60000);
  same(child.c, { a: 1 });
  assert.equal(page.sockets.length, 1);
});

each('A scope that is destroyed already is not bound.', async (page, start) => {
  const app = start();
  const child = app.scope.$new();
  child.$destroy();
  const { binding } = app.connect('c', { on: child });
  assert.equal(binding.status, 'closed');
  assert.equal(page.sockets.length, 0);
  page.fire(page.window, 'online');
  await page.clock.pass(60000);
  assert.equal(page.sockets.length, 0);
});

each('A parent\'s binding outlives the scopes beneath it.', async (page, start) => {
  const app = start();
  const child = app.scope.$new();
  const { binding } = await app.bound('c', {}, { a: 1 });
  child.$destroy();
  assert.equal(binding.status, 'open');
});

each('A binding that the server closed for good watches no more.', async (page, start) => {
  const app = start();
  const { socket } = app.connect();
  const watching = app.scope.$$watchers.length;
  socket.open();
  socket.drop(4403);
  await page.clock.pass();
  assert.equal(app.scope.$$watchers.length, watching - 1);
});

each('What is edited in the back/forward cache\'s shadow goes out when the page comes back.', async (page, start) => {
  const app = start();
  await app.bound('c', {}, { a: 1, b: 1 });
  page.fire(page.window, 'pagehide', { persisted: true });
  await app.edit(() => { app.scope.c.a = 2; });
  page.fire(page.window, 'pageshow', { persisted: true });
  page.next().open();
  page.next().hear({ a: 1, b: 2 });
  await page.clock.pass();
  assert.deepEqual(frames(page.next()), [{ a: 2, b: 2 }]);
});
