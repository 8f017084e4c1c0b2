/** What becomes of the pending change of an array when another array is confirmed beneath it. See floating.js for what it says. */
import { apply, map } from './difference.js';
import { copy, unlessEmpty } from './floating.js';
import { describe, moves, perform, relocate } from './merging.js';

/**
 * Where items are that were pushed and then acknowledged, not heard: the index of each in `base`, or -1. By the length that
 * the array had right after, if it is known; else by their text, from the end: items with the same text are as good.
 */
export function locate(items, base, length) {
  const free = base.slice();
  return items.map((text, number) => [length - items.length + number, text]).reverse().map(([guess, text]) => {
    const place = free[guess] === text ? guess : free.lastIndexOf(text);
    if (place >= 0) {
      free[place] = null;
    }
    return place;
  }).reverse();
}

/** What a change by indexes does to `base`, as edits. Where nothing floats before them, pushed items may be those of `base`. */
export function edits({ set, length, push }, base, isFloating) {
  const { texts } = apply({ list: true, texts: base }, { list: true, set, length, push: [] });
  if (!isFloating) {
    return describe(base, texts.concat(push), texts.length);
  }
  const told = describe(base, texts);
  return { ...told, come: told.push.length ? [...told.come, [base.length, told.push]] : told.come, push };
}

/** The pending change with these edits of `base` in the place of its own. */
function rewritten(pending, base, told) {
  const texts = perform(base, told);
  const next = Object.assign(copy(pending), { set: map(), length: texts.length < base.length ? texts.length : null });
  texts.slice(0, base.length).forEach((text, index) => {
    if (text !== base[index]) {
      next.set[index] = text;
    }
  });
  next.push = texts.slice(base.length).concat(told.push);
  return next;
}

/** The pending change (or null) of `before`, now that this is `after`: each edit goes with its item. */
export function carry(pending, before, after, isFloating) {
  const isSame = before.length === after.length && before.every((text, index) => text === after[index]);
  if (!pending || isSame) {
    return pending;
  }
  return unlessEmpty(rewritten(pending, after, relocate(edits(pending, before, isFloating), moves(before, after))));
}

/**
 * The pending change, now that the first floating items float no more.
 *
 * @param {Object|null} pending The change.
 * @param {Array.<number>} places The index in `base` of each such item, -1 if it is not there: one that was edited here is
 *   then pushed anew.
 * @param {Array.<string>} base What the server has confirmed.
 * @param {number} left How many items float on.
 */
export function land(pending, places, base, left) {
  if (!pending || !places.length) {
    return pending;
  }
  const told = edits(pending, base, true);
  const rest = map();
  const homeless = [];
  Object.keys(pending.pushed).forEach((number) => {
    const text = pending.pushed[number];
    if (number >= places.length) {
      rest[number - places.length] = text;
    } else if (places[number] < 0 || told.gone.includes(places[number])) {
      homeless.push(text);
    } else {
      homeless.push(...(places[number] in told.set ? [told.set[places[number]]] : []));
      told.set[places[number]] = text;
    }
  });
  const gone = pending.kept === null ? [] : places.slice(pending.kept).filter((place) => place >= 0 && !(place in told.set));
  told.gone = told.gone.concat(gone);
  told.push = homeless.concat(told.push);
  const kept = left && pending.kept !== null ? Math.max(0, pending.kept - places.length) : null;
  return unlessEmpty(Object.assign(rewritten(pending, base, told), { pushed: rest, kept }));
}
