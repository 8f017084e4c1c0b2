/**
 * Who may use what lies in a store that all tabs share: each key is one page's at a time, as long as this page lives.
 *
 * Where the browser has Web Locks (on https:// and localhost), they say so, and end with the page. Elsewhere an owner writes its
 * name beside the key and renews it; one who has not done so while others have looked for minutes is gone.
 */
import { map } from './difference.js';

/** How often an owner renews its name, in milliseconds. A browser lets a tab in the background do so once a minute. */
export const BEAT = 20000;

/** How many looks, a beat apart, must find an owner silent. */
const LOOKS = 9;

/** How long two who claim the same key at once wait for the last word, in milliseconds. */
const SETTLING = 100;

/** @returns {Object} `take(key)`, a promise of whether it is ours now; `holds(key)`, is it still?; `release(key)`. */
export function makeClaims(window, name) {
  const { locks } = window.navigator || {};
  return locks ? byLock(locks) : byName(window, name);
}

function byLock(locks) {
  const held = map();
  return {
    take: (key) => new Promise((resolve) => {
      const granted = (lock) => {
        resolve(lock !== null);
        return lock && new Promise((release) => {
          held[key] = release;
        });
      };
      locks.request(key, { ifAvailable: true }, granted).catch(() => resolve(false));
    }),
    holds: () => true,
    release: (key) => held[key] && held[key](),
  };
}

function byName(window, name) {
  const store = window.localStorage;
  const owner = (key) => store.getItem(`${key}:owner`);
  const strangers = map();
  const beats = map();
  let count = 0;

  const isMine = (key) => String(owner(key)).startsWith(`${name}:`);
  const renew = (key) => store.setItem(`${key}:owner`, `${name}:${count += 1}`);

  function isGone(key) {
    const seen = strangers[key];
    const now = owner(key);
    const isSilent = Boolean(seen) && seen.owner === now;
    strangers[key] = { owner: now, looks: isSilent ? seen.looks + 1 : 0 };
    return strangers[key].looks >= LOOKS;
  }

  function take(key) {
    if (owner(key) !== null && !isGone(key)) {
      return Promise.resolve(false);
    }
    renew(key);
    beats[key] = window.setInterval(() => isMine(key) && renew(key), BEAT);
    return new Promise((resolve) => window.setTimeout(() => resolve(isMine(key)), SETTLING));
  }

  function release(key) {
    window.clearInterval(beats[key]);
    if (isMine(key)) {
      store.removeItem(`${key}:owner`);
    }
  }

  return { take, holds: isMine, release };
}
