/** How what is unsent on a binding outlives its page, and how another page goes on from it. */
import { BEAT } from './claims.js';

/** A binding whose edits end with the page. */
export const keepNothing = (link) => ({
  start: () => link.open(), keep() {}, isKept: () => false, leave() {}, back: (wake) => wake(), end() {}, lookRound() {},
});

/**
 * @param {Object} keeper See unsent.js.
 * @param {Object} link See connection.js.
 * @param {Object} about `wires` as in wires.js; `identity(id)` takes another client id, or makes one, and returns it; `show()`
 *   what has become of it; `isOver()` once the binding has ended; and `window`.
 */
export function makeKeeping(keeper, link, { wires, identity, show, isOver, window }) {
  const timer = window.setInterval(lookRound, BEAT);
  let isLooking = false;
  let away = null;          // the client id under which a page that was left has kept something
  let id = null;
  return { start: () => start(() => true, link.open), keep, isKept: keeper.isKept, leave, back, end, lookRound };

  function call(name) {
    id = identity(name);
    return id;
  }

  /** Under a client id of its own, or that of a page which has left something. */
  function start(isWanted, open) {
    keeper.claim(call(), isWanted).then((found) => {
      if (isOver()) {
        keeper.end();
        return;
      }
      inherit(found);
      open();
    });
  }

  function inherit(found) {
    if (found) {
      call(found.id);
      wires.bound.inherit(found.left);
    }
    show();
  }

  /** What is unsent is somebody else's, or is read again from where it was kept. */
  function abandon() {
    wires.bound.forget();
    show();
  }

  function keep() {
    if (!keeper.keep(wires.current.unsent())) {
      start(() => false, link.open);            // it is not ours from here on
      link.rest();
      abandon();
    }
  }

  /** The page may be gone for good: whoever comes next may go on from here. */
  function leave() {
    away = keeper.isKept() ? id : null;
    keeper.leave();
  }

  /** It was not. What is unsent lies where it was kept, unless somebody else has gone on from there. */
  function back(wake) {
    if (away === null) {
      wake();
    } else {
      const before = away;
      wires.reset();
      start((left, other) => other === before, wake);
      abandon();
    }
  }

  /**
   * Has another page left something? One record after the other, since each has a client id of its own. One that may have
   * pushed items is left for a page that begins: here they may be shown already, and would be twice.
   */
  function lookRound() {
    const isIdle = () => !isOver() && wires.current === wires.bound && wires.bound.isLevel();
    const isWanted = ({ sent }) => isIdle() && sent.every(({ change }) => !change.push.length);
    if (!isLooking && isIdle()) {
      isLooking = true;
      keeper.another(isWanted).then((found) => {
        isLooking = false;
        if (found) {
          link.rest();          // what it has left goes under its own client id
          inherit(found);
          link.reopen();
        }
      });
    }
  }

  function end() {
    window.clearInterval(timer);
    keeper.end();
  }
}
