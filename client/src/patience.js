/** A server that owes an answer and says nothing is asked again: a frame may have been lost on its side. */

/** How long it may keep silent, in milliseconds; each time it goes on, twice as long. */
export const FIRST = 10000;

/** Upper bound of that. */
export const LONGEST = 300000;

/**
 * @param {Object} window Whose timers are used.
 * @param {function} ask Called when it was silent for too long.
 * @returns {Object} `wait(isOwed)`: is there still an answer to come? `hear()`: something came.
 */
export function makePatience(window, ask) {
  let patience = FIRST;
  let timer = null;

  function hear() {
    window.clearTimeout(timer);
    timer = null;
  }

  function wait(isOwed) {
    if (!isOwed) {
      hear();
      patience = FIRST;
    } else if (timer === null) {
      timer = window.setTimeout(() => {
        timer = null;
        patience = Math.min(LONGEST, patience * 2);
        ask();
      }, patience);
    }
  }

  return { wait, hear };
}
