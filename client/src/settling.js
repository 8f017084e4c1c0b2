/** The turn of a binding: take in local edits, then what was heard, then send: in this order neither side swallows the other's. */

/**
 * @param {Object} shown See shown.js.
 * @param {Object} wires See wires.js.
 * @param {Object} parts `link` as in connection.js, `keeping` as in keeping.js, `patience` as in patience.js, `report` as in report.js,
 *   `log`, and `isOver()`.
 * @returns {Object} `soon()`: settle when this turn ends, with all that the watchers of a digest derive. `now()`. `add(text)` a frame
 *   for the next time. `anew()`: there is something else to show than what was heard. `part()`: the page may be left for good.
 */
export function makeSettling(shown, wires, { link, keeping, patience, report, log, isOver }) {
  const heard = [];
  let isScheduled = false;
  let isStale = false;
  return { soon, now, add: (text) => heard.push(text), anew, part, takeEdits };

  function soon() {
    if (!isScheduled) {
      isScheduled = true;
      Promise.resolve().then(now);
    }
  }

  function now() {
    isScheduled = false;
    if (!isOver()) {
      takeEdits();
      const byOthers = heard.length || isStale ? show(heard.splice(0)) : [];
      say(wires.current.outgoing);
      patience.wait(wires.current.isOwed() && link.isOpen());
      report(byOthers);
    }
  }

  function anew() {
    isStale = true;
    now();
  }

  function takeEdits() {
    const record = shown.look();
    wires.current.edit(shown.record, record);
    shown.record = record;
  }

  function attempt(fn, ...words) {
    try {
      return fn(...words);
    } catch (error) {
      log('warn', `a frame is ignored: ${error.message}`);
      return [];
    }
  }

  function show(texts) {
    isStale = false;
    texts.forEach((text) => attempt(wires.current.hear, text));
    return attempt(wires.current.show);
  }

  /** What goes is kept before, so that whatever happens it is said again under its own number. */
  function say(frames) {
    const texts = link.isOpen() ? frames() : [];
    keeping.keep();
    texts.filter(link.isOpen).forEach((text) => {
      link.say(text);
      log('debug', `sent ${text}`);
    });
  }

  /** All that is unsent goes, whatever was not answered yet. */
  function part() {
    now();
    say(() => wires.current.parting(keeping.isKept()));
  }
}
