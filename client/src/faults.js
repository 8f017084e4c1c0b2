/**
 * What was refused and is not mended: `errors`, messages by property, and `faults`, one for each change: `{names, guilty}`, the
 * properties that it touched, and those that errors are about, `''` for the change as a whole.
 */

/** A change of `names` was refused. */
export function blame(replica, names, errors) {
  Object.assign(replica.errors, errors);
  replica.faults.push({ names, guilty: Object.keys(errors) });
}

/** Is an error past when `changed` have changed? One about a property that was not touched is the fault of those that were. */
function stands({ names }, name, changed) {
  return !changed.has(name) && (names.includes(name) || !names.some((other) => changed.has(other)));
}

/** These properties are others now: what was wrong about them is past. */
export function pardon(replica, names) {
  const { errors, faults } = replica;
  if (faults.length) {
    const changed = new Set(names);
    const left = faults.map((fault) => ({
      names: fault.names.filter((name) => !changed.has(name)),
      guilty: fault.guilty.filter((name) => stands(fault, name, changed)),
    }));
    replica.faults = left.filter(({ guilty }) => guilty.length);
    Object.keys(errors).filter((name) => !left.some(({ guilty }) => guilty.includes(name))).forEach((name) => {
      delete errors[name];
    });
  }
}

/** Was the last change of a property refused, whether or not it was to blame? */
export const isWrong = ({ errors, faults }, name) => name in errors || faults.some(({ names }) => names.includes(name));

/** Is a property to be tried again when `other` changes? It was refused along with it, or because of it. */
export function isTied({ faults }, name, other) {
  return faults.some(({ names, guilty }) => names.includes(name) && !guilty.includes(name)
    && [other, ''].some((cause) => guilty.includes(cause) || names.includes(cause)));
}
