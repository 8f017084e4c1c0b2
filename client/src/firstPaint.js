/** What the page itself says of collections, before their sockets are open: the elements of Django's `{% djng_collection %}`. */
import { adopt, reopen, unknown } from './confirmed.js';
import { wider } from './hearing.js';
import { elements, members } from './scan.js';

function snapshot(text) {
  const { c, e, v, value, items } = members(text);
  const list = items !== undefined;
  const texts = list ? elements(items) : members(value || '{}');
  return { label: JSON.parse(c), e: Number(e), v: Number(v), list: list || value !== undefined ? list : null, texts };
}

/**
 * Read what the page says of a facility, for the audiences that a binding subscribes to.
 *
 * @param {Document} document
 * @param {Array.<string>} channels As of `connect`.
 * @param {function} log `log(level, message)`.
 * @returns {Object} `frames`, a snapshot for each audience; `discard()`, to be called when the server has taken over: a binding
 *   that is made later has nothing to learn here any more.
 */
export function readPage(document, facility, channels, log) {
  const found = new Map();
  const used = [];
  document.querySelectorAll('script[data-djng-facility]').forEach((element) => {
    try {
      const frame = element.getAttribute('data-djng-facility') === facility && snapshot(element.textContent);
      if (frame && frame.list !== null && channels.includes(`subscribe-${frame.label.split(':')[0]}`)) {
        found.set(frame.label, frame);
        used.push(element);
      }
    } catch (error) {
      log('warn', `what the page says of it makes no sense: ${error.message}`);
    }
  });
  return { frames: Array.from(found.values()), discard: () => used.forEach((element) => element.remove()) };
}

/** Know what the page has said, until the server's first word: whatever that is, it is newer. */
export function foresee(replica, frames) {
  const labels = frames.map((frame) => {
    const label = unknown(frame.label);
    adopt(label, frame, false);
    reopen(label);
    return Object.assign(label, { unseeded: false });
  });
  replica.layers.labels = labels.sort((a, b) => wider(a.name, b.name));
  replica.isTouched = labels.length > 0;
}
