/**
 * What changed between two versions of a collection, and how to lay a change over one. Knows nothing of AngularJS.
 *
 * A *record* says what a collection holds: `{list, texts}`, the JSON of each property by its name (or index).
 * A *change* says what became different: `{list, set, length}`; `set` holds the new JSON by name, `null` where the
 * property is gone; `length` is the number of items that an array was cut to, else `null`.
 * Maps have no prototype, so that no name (`__proto__`, `constructor`) means anything but itself.
 */
const map = () => Object.create(null);
const own = (object, name) => Object.prototype.hasOwnProperty.call(object, name);
const isObject = (value) => value !== null && typeof value === 'object';

/** Can this name travel? AngularJS keeps names that begin with `$$` for itself. */
const travels = (name) => typeof name === 'string' && name.slice(0, 2) !== '$$';

/** Set an own property, whatever its name: a plain assignment to `__proto__` would change the prototype. */
function put(object, name, value) {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true });
  } else {
    object[name] = value;
  }
}

/** The names of an object's properties, or the indexes of an array. */
export function names(collection) {
  return Array.isArray(collection) ? Array.from(collection.keys()) : Object.keys(collection).filter(travels);
}

/**
 * Write down what a collection holds; `serialise(value, name)` gives a value's JSON or undefined if it has none.
 * Such a property counts as absent; in an array it is null, as JSON has it. Null if there is no collection.
 */
export function record(collection, serialise) {
  if (!isObject(collection)) {
    return null;
  }
  const list = Array.isArray(collection);
  const texts = list ? [] : map();
  names(collection).forEach((name) => {
    const text = serialise(collection[name], name);
    if (list || text !== undefined) {
      texts[name] = text === undefined ? 'null' : text;
    }
  });
  return { list, texts };
}

/** The change from one record (or null) to another, null if there is none. */
export function difference(before, after) {
  const change = { list: after.list, set: map(), length: null };
  const known = before && before.list === after.list ? before.texts : (after.list ? [] : map());
  Object.keys(after.texts).filter((name) => known[name] !== after.texts[name]).forEach((name) => {
    change.set[name] = after.texts[name];
  });
  if (after.list) {
    change.length = after.texts.length < known.length ? after.texts.length : null;
  } else {
    Object.keys(known).filter((name) => !(name in after.texts)).forEach((name) => {
      change.set[name] = null;
    });
  }
  return change.length !== null || Object.keys(change.set).length ? change : null;
}

/** Two changes (each may be null) as one; the later wins, per property. */
export function compose(first, then) {
  if (!first || !then || first.list !== then.list) {
    return then || first;
  }
  const set = map();
  const fits = (name) => then.length === null || name < then.length;
  Object.keys(first.set).filter(fits).forEach((name) => {
    set[name] = first.set[name];
  });
  return { list: then.list, set: Object.assign(set, then.set), length: then.length === null ? first.length : then.length };
}

/** The frame that tells a change: the whole collection as JSON, and beside it which properties the change deleted. */
export function encode({ list, texts }, change) {
  if (list) {
    return `[${texts.join()}]`;
  }
  const parts = Object.keys(texts).map((name) => `${JSON.stringify(name)}:${texts[name]}`);
  const del = Object.keys(change.set).filter((name) => change.set[name] === null);
  return `{${parts.concat(del.length ? `"$$djng":${JSON.stringify({ del })}` : []).join()}}`;
}

/**
 * Lay a frame over a collection of the same kind, in place. Properties with a pending change are left as they are,
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
function reuse(old, fresh, toJson) {
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

/** The JSON of what the page has made, which may have none. */
function jsonOf(value, toJson) {
  try {
    return toJson(value);
  } catch {
    return undefined;
  }
}
