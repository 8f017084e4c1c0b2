import assert from 'node:assert/strict';
import { each } from './page.js';

const HB = '--hb--';
/** Without luck: every wait is as long as it may be. */
const longest = (page) => { page.window.Math.random = () => 1 - Number.EPSILON; };
const statuses = (binding) => {
  const seen = [];
  binding.onStatus((status) => seen.push(status));
  return seen;
};

each('A lost socket is opened again, each time after a longer wait.', async (page, start) => {
  longest(page);
  const { binding } = start().connect();
  for (const wait of [1000, 2000, 4000, 8000, 16000, 30000, 30000]) {
    const count = page.sockets.length;
    page.next().drop();
    assert.equal(binding.status, 'waiting');
    await page.clock.pass(wait - 1);
    assert.equal(page.sockets.length, count);
    await page.clock.pass(1);
    assert.equal(page.sockets.length, count + 1);
    assert.equal(binding.status, 'connecting');
  }
});

each('A server that accepts and drops at once is asked less and less often, too.', async (page, start) => {
  longest(page);
  start().connect();
  for (const wait of [1000, 2000, 4000]) {
    const socket = page.next();
    socket.open();
    socket.hear({});
    socket.drop(1011);
    await page.clock.pass(wait - 1);
    assert.equal(page.next(), socket);
    await page.clock.pass(1);
    assert.notEqual(page.next(), socket);
  }
});

each('A socket that held gives the next wait its first length.', async (page, start) => {
  longest(page);
  start().connect();
  page.next().drop();
  await page.clock.pass(1000);
  page.next().drop();
  await page.clock.pass(2000);
  const socket = page.next();
  socket.open();
  await page.clock.pass(5000);
  socket.drop();
  await page.clock.pass(1000);
  assert.notEqual(page.next(), socket);
});

each('A waiting socket is opened at once when the browser comes online.', (page, start) => {
  const { binding, socket } = start().connect();
  socket.drop();
  page.fire(page.window, 'online');
  assert.equal(page.sockets.length, 2);
  assert.equal(binding.status, 'connecting');
});

each('A waiting socket is opened at once when the tab becomes visible, not when it is hidden.', (page, start) => {
  const { socket } = start().connect();
  socket.drop();
  page.see('hidden');
  assert.equal(page.sockets.length, 1);
  page.see('visible');
  assert.equal(page.sockets.length, 2);
});

each('After an event that promised a way, waits are short again.', async (page, start) => {
  longest(page);
  start().connect();
  for (const wait of [1000, 2000, 4000]) {
    page.next().drop();
    await page.clock.pass(wait);
  }
  page.next().drop();
  page.fire(page.window, 'online');
  page.next().drop();
  await page.clock.pass(1000);
  assert.equal(page.sockets.length, 6);
});

each('The reason of the last close is kept while the next socket opens.', (page, start) => {
  const { binding, socket } = start().connect();
  socket.drop(1011, 'oops');
  page.fire(page.window, 'online');
  page.next().open();
  assert.equal(binding.status, 'open');
  assert.deepEqual({ ...binding.reason }, { code: 1011, reason: 'oops' });
});

each('After an early attempt none is left over from the wait.', async (page, start) => {
  start().connect().socket.drop();
  page.fire(page.window, 'online');
  page.next().open();
  await page.clock.pass(60000);
  assert.equal(page.sockets.length, 2);
});

each('Neither event disturbs a socket that is open or opening.', (page, start) => {
  const { socket } = start().connect();
  page.fire(page.window, 'online');
  socket.open();
  page.fire(page.window, 'online');
  page.see('visible');
  assert.equal(page.sockets.length, 1);
  assert.equal(socket.readyState, 1);
});

each('A close code that means "do not come back" ends it, with the reason and one line in the log.', async (page, start) => {
  for (const code of [4401, 4403, 4404]) {
    const app = start();
    const { binding, socket } = app.connect();
    const count = page.sockets.length;
    socket.open();
    socket.drop(code, 'sorry');
    assert.equal(binding.status, 'closed');
    assert.deepEqual({ ...binding.reason }, { code, reason: 'sorry' });
    assert.equal(app.log.length, 1);
    assert.match(app.logged('error')[0], new RegExp(`foobar.*${code}: sorry`));
    page.fire(page.window, 'online');
    page.see('visible');
    page.fire(page.window, 'pageshow', { persisted: true });
    await page.clock.pass(60000);
    assert.equal(page.sockets.length, count);
  }
});

each('Any other close code is no farewell, and its reason is kept.', async (page, start) => {
  const { binding } = start().connect();
  for (const code of [1000, 1001, 1006, 1009, 1011, 1012, 4000, 4402]) {
    page.next().open();
    page.next().drop(code, 'why');
    assert.equal(binding.status, 'waiting');
    assert.deepEqual({ ...binding.reason }, { code, reason: 'why' });
    await page.clock.pass(30000);
    assert.equal(binding.status === 'connecting' || binding.status === 'waiting', true);
    page.fire(page.window, 'online');
  }
});

each('A socket that never opens counts as failed after 15 s.', async (page, start) => {
  const { binding, socket } = start().connect();
  await page.clock.pass(14999);
  assert.equal(binding.status, 'connecting');
  await page.clock.pass(1);
  assert.equal(binding.status, 'waiting');
  assert.equal(socket.readyState, 3);
  await page.clock.pass(1000);
  assert.equal(page.sockets.length, 2);
});

each('A socket that opened in time is left alone after 15 s.', async (page, start) => {
  const { binding, socket } = start().connect();
  socket.open();
  await page.clock.pass(60000);
  assert.equal(binding.status, 'open');
  assert.equal(page.sockets.length, 1);
});

each('What a socket says after it was given up is not heard.', async (page, start) => {
  const { binding, socket } = start().connect();
  const { onopen, onmessage, onclose } = socket;
  await page.clock.pass(15000);
  assert.deepEqual([socket.onopen, socket.onmessage, socket.onclose], [null, null, null]);
  assert.ok(onopen && onmessage && onclose);
  assert.equal(binding.status, 'waiting');
});

each('A URL which the browser itself refuses closes the binding, with the reason and an error.', async (page, start) => {
  const app = start();
  page.refuse = 'mixed content';
  const { binding } = app.connect();
  assert.equal(binding.status, 'closed');
  assert.equal(binding.reason.reason, 'mixed content');
  assert.match(app.logged('error')[0], /mixed content/);
  await page.clock.pass(60000);
  assert.equal(app.log.length, 1);
});

each('A heartbeat is sent every 5 s.', async (page, start) => {
  const { socket } = start({ heartbeat: HB }).connect();
  socket.open();
  await page.clock.pass(4999);
  assert.deepEqual(socket.sent, []);
  await page.clock.pass(1);
  assert.deepEqual(socket.sent, [HB]);
  await page.clock.pass(5000);
  assert.deepEqual(socket.sent, [HB, HB]);
});

each('Without a heartbeat message none is sent, and silence is no fault.', async (page, start) => {
  for (const heartbeat of [null, '']) {
    const { binding, socket } = start({ heartbeat }).connect();
    socket.open();
    await page.clock.pass(60000);
    assert.deepEqual(socket.sent, []);
    assert.equal(binding.status, 'open');
  }
});

each('Three missed heartbeats close the socket and open another.', async (page, start) => {
  const { binding, socket } = start({ heartbeat: HB }).connect();
  socket.open();
  await page.clock.pass(19999);
  assert.equal(socket.readyState, 1);
  assert.equal(socket.sent.length, 3);
  await page.clock.pass(1);
  assert.equal(socket.readyState, 3);
  assert.match(binding.reason.reason, /3 heartbeats/);
  await page.clock.pass(1000);
  assert.equal(page.sockets.length, 2);
});

each('The server\'s heartbeat, like any frame, is a sign of life.', async (page, start) => {
  const { socket } = start({ heartbeat: HB }).connect();
  socket.open();
  for (const sign of [HB, '{"a":1}', 'no json', HB]) {
    await page.clock.pass(14000);
    socket.hear(sign);
    await page.clock.pass(3000);
    assert.equal(socket.readyState, 1);
    socket.hear(sign);
  }
});

each('A heartbeat is never taken for data, even if it is JSON.', async (page, start) => {
  const app = start({ heartbeat: '{"beat":1}' });
  const { socket } = app.connect();
  socket.open();
  socket.hear('{"beat":1}');
  await page.clock.pass();
  assert.equal(app.scope.c, undefined);
  assert.deepEqual(app.log, []);
});

each('A new socket starts with no missed heartbeat.', async (page, start) => {
  const { socket } = start({ heartbeat: HB }).connect();
  socket.open();
  await page.clock.pass(16000);
  socket.drop();
  await page.clock.pass(1000);
  const next = page.next();
  next.open();
  await page.clock.pass(19000);
  assert.equal(next.readyState, 1);
});

each('One socket\'s heartbeats do not keep another alive.', async (page, start) => {
  const app = start({ heartbeat: HB });
  const [one, two] = [app.connect('a').socket, app.connect('b').socket];
  one.open();
  two.open();
  for (let i = 0; i < 4; i += 1) {
    await page.clock.pass(4000);
    two.hear(HB);
  }
  await page.clock.pass(4000);
  assert.deepEqual([one.readyState, two.readyState], [3, 1]);
});

each('A page that goes into the back/forward cache closes its socket, quietly, and opens it when it comes back.', async (page, start) => {
  const app = start();
  const { binding, socket } = app.connect();
  socket.open();
  const seen = statuses(binding);
  page.fire(page.window, 'pagehide', { persisted: true });
  assert.equal(socket.readyState, 3);
  assert.equal(binding.status, 'waiting');
  await page.clock.pass(60000);
  assert.equal(page.sockets.length, 1);
  page.fire(page.window, 'pageshow', { persisted: true });
  assert.equal(page.sockets.length, 2);
  page.next().open();
  await page.clock.pass();
  assert.deepEqual(seen, ['waiting', 'connecting', 'open']);
  assert.deepEqual(app.log, []);
});

each('A page that is shown for the first time opens nothing twice.', (page, start) => {
  start().connect().socket.drop();
  page.fire(page.window, 'pageshow', { persisted: false });
  assert.equal(page.sockets.length, 1);
});

each('A binding that ended listens to nothing and has no timer left.', async (page, start) => {
  const listening = new Set();
  for (const target of [page.window, page.window.document]) {
    const { addEventListener, removeEventListener } = target;
    target.addEventListener = (name, fn) => { listening.add(fn); addEventListener.call(target, name, fn); };
    target.removeEventListener = (name, fn) => { listening.delete(fn); removeEventListener.call(target, name, fn); };
  }
  const app = start({ heartbeat: HB });
  await page.clock.pass();
  const before = listening.size;
  const { binding } = await app.bound();
  assert.equal(listening.size, before + 4);
  binding.unbind();
  await page.clock.pass();
  assert.equal(listening.size, before);
  assert.equal(page.clock.timers.size, 0);
});
