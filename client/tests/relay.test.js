import assert from 'node:assert/strict';
import { each } from './page.js';

/**
 * Random programs: browsers on a plain relay, which keeps the last frame and passes it to all but its author.
 * One edit at a time, the network quiet in between: then all must show the same. A failure prints its seed.
 */
const SEEDS = 8;
const STEPS = 25;
const NAMES = ['a', 'b', 'home', '__proto__', 'constructor', 'length', 'hasOwnProperty'];

/** Numbers in [0, 1) that a seed decides (mulberry32). */
function makeRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A relay for all the sockets of a page. */
function serve(page) {
  const relay = { kept: null, up: true };
  page.onsocket = (socket) => page.window.setTimeout(() => {
    if (!relay.up) {
      socket.drop();
      return;
    }
    socket.open();
    if (relay.kept !== null) {
      page.window.setTimeout(() => socket.hear(relay.kept), 5);
    }
    socket.onsent = (text) => {
      relay.kept = text;
      page.sockets.filter((other) => other !== socket && other.readyState === 1).forEach((other) => {
        page.window.setTimeout(() => other.hear(text), 10);
      });
    };
  }, 10);
  return relay;
}

/** The JSON with sorted names, as browsers may differ in the order of properties. */
const text = (value) => JSON.stringify(value, (name, inner) => (inner && typeof inner === 'object' && !Array.isArray(inner)
  ? Object.assign(Object.create(null), Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))) : inner));

function randomValue(random) {
  return [random() < 0.5, Math.floor(random() * 5), null, `t${Math.floor(random() * 9)}`, { x: [Math.floor(random() * 3)] }, NaN, []][
    Math.floor(random() * 7)];
}

function editObject(object, random) {
  for (let count = 1 + Math.floor(random() * 3); count; count -= 1) {
    const name = NAMES[Math.floor(random() * NAMES.length)];
    const nested = Object.prototype.hasOwnProperty.call(object, name) && object[name] && object[name].x;
    if (nested && random() < 0.5) {
      nested.push(Math.floor(random() * 9));
    } else if (random() < 0.3) {
      delete object[name];
    } else {
      Object.defineProperty(object, name, { value: randomValue(random), configurable: true, enumerable: true, writable: true });
    }
  }
}

function editArray(list, random) {
  const at = Math.floor(random() * (list.length + 1));
  list.splice(at, Math.floor(random() * 3), ...Array.from({ length: Math.floor(random() * 3) }, () => randomValue(random)));
}

async function run(page, start, seed, make, edit) {
  const random = makeRandom(seed);
  const relay = serve(page);
  const browsers = [];
  const join = async () => {
    const app = start();
    app.scope.c = make();
    browsers.push({ app, ...app.connect('c', { options: { deep: true } }) });
    await page.clock.pass(3000);
  };
  await join();
  await join();
  for (let step = 0; step < STEPS; step += 1) {
    const { app } = browsers[Math.floor(random() * browsers.length)];
    await app.edit(() => edit(app.scope.c, random));
    await page.clock.pass(100);
    if (step === 10) {
      await join();
    }
    if (random() < 0.15) {
      relay.up = false;
      page.sockets.filter((socket) => socket.readyState === 1).forEach((socket) => socket.drop());
      await page.clock.pass(500);
      relay.up = true;
      await page.clock.pass(40000);
    }
    const shown = browsers.map((browser) => text(browser.app.scope.c));
    shown.forEach((json) => assert.equal(json, shown[0], `seed ${seed}, step ${step}`));
  }
  browsers.forEach(({ app, binding }) => {
    assert.deepEqual(app.logged('error'), [], `seed ${seed}`);
    binding.unbind();
  });
}

each('Browsers that edit an object one after the other always show the same.', async (page, start) => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    await run(page, start, seed, () => ({}), editObject);
  }
});

each('Browsers that edit an array one after the other always show the same.', async (page, start) => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    await run(page, start, seed, () => [], editArray);
  }
});

each('What one edits while its socket is down and what others edit meanwhile is there afterwards.', async (page, start) => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const random = makeRandom(seed);
    serve(page);
    const [one, two] = [start(), start()];
    const [away, here] = [one.connect('c'), two.connect('c')];
    one.scope.c = {};
    two.scope.c = {};
    await page.clock.pass(3000);
    const expected = {};
    for (let round = 0; round < 5; round += 1) {
      page.sockets.filter((socket) => socket.url === away.socket.url && socket.readyState === 1).forEach((socket) => socket.drop());
      for (const [app, name] of [[one, 'mine'], [two, 'yours']].sort(() => random() - 0.5)) {
        expected[name] = `${name} ${Math.floor(random() * 100)}`;
        await app.edit(() => { app.scope.c[name] = expected[name]; });
      }
      await page.clock.pass(20000);
      for (const app of [one, two]) {
        assert.equal(text(app.scope.c), text(expected), `seed ${seed}, round ${round}`);
      }
    }
    [away, here].forEach(({ binding }) => binding.unbind());
  }
});
