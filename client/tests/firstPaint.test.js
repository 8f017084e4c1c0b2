/** What the page says of a collection is shown before the socket is open, and the server takes over from there. */
import assert from 'node:assert/strict';
import { BOTH, each, frames, same } from './page.js';

const E = 1763800000123;

/** Put an element of `{% djng_collection %}` into the page. */
function write(page, told, { facility = 'foobar', text = JSON.stringify(told) } = {}) {
  const element = page.window.document.createElement('script');
  element.type = 'application/json';
  element.setAttribute('data-djng-facility', facility);
  element.textContent = text;
  page.window.document.body.appendChild(element);
  return element;
}

const about = (told) => ({ $$djng: { c: 'broadcast', e: E, ...told } });
const hello = (sub = ['broadcast'], pub = ['broadcast']) => ({ $$djng: { me: 'f00', sub, pub } });

/** The server opens the socket and says what it keeps. */
async function open(page, { socket }, kept, said = hello()) {
  socket.open();
  socket.hear(said);
  socket.hear(kept);
  await page.clock.pass();
}

each('The page is shown at once, over what the scope has, and is no edit', async (page, start) => {
  write(page, null, { text: `{"c":"broadcast","e":${E},"v":3,"value":{"home":2,"big":1e2}}` });
  const app = start();
  app.scope.c = { home: 0, own: 1 };
  const bound = app.connect();
  same(app.scope.c, { home: 2, own: 1, big: 100 });
  app.root.$digest();
  await open(page, bound, { home: 2, big: 100, ...about({ full: 1, v: 3 }) });
  same(app.scope.c, { home: 2, own: 1, big: 100 });
  same(frames(bound.socket), []);
});

each('What was changed meanwhile comes with the first snapshot, what was deleted goes', async (page, start) => {
  write(page, { c: 'broadcast', e: E, v: 3, value: { home: 2, away: 1 } });
  const app = start();
  const bound = app.connect();
  const { c } = app.scope;
  await open(page, bound, { home: 3, ...about({ full: 1, v: 5 }) });
  same(app.scope.c, { home: 3 });
  assert.equal(app.scope.c, c);
  assert.equal(bound.binding.version, 5);
  bound.socket.hear({ home: 4, ...about({ v: 6 }) });
  await page.clock.pass();
  same(app.scope.c, { home: 4 });
});

each('Edits that are made before the socket is open go out, as what was changed of the page', async (page, start) => {
  write(page, { c: 'broadcast', e: E, v: 3, value: { home: 2, away: 1 } });
  const app = start();
  const bound = app.connect();
  await app.edit((scope) => {
    scope.c.home = 7;
  });
  await open(page, bound, { home: 2, away: 2, ...about({ full: 1, v: 4 }) });
  same(app.scope.c, { home: 7, away: 2 });
  same(frames(bound.socket), [{ home: 7, $$djng: { s: 1 } }]);
});

each('A server that has fallen behind what the page says, or has lost it, is right, or is offered it', async (page, start) => {
  write(page, { c: 'broadcast', e: E, v: 3, value: { home: 2 } });
  const app = start();
  const older = app.connect();
  await open(page, older, { home: 1, ...about({ full: 1, v: 2 }) });
  same(app.scope.c, { home: 1 });
  write(page, { c: 'broadcast', e: E, v: 3, value: { home: 2 } });
  const lost = app.connect('d');
  await open(page, lost, about({ e: E + 9, full: 1, v: 0 }));
  same(app.scope.d, { home: 2 });
  same(frames(lost.socket), [{ home: 2, $$djng: { seed: 1, e: E, v: 3 } }]);
});

each('An array is shown, and items that are appended before the socket is open are behind the others', async (page, start) => {
  write(page, { c: 'broadcast', e: E, v: 3, items: ['a', { b: 1 }] });
  const app = start();
  const bound = app.connect();
  same(app.scope.c, ['a', { b: 1 }]);
  await app.edit((scope) => scope.c.push('own'));
  await open(page, bound, about({ full: 1, v: 4, n: 3, items: ['a', { b: 1 }, 'c'] }));
  same(app.scope.c, ['a', { b: 1 }, 'c', 'own']);
  same(frames(bound.socket), [{ $$djng: { s: 1, list: 1, push: ['own'] } }]);
});

each('Only what the binding subscribes to is taken, the narrower audience over the wider', async (page, start) => {
  write(page, { c: 'user', e: E, v: 1, value: { home: 'user' } });
  write(page, { c: 'broadcast', e: E, v: 1, value: { home: 'all', away: 'all' } });
  write(page, { c: 'group:chess', e: E, v: 1, value: { away: 'group', of: 'group' } });
  write(page, { c: 'broadcast', e: E, v: 1, value: { other: 1 } }, { facility: 'other' });
  const app = start();
  app.connect('all', { channels: BOTH });
  same(app.scope.all, { home: 'all', away: 'all' });
  app.connect('both', { channels: ['subscribe-user', 'subscribe-broadcast', 'subscribe-group'] });
  same(app.scope.both, { home: 'user', away: 'group', of: 'group' });
  app.connect('mute', { channels: ['publish-broadcast'] });
  assert.equal(app.scope.mute, undefined);
});

each('An audience that the server does not give is not shown any more', async (page, start) => {
  write(page, { c: 'user', e: E, v: 1, value: { secret: 1 } });
  const app = start();
  const bound = app.connect('c', { channels: ['subscribe-broadcast', 'subscribe-user'] });
  same(app.scope.c, { secret: 1 });
  await open(page, bound, { home: 1, ...about({ full: 1, v: 1 }) }, hello(['broadcast'], []));
  same(app.scope.c, { home: 1 });
});

each('Where nothing was kept, and where it makes no sense, the scope stays as it is, and the log says so', async (page, start) => {
  write(page, { c: 'broadcast', e: 0, v: 0 });
  for (const text of ['', 'null', '{"c":', '[]']) {
    write(page, null, { text });
  }
  const app = start();
  app.connect();
  assert.equal('c' in app.scope, false);
  assert.equal(app.logged('warn').every((text) => text.includes('what the page says of it makes no sense')), true);
  assert.equal(app.logged('warn').length > 0, true);
});

each('What ws4redis keeps is shown until its first frame', async (page, start) => {
  write(page, { c: 'broadcast', e: 0, v: 0, value: { home: 1 } });
  const app = start();
  const bound = app.connect();
  same(app.scope.c, { home: 1 });
  bound.socket.open();
  bound.socket.hear({ home: 2 });
  await page.clock.pass();
  same(app.scope.c, { home: 2 });
  same(frames(bound.socket), []);
});

each('Two bindings of a page have the same beginning, a later one waits for the server', async (page, start) => {
  const element = write(page, { c: 'broadcast', e: E, v: 1, value: { home: 1 } });
  const app = start();
  const first = app.connect('a');
  app.connect('b');
  same([app.scope.a, app.scope.b], [{ home: 1 }, { home: 1 }]);
  await open(page, first, { home: 9, ...about({ full: 1, v: 2 }) });
  assert.equal(element.parentNode, null);
  app.connect('c');
  assert.equal(app.scope.c, undefined);
});
