/**
 * What changed between two versions of a collection, and what a collection becomes by a change. Knows nothing of AngularJS.
 *
 * A *record* says what a collection holds: `{list, texts}`, the JSON of each property by its name (or index).
 * A *change* says what became different: `{list, set, length, push}`; `set` holds the new JSON by name, `null` where the
 * property is gone; `length` is what an array was cut to, else `null`; `push` are items for its end. They are applied in
 * this order. The server has the same rules in `djng/state/merge.py`, and both are held to `tests/state/vectors.json`.
 * Maps have no prototype, so that no name (`__proto__`, `constructor`) means anything but itself.
 */
export const map = () => Object.create(null);
export const own = (object, name) => Object.prototype.hasOwnProperty.call(object, name);
export const isObject = (value) => value !== null && typeof value === 'object';

/** Can this name travel? AngularJS keeps names that begin with `$$` for itself. */
export const travels = (name) => typeof name === 'string' && name.slice(0, 2) !== '$$';

/** A change that changes nothing yet. */
export const nothing = (list) => ({ list, set: map(), length: null, push: [] });

const isEmpty = (change) => change.length === null && !change.push.length && !Object.keys(change.set).length;

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

/** The change from one record (or null) to another, index by index in an array; null if there is none. */
export function difference(before, after) {
  const change = nothing(after.list);
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
  return isEmpty(change) ? null : change;
}

/** Two changes (each may be null) as one; the later wins, per property. Of arrays, both must be told by index alone. */
export function compose(first, then) {
  if (!first || !then || first.list !== then.list) {
    return then || first;
  }
  const set = map();
  const fits = (name) => then.length === null || name < then.length;
  Object.keys(first.set).filter(fits).forEach((name) => {
    set[name] = first.set[name];
  });
  return { list: then.list, set: Object.assign(set, then.set), length: then.length === null ? first.length : then.length, push: [] };
}

/** What a record (or null) becomes by a change; one of the other kind counts as empty. */
export function apply(before, { list, set, length, push }) {
  const known = before && before.list === list ? before.texts : [];
  if (!list) {
    const texts = Object.assign(map(), known);
    Object.keys(set).forEach((name) => {
      if (set[name] === null) {
        delete texts[name];
      } else {
        texts[name] = set[name];
      }
    });
    return { list, texts };
  }
  const texts = known.slice();
  Object.keys(set).forEach((index) => {
    fill(texts, Number(index) + 1);
    texts[index] = set[index];
  });
  return { list, texts: (length === null ? texts : texts.slice(0, length)).concat(push) };
}

/** Make an array of texts at least so long. */
export function fill(texts, length) {
  while (texts.length < length) {
    texts.push('null');
  }
}
