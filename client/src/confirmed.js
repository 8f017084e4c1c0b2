/** What the server has said about one label: its collection, its position `(e, v)`, and what came too early. */
import { fill, map } from './difference.js';

/** Nothing is known of a label before its first snapshot. */
export function unknown(name) {
  return {
    name,
    list: null,         // array, object, or neither yet
    texts: map(),       // each value as the server wrote it, by name or index
    e: null,
    v: null,
    awaiting: true,     // a snapshot is on its way
    fresh: true,        // nothing was heard of it on this socket
    held: [],           // changes that came while it was
    deferred: null,     // a snapshot that waits for an answer
    made: null,         // the epoch in which the collection was made
    lost: null,         // what one held that is lost: `{list, texts, e, v}`, until it is known that the server has it
    known: null,        // the same, shown until there is another
    offeredBehind: 0,   // the number of the last change before that was offered
    unseeded: false,    // may the last snapshot lack something, and nobody has offered what is known?
  };
}

/** Is position `a` before position `b`? Nothing is before everything. */
export const precedes = (a, b) => a.e === null || a.e < b.e || (a.e === b.e && a.v < b.v);

/** The socket was lost, or opened: what it will say cannot be told from what it has said. */
export function reopen(label) {
  Object.assign(label, { awaiting: true, fresh: true, held: [], deferred: null });
}

/**
 * Is this snapshot of use? One that was read before what is known is not. The first on a socket is in any case: if it is older
 * than what is known, the server has lost something.
 */
export const isNews = (label, frame) => label.fresh || !precedes(frame, label);

/**
 * Take a snapshot in. What was known is kept if the state is lost and may be offered again. Returns the frames that were
 * held, and what the collection was.
 */
export function adopt(label, { list, texts, e, v, made = e }, mayOffer) {
  const { held, list: oldList, texts: old } = label;
  let { lost } = label;
  if (label.e !== null && label.e < made && Object.keys(old).length) {
    lost = { list: oldList, texts: old, e: label.e, v: label.v };
  }
  lost = mayOffer && lost && lost.e < made ? lost : null;
  Object.assign(label, { list, texts, e, v, made, awaiting: false, fresh: false, held: [], deferred: null });
  Object.assign(label, { lost, known: v > 0 ? null : lost, unseeded: v === 0 || lost !== null });
  return { held, old };
}

/** Where a change belongs: it is `'early'`, `'known'`, the `'next'` one, or there is a `'gap'` before it. */
export function place(label, { e, v }) {
  if (label.awaiting) {
    return 'early';
  }
  if (!precedes(label, { e, v })) {
    return 'known';
  }
  return e === label.e && v === label.v + 1 ? 'next' : 'gap';
}

/** Apply the next change, in place. Returns the names that it speaks of. */
export function advance(label, { list, n, set, del, v }) {
  if (label.list !== list) {
    Object.assign(label, { list, texts: list ? [] : map() });
  }
  const { texts } = label;
  if (list) {
    fill(texts, n);
    texts.length = n;
  }
  const names = Object.keys(set);
  names.filter((name) => !list || Number(name) < n).forEach((name) => {
    texts[name] = set[name];
  });
  del.forEach((name) => {
    delete texts[name];
  });
  Object.assign(label, { v, known: null, unseeded: label.unseeded && label.lost !== null });
  return names.concat(del);
}
