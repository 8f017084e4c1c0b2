/** Where a caret belongs when the text around it is replaced. Pure. */

/**
 * What both texts begin or end with has not moved; a caret in between goes to where the change ends.
 *
 * @param {string} before The text that the caret is in.
 * @param {string} after The text that takes its place.
 * @param {number} at The caret.
 * @returns {number} Its place in `after`.
 */
export function follow(before, after, at) {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) {
    head += 1;
  }
  if (at <= head) {
    return at;
  }
  let tail = 0;
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) {
    tail += 1;
  }
  return after.length - Math.min(tail, before.length - at);
}
