import assert from 'node:assert/strict';
import { each } from './page.js';

each('Sockets are made by $websocket, which a test may replace.', async (page, start) => {
  const urls = [];
  const app = start({
    configure(provider, $provide) {
      provider.setURI('ws://elsewhere/');
      $provide.value('$websocket', (url) => ({ url: urls.push(url), close() {} }));
    },
  });
  app.connect();
  assert.equal(urls.length, 1);
  assert.match(urls[0], /^ws:\/\/elsewhere\/foobar\?/);
  assert.equal(page.sockets.length, 0);
});

each('Unless replaced, $websocket is the browser\'s WebSocket of that moment.', (page, start) => {
  start().injector.get('$websocket')('ws://localhost/x');
  assert.deepEqual(page.sockets.map((socket) => socket.url), ['ws://localhost/x']);
});
