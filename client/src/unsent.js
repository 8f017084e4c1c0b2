import { makeClaims } from './claims.js';
import { isObject, map } from './difference.js';

const withoutPrototype = (texts) => Object.assign(map(), texts);

function readChange(change) {
  if (!isObject(change) || !isObject(change.set) || !Array.isArray(change.push)) {
    throw new TypeError('no change');
  }
  return Object.assign(change, { set: withoutPrototype(change.set) }, change.pushed && { pushed: withoutPrototype(change.pushed) });
}

/** What was written, or null if it is not what this file writes. */
function read(text) {
  try {
    const { s, sent, pending, grounds = null } = JSON.parse(text);
    return {
      s: Number(s),
      sent: sent.map((entry) => ({ s: Number(entry.s), change: readChange(entry.change), at: entry.at || null })),
      pending: pending && readChange(pending),
      grounds,
    };
  } catch {
    return null;
  }
}

/**
 * @ngdoc service
 * @name $$djangoUnsent
 * @description
 * Keeps in localStorage what would be lost with the page: each client id has one record, written before anything of it is
 * sent and removed when all is acknowledged. A page that goes on from it sends nothing twice that would count twice.
 *
 * @param {string} name What the records of a facility are kept under.
 * @param {function} log `log(level, message)`; a store that cannot be used is one warning.
 * @returns {Object} `claim(id, isWanted)`, a promise of `{id, left}`, what a page that is gone has left, if `isWanted(left, id)` when
 *   it is read, or null: then the own record is that of `id`; `another(isWanted)`, the same, but null leaves the own record as it
 *   is; `keep(left)`, false if the own record is somebody else's by now; `isKept()`;
 *   `leave()` it to others; `end()`.
 */
angular.module('djng.websocket').factory('$$djangoUnsent', ['$window', function ($window) {
  return function keeper(name, log) {
    const prefix = `djng:unsent:${name}:`;
    let claims = null;
    let key = null;             // that of the own record, once it is claimed
    let written = null;
    let isBroken = false;

    function attempt(fn) {
      try {
        return fn($window.localStorage);
      } catch (error) {
        if (!isBroken) {
          isBroken = true;
          log('warn', `unsent edits do not outlive this page: ${error.message}`);
        }
        return null;
      }
    }

    const take = (other) => attempt(() => claims.take(other));

    function own(next) {
      const before = key;
      key = next;
      written = next && attempt((store) => store.getItem(next));
      if (before !== null && before !== next) {
        attempt(() => claims.release(before));
      }
    }

    function others(store) {
      const keys = Array.from({ length: store.length }, (_, index) => store.key(index));
      return keys.filter((other) => other !== key && other.startsWith(prefix) && /^[0-9a-f]+$/.test(other.slice(prefix.length)));
    }

    /** A record is read when it is ours: until then its page may have sent it. */
    async function another(isWanted) {
      for (const other of (claims && attempt(others)) || []) {
        if (await take(other)) {
          const left = attempt((store) => read(store.getItem(other)));
          const id = other.slice(prefix.length);
          if (left && isWanted(left, id)) {
            own(other);
            return { id, left };
          }
          attempt((store) => left || store.removeItem(other));
          attempt(() => claims.release(other));
        }
      }
      return null;
    }

    async function claim(id, isWanted) {
      claims = claims || attempt(() => makeClaims($window, id));
      own(null);
      const found = await another(isWanted);
      if (!found && claims && await take(prefix + id)) {
        own(prefix + id);
      }
      return found;
    }

    function keep(left) {
      const text = left && JSON.stringify(left);
      if (key === null || text === written) {
        return true;
      }
      if (attempt(() => claims.holds(key)) === false) {
        return false;
      }
      attempt((store) => {
        if (text === null) {
          store.removeItem(key);
        } else {
          store.setItem(key, text);
        }
        written = text;
      });
      return true;
    }

    function end() {
      own(null);
      attempt(() => claims && claims.end());
    }

    return { claim, another, keep, isKept: () => key !== null && !isBroken, leave: () => own(null), end };
  };
}]);
