/** How a scope's collection is watched: its properties or items, or all that is inside. */
import { difference, isObject, names } from './difference.js';

/** The properties as one flat array: AngularJS 1.3 cannot watch an object with a property `hasOwnProperty`. */
function surface(content) {
  const flat = [Array.isArray(content)];
  names(isObject(content) ? content : {}).forEach((name) => flat.push(name, content[name]));
  return flat;
}

const differs = (before, after) => !before !== !after || Boolean(after && (before.list !== after.list || difference(before, after)));

/**
 * Call `changed` in the digests in which the collection is another than before, and in the first one.
 *
 * @param {function} read What the scope has.
 * @param {function} look The same as a record, see difference.js.
 * @returns {function} Ends it.
 */
export function watch(scope, { read, look, deep }, changed) {
  if (!deep) {
    return scope.$watchCollection(() => surface(read()), changed);
  }
  let seen = look();
  let times = 0;
  return scope.$watch(() => {
    const now = look();
    times += differs(seen, now) ? 1 : 0;
    seen = now;
    return times;
  }, changed);
}
