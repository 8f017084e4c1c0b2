/**
 * Edits of an array while own items are on their way to it.
 *
 * An array is shown in three parts: what is confirmed, the items of the changes in flight, which float behind it since only
 * the server knows their index, and the items of the pending change. So a pending change also says `pushed`, new texts for
 * floating items by their number, and `kept`, how many of them were not taken away again (null: all).
 */
import { apply, compose, map, nothing } from './difference.js';
import { perform } from './merging.js';

/** A pending change of an array that changes nothing yet. */
const blank = () => Object.assign(nothing(true), { pushed: map(), kept: null });

export function copy(pending) {
  return pending && {
    list: true,
    set: Object.assign(map(), pending.set),
    length: pending.length,
    push: pending.push.slice(),
    pushed: Object.assign(map(), pending.pushed),
    kept: pending.kept === undefined ? null : pending.kept,
  };
}

export function unlessEmpty(pending) {
  const says = pending.length !== null || pending.kept !== null || pending.push.length
    || Object.keys(pending.set).length || Object.keys(pending.pushed).length;
  return says ? pending : null;
}

/** What an array becomes by a change, without what it pushes: by indexes, or by edits as in merging.js. */
function beneath(texts, change) {
  const { set, length } = change;
  return change.gone ? perform(texts, change) : apply({ list: true, texts }, { list: true, set, length, push: [] }).texts;
}

function forget(texts, from) {
  Object.keys(texts).filter((index) => Number(index) >= from).forEach((index) => {
    delete texts[index];
  });
}

/**
 * What an array shows: `{texts, confirmed, floating}`, all items and how many of them the first two parts have.
 *
 * @param {Array.<string>} base What the server has confirmed.
 * @param {Array.<Object>} sent The changes in flight, the oldest first.
 * @param {Object|null} pending The change that was not sent yet.
 */
export function arrange(base, sent, pending) {
  let texts = base;
  let confirmed = base.length;
  sent.forEach((change) => {
    const floating = texts.length - confirmed;
    texts = beneath(texts, change);
    confirmed = floating ? Math.min(Math.max(confirmed, texts.length - floating), texts.length) : texts.length;
    texts = texts.concat(change.push);
  });
  if (!pending) {
    return { texts, confirmed, floating: texts.length - confirmed };
  }
  const floating = texts.slice(confirmed, pending.kept === null ? undefined : confirmed + pending.kept);
  Object.keys(pending.pushed).filter((index) => index < floating.length).forEach((index) => {
    floating[index] = pending.pushed[index];
  });
  const { set, length } = pending;
  ({ texts } = apply({ list: true, texts: texts.slice(0, confirmed) }, { list: true, set, length, push: [] }));
  return { texts: texts.concat(floating, pending.push), confirmed: texts.length, floating: floating.length };
}

/** The pending change (or null) with an edit in it that made `after` of `before`, which was arranged so. */
export function rewrite(pending, { confirmed, floating }, before, after) {
  const next = copy(pending) || blank();
  const behind = confirmed + floating;
  after.forEach((text, index) => {
    if (index >= before.length || text !== before[index]) {
      if (index < confirmed) {
        next.set[index] = text;
      } else if (index < behind) {
        next.pushed[index - confirmed] = text;
      } else {
        next.push[Math.min(index - behind, next.push.length)] = text;
      }
    }
  });
  if (after.length < before.length) {
    next.push.length = Math.max(0, Math.min(next.push.length, after.length - behind));
    if (floating > 0 && after.length < behind) {
      next.kept = Math.max(0, after.length - confirmed);
      forget(next.pushed, next.kept);
    }
    if (after.length < confirmed) {
      next.length = after.length;
      forget(next.set, after.length);
    }
  }
  return unlessEmpty(next);
}

/** Two changes, of which the earlier is told by index alone, as one pending change. */
export function adjoin(first, then) {
  const { list, set, length, push } = first;
  if (!then || !then.list) {
    return then || copy(first);
  }
  const next = Object.assign(copy(then), compose({ list, set, length, push: [] }, { ...then, push: [] }));
  next.push = push.concat(then.push);
  return next;
}
