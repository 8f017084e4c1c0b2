import assert from 'node:assert/strict';
import { BOTH, each, same } from './page.js';

const configured = (start, configure) => {
  let caught;
  start({
    configure(provider) {
      provider.setURI('ws://localhost/ws/');
      try {
        configure(provider);
      } catch (error) {
        caught = error;
      }
    },
  });
  return caught;
};

each('The provider\'s methods can be chained.', (page, start) => {
  assert.equal(configured(start, (provider) => {
    assert.equal(provider.setURI('ws://x/').setHeartbeat('--hb--').setLogLevel('debug'), provider);
  }), undefined);
});

each('A URI that is no text or empty is refused, with a hint at the template.', (page, start) => {
  for (const uri of ['', null, undefined, 7]) {
    assert.match(configured(start, (provider) => provider.setURI(uri)).message, /setURI\(uri\).*context processor/);
  }
});

each('A heartbeat is a text, or none.', (page, start) => {
  for (const heartbeat of ['--hb--', '', null, undefined]) {
    assert.equal(configured(start, (provider) => provider.setHeartbeat(heartbeat)), undefined);
  }
  for (const heartbeat of [5, {}, true]) {
    assert.match(configured(start, (provider) => provider.setHeartbeat(heartbeat)).message, /setHeartbeat/);
  }
});

each('A log level that does not exist is refused, and the error names those that do.', (page, start) => {
  for (const level of ['info', '', undefined, 0]) {
    assert.match(configured(start, (provider) => provider.setLogLevel(level)).message, /'debug', 'log', 'warn', 'error'/);
  }
});

each('A log level lets through itself and what is graver.', async (page, start) => {
  const seen = {};
  for (const level of ['debug', 'log', 'warn', 'error']) {
    const app = start({ level });
    const { socket } = app.connect();
    socket.open();
    socket.hear('no json');
    socket.hear('{}');
    await page.clock.pass();
    socket.drop(4403);
    seen[level] = [...new Set(app.log.map(([name]) => name))].sort();
  }
  assert.deepEqual(seen, {
    debug: ['debug', 'error', 'log', 'warn'],
    log: ['error', 'log', 'warn'],
    warn: ['error', 'warn'],
    error: ['error'],
  });
});

each('Without a log level, lost sockets are told and open ones are not.', (page, start) => {
  const app = start({ configure: (provider) => provider.setURI('ws://localhost/') });
  const { socket } = app.connect();
  socket.open();
  socket.drop(1011, 'oops');
  assert.deepEqual(app.log.map(([name]) => name), ['warn']);
  assert.match(app.logged('warn')[0], /c at foobar.*1011: oops/);
});

each('What is logged never tells the client id.', async (page, start) => {
  const app = start({ level: 'debug' });
  const { socket } = app.connect();
  socket.open();
  socket.hear('{"a":1}');
  await page.clock.pass();
  socket.drop();
  const id = /djng=(.+)/.exec(socket.url)[1];
  assert.ok(app.log.length > 2 && app.log.every(([, text]) => !text.includes(id)));
});

each('connect() before setURI() is an error that says so.', (page, start) => {
  const app = start({ configure() {} });
  assert.throws(() => app.connect(), /setURI\(uri\) was not called/);
});

each('Each argument of connect() is checked, and no socket is opened for a wrong one.', (page, start) => {
  const app = start();
  const connect = (...args) => () => app.djangoWebsocket.connect(...args);
  assert.throws(connect(null, 'c', 'f', BOTH), /needs a scope/);
  assert.throws(connect({}, 'c', 'f', BOTH), /needs a scope/);
  assert.throws(connect(app.scope, '', 'f', BOTH), /can be assigned/);
  assert.throws(connect(app.scope, undefined, 'f', BOTH), /can be assigned/);
  assert.throws(connect(app.scope, 'a + b', 'f', BOTH), /"a \+ b" is nothing that can be assigned/);
  assert.throws(connect(app.scope, 'c', '', BOTH), /facility/);
  assert.throws(connect(app.scope, 'c', 'a/../b', BOTH), /"\.\."/);
  assert.throws(connect(app.scope, 'c', './b', BOTH), /"\."/);
  assert.throws(connect(app.scope, 'c', 'f'), /array of channels/);
  assert.throws(connect(app.scope, 'c', 'f', 'subscribe-broadcast'), /array of channels/);
  assert.throws(connect(app.scope, 'c', 'f', ['subscribe-user&x']), /array of channels/);
  assert.throws(connect(app.scope, 'c', 'f', [5]), /array of channels/);
  assert.throws(connect(app.scope, 'c', 'f', []), /subscribe or publish/);
  assert.throws(connect(app.scope, 'c', 'f', ['echo']), /subscribe or publish/);
  assert.equal(page.sockets.length, 0);
});

each('The URL is the URI, the facility, the channels and the client id.', (page, start) => {
  const { socket } = start({ uri: 'wss://example.com/ws/' }).connect('c', { facility: 'foobar', channels: [...BOTH, 'echo'] });
  assert.match(socket.url, /^wss:\/\/example\.com\/ws\/foobar\?subscribe-broadcast&publish-broadcast&echo&djng=[0-9a-f]{32}$/);
});

each('Each segment of a facility is encoded.', (page, start) => {
  const { socket } = start().connect('c', { facility: 'a b/ü?#&/c' });
  assert.ok(socket.url.startsWith('ws://localhost/ws/a%20b/%C3%BC%3F%23%26/c?subscribe'), socket.url);
});

each('The client id is random, one for each binding, and kept over reconnects.', async (page, start) => {
  const app = start();
  const [one, two] = [app.connect('a').socket, app.connect('b').socket];
  assert.notEqual(one.url.slice(-32), two.url.slice(-32));
  one.drop();
  await page.clock.pass(1000);
  assert.equal(page.next().url, one.url);
  assert.notEqual(page.next(), one);
});

each('The promise resolves to the binding when the socket opens, not before.', async (page, start) => {
  const app = start();
  const { promise, binding, socket } = app.connect();
  const resolved = [];
  promise.then((value) => resolved.push(value));
  await page.clock.pass(500);
  assert.deepEqual(resolved, []);
  socket.open();
  await page.clock.pass();
  assert.equal(resolved.length, 1);
  assert.equal(resolved[0], binding);
  assert.equal(binding.status, 'open');
});

each('The promise carries the binding before the first open.', (page, start) => {
  const { binding } = start().connect();
  assert.equal(binding.status, 'connecting');
  assert.equal(binding.reason, null);
});

each('A first attempt that fails is like any other: the promise waits.', async (page, start) => {
  const app = start();
  const { promise, binding, socket } = app.connect();
  let resolved = 0;
  let rejected = 0;
  promise.then(() => { resolved += 1; }, () => { rejected += 1; });
  socket.drop();
  await page.clock.pass(1000);
  assert.deepEqual([resolved, rejected], [0, 0]);
  page.next().open();
  page.next().hear({ a: 1 });
  await page.clock.pass();
  assert.deepEqual([resolved, rejected], [1, 0]);
  same(app.scope.c, { a: 1 });
  await app.edit(() => { app.scope.c.a = 2; });
  assert.deepEqual(page.next().sent, ['{"a":2}']);
  assert.equal(binding.status, 'open');
});

each('Any number of bindings live beside each other.', async (page, start) => {
  const app = start({ heartbeat: '--hb--' });
  const one = await app.bound('a', { facility: 'one' }, { x: 1 });
  const two = await app.bound('b', { facility: 'two' }, { y: 1 });
  same([app.scope.a, app.scope.b], [{ x: 1 }, { y: 1 }]);
  await app.edit(() => { app.scope.a.x = 2; });
  assert.deepEqual([one.socket.sent, two.socket.sent], [['{"x":2}'], []]);
  one.socket.drop();
  assert.deepEqual([one.binding.status, two.binding.status], ['waiting', 'open']);
  one.binding.unbind();
  two.socket.hear({ y: 2 });
  await page.clock.pass();
  same(app.scope.b, { y: 2 });
});
