/** Edits of an array that wait, in flight or pending, follow the items that they are about. */
import { difference, map } from './difference.js';
import { carry, edits } from './landing.js';
import { base, floats, items, source, still } from './layers.js';
import { moves, perform, relocate } from './merging.js';

const isPending = ({ pending }) => pending !== null && pending.list;

/** From now on the pending change is told by these items. */
export function stand(layers, texts = still(layers)) {
  Object.assign(layers, { ground: texts.slice(), grounds: null });
}

/** The pending change goes on being told by these items; are there others that float between these and what it pushes? */
export function follow(layers, texts, isFloating) {
  if (isPending(layers)) {
    const { ground, grounds } = layers;
    if (ground || grounds !== null) {
      layers.pending = carry(layers.pending, ground || texts.slice(0, grounds), texts, isFloating);
    }
    stand(layers, texts);
  }
}

/** The pending change goes with the items beneath it. */
export function followPending(layers) {
  follow(layers, still(layers), items({ ...layers, pending: null }).floating > 0);
}

/** Something was heard: whatever waits goes with its items. */
export function followAll(layers) {
  if (!layers.labels.some(({ e, awaiting }) => e !== null && !awaiting)) {
    return;
  }
  const told = floats(layers).filter(({ gone }) => gone);
  if (told.length) {
    const now = base(layers);
    const steps = layers.bottom ? moves(layers.bottom, now) : [];
    told.filter(() => steps.length).forEach((change) => Object.assign(change, relocate(change, steps)));
    layers.bottom = now.slice();
  }
  followPending(layers);
}

/** A change by indexes as one in flight: as edits, where it is known of which items. */
export function settleDown(layers, { list, set, length, push }, mayTell) {
  const isTold = mayTell && list && source(layers) && !layers.sent.length && (length !== null || Object.keys(set).length > 0);
  if (!isTold) {
    return { list, set, length, push };
  }
  layers.bottom = base(layers).slice();
  return { list, length: null, ...edits({ set, length, push }, layers.bottom, false) };
}

/** Edits of `texts` as a change by indexes alone, for a server that knows no other. */
export function byIndex(change, texts) {
  const after = perform(texts, change);
  const kept = { list: true, texts: after.slice(0, texts.length) };
  const { set, length } = difference({ list: true, texts }, kept) || { set: map(), length: null };
  return { list: true, set, length, push: after.slice(texts.length).concat(change.push) };
}
