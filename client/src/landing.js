/** What becomes of the pending change of an array when another array is confirmed beneath it. See floating.js for what it says. */
import { map } from './difference.js';
import { arrange, copy, rewrite, unlessEmpty } from './floating.js';

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
  const next = Object.assign(copy(pending), { pushed: map(), kept: null });
  const homeless = [];
  Object.keys(pending.pushed).forEach((number) => {
    const text = pending.pushed[number];
    if (number >= places.length) {
      next.pushed[number - places.length] = text;
    } else if (places[number] < 0) {
      homeless.push(text);
    } else if (next.length === null || places[number] < next.length) {
      if (places[number] in next.set) {
        homeless.push(next.set[places[number]]);        // others have cut off what was edited there
      }
      next.set[places[number]] = text;
    }
  });
  next.push.unshift(...homeless);
  const gone = pending.kept === null ? [] : places.slice(pending.kept).filter((place) => place >= 0 && !(place in next.set));
  if (gone.length && next.length === null) {
    const { texts } = arrange(base, [], next);
    const rest = rewrite(null, { confirmed: base.length, floating: 0 }, base, texts.filter((text, index) => !gone.includes(index)));
    Object.assign(next, rest && { set: rest.set, length: rest.length, push: rest.push });
  }
  next.kept = left && pending.kept !== null ? Math.max(0, pending.kept - places.length) : null;
  return unlessEmpty(next);
}

/**
 * The pending change, now that others have made the array longer than it was `before`: what it cuts off are the items that
 * were there, so those that came are kept behind the cut, but for the own ones, at the indexes `own`.
 */
export function spare(pending, before, base, own) {
  if (!pending || pending.length === null || pending.length > before) {
    return pending;
  }
  const next = copy(pending);
  base.forEach((text, index) => {
    if (index >= before && !own.includes(index)) {
      next.set[next.length] = text;
      next.length += 1;
    }
  });
  return next;
}
