/** The words of a server that speaks djng's wire, for tests that play it. */
const BROADCAST = ['broadcast'];

export const hello = (pub = BROADCAST, sub = pub) => ({ $$djng: { me: 'me', sub, pub } });

/** A snapshot, of nothing if `content` is null. */
export function full(content, { v = content ? 1 : 0, e = 1000, c = 'broadcast' } = {}) {
  const about = { full: 1, c, e, v };
  return Array.isArray(content) ? { $$djng: { ...about, n: content.length, items: content } } : { ...content, $$djng: about };
}

/** A change: `about` has its version `v`, and whatever else there is to say. */
export const change = (set, about) => ({ ...set, $$djng: { c: 'broadcast', e: 1000, ...about } });

/** The client's own change `s`, coming back. */
export const own = (set, s, v, about) => change(set, { v, o: 'me', s, ...about });

export const ack = (s, v, about) => ({ $$djng: { ack: s, c: 'broadcast', e: 1000, v, ...about } });

export const refusal = (s, errors) => ({ $$djng: { s, errors } });

/** Play the server for a binding that was just connected: its socket opens, and hears what there is. */
export async function greet(page, socket, content, options) {
  socket.open();
  socket.hear(hello());
  socket.hear(full(content, options));
  await page.clock.pass();
}

/** Connect, and be greeted. */
export async function bind(page, app, content, { collection = 'c', ...options } = {}) {
  const bound = app.connect(collection, options);
  await greet(page, bound.socket, content);
  return bound;
}

/** Let a socket hear something, and the digest that it causes run. */
export async function hear(page, socket, ...frames) {
  frames.forEach((frame) => socket.hear(frame));
  await page.clock.pass();
}
