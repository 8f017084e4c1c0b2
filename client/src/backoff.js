/** How long to wait before a lost socket is tried again. */

/** Upper bound of the first wait, in milliseconds. */
export const FIRST = 1000;

/** Upper bound of every wait, in milliseconds. */
export const LONGEST = 30000;

/**
 * Lower bound of every wait, in milliseconds. Full jitter may draw a zero; a server that accepts and drops at once
 * would then be asked again within the same turn.
 */
export const SHORTEST = 100;

/**
 * Exponential backoff with full jitter: anything between nothing and a bound that doubles, so that the browsers that
 * a restarted server has lost do not come back all at once.
 *
 * @param {number} attempt How many attempts in a row have failed before this wait, from 0.
 * @param {function(): number=} random A number in [0, 1).
 * @returns {number} Milliseconds.
 */
export function delay(attempt, random = Math.random) {
  return Math.max(SHORTEST, Math.round(random() * Math.min(LONGEST, FIRST * 2 ** attempt)));
}
