import assert from 'node:assert/strict';
import { each, frames, same } from './page.js';
import { ack, bind, greet, hear, own } from './speech.js';

const KEPT = { options: { persist: true } };
const PREFIX = 'djng:unsent:@ws://localhost/ws/foobar?subscribe-broadcast&publish-broadcast:';

const idOf = (socket) => /djng=(.+)$/.exec(socket.url)[1];
const keys = (page) => Object.keys(page.window.localStorage).filter((key) => !key.endsWith(':owner'));
const kept = (page, socket) => JSON.parse(page.window.localStorage.getItem(PREFIX + idOf(socket)));

/** Connect as a page that was just loaded. */
async function load(page, app, options = KEPT) {
  const { promise, binding } = app.connect('c', options);
  await page.clock.pass(100);
  return { promise, binding, socket: page.next() };
}

const leave = (page) => page.fire(page.window, 'pagehide', { persisted: false });

/** What a tab leaves that was killed: its record, and without Web Locks its name beside it. */
function abandon(page, id, left, isOwned = true) {
  page.window.localStorage.setItem(PREFIX + id, JSON.stringify(left));
  if (isOwned) {
    page.window.localStorage.setItem(`${PREFIX + id}:owner`, `${id}:7`);
  }
}

const left = (set, sent = []) => ({ s: sent.length, sent, pending: { list: false, set, length: null, push: [] } });
const ID = 'ab'.repeat(16);

/** Web Locks, as far as they are used here; all apps of a page are tabs of one browser. */
function lock(page) {
  const held = new Set();
  const locks = {
    async request(name, options, granted) {
      assert.equal(options.ifAvailable, true);
      if (held.has(name)) {
        await granted(null);
      } else {
        held.add(name);
        await granted({ name });
        held.delete(name);
      }
    },
  };
  Object.defineProperty(page.window.navigator, 'locks', { value: locks, configurable: true });
  return held;
}

each('What was edited on a page that never had a socket is there after a reload, and is told then.', async (page, start) => {
  const app = start();
  const first = await load(page, app);
  await app.edit(() => { app.scope.c = { a: 1, list: [{ x: 'ü' }] }; });
  leave(page);
  const next = start();
  const { socket, binding } = await load(page, next);
  same(next.scope.c, { a: 1, list: [{ x: 'ü' }] });
  assert.equal(binding.pending, 2);
  assert.equal(idOf(socket), idOf(first.socket));
  await greet(page, socket, { a: 0, b: 1 });
  assert.deepEqual(frames(socket), [{ a: 1, list: [{ x: 'ü' }], $$djng: { s: 1 } }]);
});

each('A change is kept before it is told, and forgotten when it was answered.', async (page, start) => {
  const app = start();
  const { socket } = await load(page, app);
  await greet(page, socket, { a: 0 });
  const seen = [];
  socket.onsent = () => seen.push(kept(page, socket));
  await app.edit(() => { app.scope.c.a = 1; });
  await app.edit(() => { app.scope.c.a = 2; });
  const change = { list: false, set: { a: '1' }, length: null, push: [] };
  assert.deepEqual(seen, [{ s: 1, sent: [{ s: 1, change, at: null }], pending: null, grounds: null }]);
  assert.deepEqual(kept(page, socket).pending.set, { a: '2' });
  await hear(page, socket, own({ a: 1 }, 1, 2));
  await hear(page, socket, own({ a: 2 }, 2, 3));
  assert.deepEqual(keys(page), []);
});

each('The next page tells a change in flight under its client id and number, and what came after under the next.', async (page, start) => {
  const app = start();
  const first = await load(page, app);
  await greet(page, first.socket, ['a']);
  await app.edit(() => app.scope.c.push('x'));
  await app.edit(() => { app.scope.c[1] = 'xy'; });
  leave(page);
  const next = start();
  const { socket } = await load(page, next);
  same(next.scope.c, ['xy']);
  await greet(page, socket, ['a', 'x', 'b'], { v: 3 });
  assert.deepEqual([idOf(socket), frames(socket)], [idOf(first.socket), [{ $$djng: { s: 1, again: 1, list: 1, push: ['x'] } }]]);
  await hear(page, socket, ack(1, 2, { n: 2 }));
  same(next.scope.c, ['a', 'xy', 'b']);
  assert.deepEqual(frames(socket).slice(1), [{ 1: 'xy', $$djng: { s: 2, list: 1 } }]);
});

each('Two pages never go on from the same record: not while the one lives, nor when they begin together.', async (page, start) => {
  for (const hasLocks of [false, true]) {
    if (hasLocks) {
      lock(page);
    }
    const living = start();
    const first = await load(page, living);
    await living.edit(() => { living.scope.c = { a: 1 }; });
    const second = await load(page, start());
    assert.notEqual(idOf(second.socket), idOf(first.socket));
    abandon(page, ID, left({ b: '1' }), false);
    const [third, fourth] = [start(), start()];
    [third, fourth].forEach((app) => app.connect('c', KEPT));
    await page.clock.pass(100);
    assert.equal([third, fourth].filter(({ scope }) => scope.c && scope.c.b === 1).length, 1);
    page.window.localStorage.clear();
  }
});

each('What a killed tab has left is gone on from at once, or without Web Locks when its name is minutes old.', async (page, start) => {
  abandon(page, ID, left({ a: '1' }));
  const app = start();
  const { socket } = await load(page, app);
  assert.notEqual(idOf(socket), ID);
  await greet(page, socket, { b: 1 });
  await page.clock.pass(160000);
  assert.deepEqual(socket.sent, []);
  await page.clock.pass(60000);
  assert.equal(idOf(page.next()), ID);
  await greet(page, page.next(), { b: 1 });
  assert.deepEqual(frames(page.next()), [{ a: 1, $$djng: { s: 1 } }]);
  page.window.localStorage.clear();
  lock(page);
  abandon(page, 'cd'.repeat(16), left({ a: '2' }));
  assert.equal(idOf((await load(page, start())).socket), 'cd'.repeat(16));
});

each('Several records are gone on from one after the other, each under its own client id.', async (page, start) => {
  lock(page);
  const ids = ['aa', 'bb', 'cc'].map((text) => text.repeat(16));
  ids.forEach((id, index) => abandon(page, id, left({ [`p${index}`]: '1' })));
  const app = start();
  await load(page, app);
  const told = [];
  for (let v = 1; v <= 3; v += 1) {
    await greet(page, page.next(), { n: v }, { v });
    told.push([idOf(page.next()), Object.keys(frames(page.next())[0])[0]]);
    await hear(page, page.next(), own({ [told.at(-1)[1]]: 1 }, 1, v + 1));
    await page.clock.pass(100);
  }
  assert.deepEqual(told.sort(), ids.map((id, index) => [id, `p${index}`]));
  assert.deepEqual(keys(page), []);
  await app.edit(() => { app.scope.c.more = 1; });
  await greet(page, page.next(), {}, { v: 9 });
});

each('A record that may have pushed items is left for a page that begins.', async (page, start) => {
  lock(page);
  const app = start();
  const { socket } = await load(page, app);
  abandon(page, ID, { s: 1, sent: [{ s: 1, change: { list: true, set: {}, length: null, push: ['"x"'] } }], pending: null });
  await greet(page, socket, ['x']);
  await page.clock.pass(60000);
  same(app.scope.c, ['x']);
  assert.equal(idOf(page.next()), idOf(socket));
});

each('A store that is full, or forbidden, is one warning; edits go on.', async (page, start) => {
  const { Storage } = page.window;
  const { setItem } = Storage.prototype;
  Storage.prototype.setItem = () => { throw new Error('QuotaExceededError'); };
  const full_ = start();
  const { socket } = await load(page, full_);
  await greet(page, socket, { a: 0 });
  await full_.edit(() => { full_.scope.c.a = 1; });
  await full_.edit(() => { full_.scope.c.b = 1; });
  assert.deepEqual(frames(socket), [{ a: 1, $$djng: { s: 1 } }]);
  assert.equal(full_.log.length, 1);
  assert.match(full_.logged('warn')[0], /do not outlive this page: QuotaExceededError/);
  Storage.prototype.setItem = setItem;

  Object.defineProperty(page.window, 'localStorage', { get() { throw new Error('SecurityError'); }, configurable: true });
  const forbidden = start();
  const other = await load(page, forbidden);
  await greet(page, other.socket, { a: 0 });
  await forbidden.edit(() => { forbidden.scope.c.a = 1; });
  assert.deepEqual(frames(other.socket), [{ a: 1, $$djng: { s: 1 } }]);
  assert.equal(forbidden.log.length, 1);
});

each('What somebody else wrote there is no record.', async (page, start) => {
  const wrong = ['{"s":1,"sent":5}', '{"s":1,"sent":[{"s":1}],"pending":null}', '{"s":1,"sent":[],"pending":{"set":5}}'];
  for (const text of ['', 'no json', 'null', '5', '{}', ...wrong]) {
    page.window.localStorage.setItem(PREFIX + ID, text);
    page.window.localStorage.setItem(`${PREFIX}else`, 'left alone');
    const app = start();
    assert.notEqual(idOf((await load(page, app)).socket), ID, text);
    assert.deepEqual(app.log, []);
    assert.deepEqual(keys(page), [`${PREFIX}else`]);
  }
});

each('Records are apart by facility, channels and the name that is given.', async (page, start) => {
  lock(page);
  abandon(page, ID, left({ a: '1' }));
  const others = [{ ...KEPT, facility: 'other' }, { ...KEPT, channels: ['publish-broadcast'] }, { options: { persist: 'ada' } }];
  for (const options of others) {
    assert.notEqual(idOf((await load(page, start(), options)).socket), ID);
  }
  assert.equal(idOf((await load(page, start())).socket), ID);
});

each('Any property name is kept.', async (page, start) => {
  const app = start();
  await load(page, app);
  const text = '{"__proto__":1,"constructor":2,"length":3,"\\ud83d":4}';
  await app.edit(() => { app.scope.c = JSON.parse(text); });
  leave(page);
  const next = start();
  const { socket } = await load(page, next);
  assert.equal(JSON.stringify(next.scope.c), text);
  await greet(page, socket, {});
  assert.deepEqual(Object.keys(JSON.parse(socket.sent[0])).sort(), ['$$djng', '__proto__', 'constructor', 'length', '\ud83d'].sort());
});

each('A page that comes back from the back/forward cache goes on, unless another one has meanwhile.', async (page, start) => {
  lock(page);
  const app = start();
  const { socket } = await load(page, app);
  await greet(page, socket, { a: 0 });
  await app.edit(() => { app.scope.c.a = 1; });
  page.fire(page.window, 'pagehide', { persisted: true });
  await page.clock.pass();
  page.fire(page.window, 'pageshow', { persisted: true });
  await page.clock.pass();
  assert.equal(page.next().url, socket.url);
  same(app.scope.c, { a: 1 });
  page.fire(page.window, 'pagehide', { persisted: true });
  await page.clock.pass();
  const next = start();
  assert.equal((await load(page, next)).socket.url, socket.url);
  page.sockets.length = 0;
  page.fire(page.window, 'pageshow', { persisted: true });
  await page.clock.pass();
  const mine = page.sockets.find(({ url }) => url !== socket.url);
  await greet(page, mine, { a: 0, b: 1 }, { v: 2 });
  same(app.scope.c, { a: 0, b: 1 });
  assert.deepEqual(mine.sent, []);
});

each('Without Web Locks, who finds another name beside its record leaves it to this one.', async (page, start) => {
  const app = start();
  const { socket } = await load(page, app);
  await greet(page, socket, { a: 0 });
  page.window.localStorage.setItem(`${PREFIX + idOf(socket)}:owner`, 'other:1');
  await app.edit(() => { app.scope.c.a = 1; });
  await page.clock.pass(100);
  assert.deepEqual(frames(socket), []);
  assert.notEqual(idOf(page.next()), idOf(socket));
  await greet(page, page.next(), { a: 0 });
  await app.edit(() => { app.scope.c.a = 2; });
  assert.deepEqual(frames(page.next()), [{ a: 2, $$djng: { s: 1 } }]);
});

each('unbind() leaves what it could not tell to who comes next.', async (page, start) => {
  lock(page);
  const app = start();
  const { binding, socket } = await load(page, app);
  socket.drop();
  app.scope.c = { a: 1 };
  binding.unbind();
  await page.clock.pass();
  const next = start();
  assert.equal((await load(page, next)).socket.url, socket.url);
  same(next.scope.c, { a: 1 });
});

each('A binding that ends before its socket is open opens none.', async (page, start) => {
  const app = start();
  app.connect('c', KEPT).binding.unbind();
  await page.clock.pass(60000);
  assert.equal(page.sockets.length, 0);
});

each('Without persist nothing is kept.', async (page, start) => {
  const app = start();
  await bind(page, app, { a: 0 });
  await app.edit(() => { app.scope.c.a = 1; });
  assert.equal(page.window.localStorage.length, 0);
});
