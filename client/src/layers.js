/**
 * What a binding shows: layers laid over each other, the narrower and the newer over the others.
 *
 * From below: `local`, what only this page has; `labels`, what the server has confirmed, from the widest audience to the
 * narrowest; `sent`, the changes in flight; `pending`, what was edited since. `local` is a record, the others are described
 * in confirmed.js, replica.js and difference.js. Of arrays also `bottom` and `ground`, the items that the changes in flight and
 * the pending one were told by, or null; then `grounds` may say how many the latter were.
 */
import { arrange } from './floating.js';

const isFilled = ({ texts }) => Object.keys(texts).length > 0;
const newestFirst = ({ sent, pending }) => [pending, ...sent.map(({ change }) => change).reverse()].filter(Boolean);
const narrowestFirst = ({ labels }) => labels.slice().reverse();

/** Is it an array? Null if there is nothing to tell it by. `now` is what the scope has, true, false or null. */
export function isList(layers, now) {
  const [newest] = newestFirst(layers);
  const filled = newest || narrowestFirst(layers).find(isFilled);
  if (filled) {
    return filled.list;
  }
  const typed = narrowestFirst(layers).find(({ list }) => list !== null);
  return now !== null || !typed ? now : typed.list;
}

/** The label whose items an array shows: the narrowest that has some. */
export function source(layers) {
  return narrowestFirst(layers).find((label) => label.list && isFilled(label));
}

/** The items beneath the own changes. */
export function base(layers) {
  const label = source(layers);
  if (label) {
    return label.texts;
  }
  const lost = narrowestFirst(layers).find(({ known }) => known && known.list);
  if (lost) {
    return lost.known.texts;
  }
  const isTold = layers.labels.some(({ v }) => v > 0);
  return layers.local && layers.local.list && !isTold ? layers.local.texts : [];
}

/** The changes in flight that float over what an array shows: its label has not answered them. */
export function floats(layers) {
  const label = source(layers);
  return layers.sent.filter(({ change, answers }) => change.list && !(label && answers[label.name])).map(({ change }) => change);
}

/** The items beneath what is pending, but for those that float. */
export function still(layers) {
  const { texts, confirmed } = arrange(base(layers), floats(layers), null);
  return texts.slice(0, confirmed);
}

/** The items of an array: `{texts, confirmed, floating}`, as in floating.js. */
export function items(layers) {
  return arrange(base(layers), floats(layers), layers.pending && layers.pending.list ? layers.pending : null);
}

/** The value of a property of an object, undefined if it has none. */
export function value(layers, name) {
  const own = newestFirst(layers).find((change) => !change.list && name in change.set);
  if (own) {
    return own.set[name] === null ? undefined : own.set[name];
  }
  const confirmed = narrowestFirst(layers);
  const lost = confirmed.map(({ known }) => known).filter(Boolean);
  const below = layers.local ? [layers.local] : [];
  const holder = confirmed.concat(lost, below).find(({ list, texts }) => !list && name in texts);
  return holder && holder.texts[name];
}

/** Every name that an object may have, those included that a layer above has deleted. */
export function everyName(layers) {
  const found = new Set();
  const add = (texts) => Object.keys(texts).forEach((name) => found.add(name));
  newestFirst(layers).filter(({ list }) => !list).forEach(({ set }) => add(set));
  layers.labels.concat(layers.labels.map(({ known }) => known), layers.local).forEach((record) => {
    if (record && !record.list) {
      add(record.texts);
    }
  });
  return found;
}

/** What a label is offered, a record or null: what was known of it before it was lost, or, where it has nothing yet, what the page has. */
export function remembered({ lost, v }, local) {
  const offered = lost || (v === 0 && local);
  return offered && Object.keys(offered.texts).length ? offered : null;
}

/** Does a property wait, in flight or pending? `name` is a property's, or an index of what an array shows. */
export function waits(layers, name) {
  if (!isList(layers, null)) {
    return newestFirst(layers).some(({ list, set }) => !list && name in set);
  }
  const { confirmed } = items(layers);
  return newestFirst(layers).some(({ list, set }) => list && (name in set || Number(name) >= confirmed));
}

/** How many properties wait. */
export function waiting(layers) {
  const touched = new Set();
  let others = 0;
  newestFirst(layers).forEach(({ set, length, push, pushed, kept, gone = [], come = [] }) => {
    Object.keys(set).concat(gone, come.map(([index]) => index)).forEach((name) => touched.add(String(name)));
    others += push.length + (length !== null || (kept !== null && kept !== undefined) ? 1 : 0) + Object.keys(pushed || {}).length;
  });
  return touched.size + others;
}
