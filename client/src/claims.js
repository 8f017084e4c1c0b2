/**
 * Who may use what lies in a store that all tabs share: each key is one page's at a time, as long as this page lives.
 *
 * Where the browser has Web Locks (on https:// and localhost), they say so, and end with the page. Elsewhere an owner writes its
 * name beside the key and renews it; one who has not done so while others have waited for minutes is gone.
 */
import { map } from './difference.js';

/** How often an owner renews its name, in milliseconds. A browser lets a tab in the background do so once a minute. */
export const BEAT = 20000;

/** For how many beats an owner must have been silent. They are counted here: a clock would go on while the machine sleeps. */
const SILENT = 9;

/** How long two who claim the same key at once wait for the last word, in milliseconds. */
const SETTLING = 100;

/** @returns {Object} `take(key)`, a promise of whether it is ours now; `holds(key)`, is it still?; `release(key)`; `end()`. */
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
    end() {},
  };
}

function byName(window, name) {
  const store = window.localStorage;
  const owner = (key) => store.getItem(`${key}:owner`);
  const strangers = map();
  const mine = new Set();
  let beats = 0;
  const timer = window.setInterval(() => {
    beats += 1;
    mine.forEach((key) => isMine(key) && renew(key));
  }, BEAT);

  const isMine = (key) => String(owner(key)).startsWith(`${name}:`);
  const renew = (key) => store.setItem(`${key}:owner`, `${name}:${beats}`);

  function isGone(key) {
    const now = owner(key);
    if (!strangers[key] || strangers[key].owner !== now) {
      strangers[key] = { owner: now, since: beats };
    }
    return beats - strangers[key].since >= SILENT;
  }

  function take(key) {
    if (owner(key) !== null && !isGone(key)) {
      return Promise.resolve(false);
    }
    renew(key);
    mine.add(key);
    if (store.getItem(key) === null) {
      return Promise.resolve(true);         // nobody else has a reason to want it
    }
    return new Promise((resolve) => window.setTimeout(() => resolve(isMine(key)), SETTLING));
  }

  function release(key) {
    mine.delete(key);
    if (isMine(key)) {
      store.removeItem(`${key}:owner`);
    }
  }

  return { take, holds: isMine, release, end: () => window.clearInterval(timer) };
}
