/**
 * How values are put on a collection in place, so that objects which did not change keep their identity.
 *
 * `toJson` is AngularJS's: names that begin with `$$` do not count.
 */
import { isObject, map, names, own, travels } from './difference.js';

/** Set an own property, whatever its name: a plain assignment to `__proto__` would change the prototype. */
export function put(object, name, value) {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true });
  } else {
    object[name] = value;
  }
}

/**
 * Lay a whole frame over a collection of the same kind, in place. Properties with a pending change are left as they are,
 * and so is every value whose JSON is the same: objects that did not change keep their identity.
 */
export function lay(collection, frame, pending, toJson) {
  const spared = pending ? pending.set : map();
  if (Array.isArray(collection)) {
    const grown = Object.keys(spared).reduce((most, index) => Math.max(most, Number(index) + 1), 0);
    const cut = pending && pending.length !== null ? pending.length : Infinity;
    reuseItems(collection, frame, toJson, spared).slice(0, cut).forEach((item, index) => {
      if (!(index in spared)) {
        collection[index] = item;
      }
    });
    collection.length = Math.max(Math.min(frame.length, cut), grown);
    return;
  }
  names(frame).filter((name) => !(name in spared)).forEach((name) => {
    const old = own(collection, name) ? collection[name] : undefined;
    const value = reuse(old, frame[name], toJson);
    if (value !== old) {
      put(collection, name, value);
    }
  });
  deleted(frame).filter((name) => travels(name) && !own(frame, name) && !(name in spared)).forEach((name) => {
    delete collection[name];
  });
}

/** The names that a frame says were deleted. */
function deleted(frame) {
  const about = own(frame, '$$djng') && frame.$$djng;
  return isObject(about) && Array.isArray(about.del) ? about.del : [];
}

/** The old value if its JSON is the same, else the fresh one. */
export function reuse(old, fresh, toJson) {
  const same = jsonOf(old, toJson) === toJson(fresh);
  if (!same && Array.isArray(old) && Array.isArray(fresh)) {
    return reuseItems(old, fresh, toJson, map());
  }
  return same ? old : fresh;
}

/**
 * The fresh items, with the old ones in their place wherever these went, so that `ng-repeat` keeps its rows.
 * Nothing inside an item is altered or shared: another property may refer to it.
 */
function reuseItems(old, fresh, toJson, spared) {
  const olds = map();
  old.forEach((item, index) => {
    if (!(index in spared)) {
      const text = jsonOf(item, toJson);
      (olds[text] = olds[text] || []).push(item);
    }
  });
  return fresh.map((item) => {
    const equal = olds[toJson(item)];
    return equal && equal.length ? equal.shift() : item;
  });
}

/**
 * Give an array the items whose texts are `texts`, where it has items with the texts `before`. What stays at its index
 * stays, what went elsewhere is moved, and only the rest is made: by `make(text, index)`.
 */
export function arrange(array, before, texts, make) {
  const movable = map();
  before.forEach((text, index) => {
    if (text !== texts[index]) {
      (movable[text] = movable[text] || []).push(array[index]);
    }
  });
  texts.forEach((text, index) => {
    if (text !== before[index]) {
      const equal = movable[text];
      array[index] = equal && equal.length ? equal.shift() : make(index);
    }
  });
  array.length = texts.length;
}

/** The JSON of what the page has made, which may have none. */
function jsonOf(value, toJson) {
  try {
    return toJson(value);
  } catch {
    return undefined;
  }
}
