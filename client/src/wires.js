/** Which of two wires a server speaks: its first frame tells, or that there is none. */
import { makeBound } from './bound.js';
import { makePlain } from './plain.js';
import { isHello } from './wire.js';

/**
 * @param {Object} shown See shown.js.
 * @param {Object} options Those of plain.js.
 * @param {function} takeEdits Called before the wire changes: what was edited so far belongs to the old one.
 * @returns {Object} `current`, the wire; `bound`, djng's; `open()` for another socket, `hear(text)` to tell by, `hush()` if there is
 *   nothing, and `reset()`, to begin with djng's. Every wire has
 *   - `edit(before, after)`, which takes in what was edited; `hear(text)`, which throws where a frame makes no sense; and
 *     `show()`, which shows what was heard and returns the names whose new values are others';
 *   - `outgoing()`, the frames that may go now, `parting(isKept)`, those that go when the page leaves; `sync()` if the server is
 *     silent, and `close()` if the socket is lost;
 *   - `waiting()`, how many properties wait, `waits(name)`, `isLevel()`, if none does and the server's word is known, `isOwed()`,
 *     does it owe an answer?, `version`, `errors` by name, and `refusals()` since it was last asked;
 *   - `isWrong(name)`, was its last change refused?, `isTied(name, other)`, is it to be tried again with the other?, and
 *     `forgive(name)`, if it is wanted no more;
 *   - `unsent()`, what would be lost with the page; `release()` and `resume(change)`, which hand over what is unsent.
 */
export function makeWires(shown, options, takeEdits) {
  const bound = makeBound(shown, options.publishes);
  const plain = makePlain(shown, options);
  let isDecided = false;      // is it known of this socket?
  let isSpoken = false;       // has it said anything but heartbeats?
  const wires = { bound, current: bound, open, hear, hush, reset };
  return wires;

  function decide(next) {
    isDecided = true;
    if (wires.current !== next) {
      takeEdits();
      next.resume(wires.current.release());
      wires.current = next;
    }
  }

  /** There is another socket, or none. */
  function open() {
    wires.current.close();
    isDecided = isSpoken = false;
  }

  function reset() {
    decide(bound);
    isDecided = false;
  }

  /** A frame came. A hello that comes too late counts if nothing else was said. */
  function hear(text) {
    if (!isDecided || (wires.current === plain && !isSpoken && isHello(text))) {
      decide(isHello(text) ? bound : plain);
    }
    isSpoken = true;
  }

  /** None came, or a heartbeat before any: tells whether edits may go now. */
  function hush() {
    if (!isDecided) {
      decide(plain);
    }
    const isNews = wires.current === plain && !plain.isSynced;
    wires.current.sync();
    return isNews;
  }
}
