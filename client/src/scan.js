/**
 * The raw texts inside a JSON text, so that what JavaScript cannot hold (large integers, -0) is passed on as it came.
 *
 * Both functions take a text that `JSON.parse` has accepted; they only find where things begin and end.
 */
import { map } from './difference.js';

const QUOTE = 34;
const BACKSLASH = 92;
const OPENING = { 91: true, 123: true };
const CLOSING = { 93: true, 125: true };
const BETWEEN = { 9: true, 10: true, 13: true, 32: true, 44: true, 58: true };       // white space, comma, colon

/** The place behind the string that opens at `at`. */
function afterString(text, at) {
  for (let end = text.indexOf('"', at + 1); ; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH) {
      before -= 1;
    }
    if ((end - before) % 2) {
      return end + 1;
    }
  }
}

/** The place behind the value that begins at `at`. */
function afterValue(text, at) {
  if (text.charCodeAt(at) === QUOTE) {
    return afterString(text, at);
  }
  let depth = 0;
  let end = at;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (code === QUOTE) {
      end = afterString(text, end);
    } else if (OPENING[code]) {
      depth += 1;
      end += 1;
    } else if (depth === 0 && (CLOSING[code] || BETWEEN[code])) {
      return end;
    } else {
      depth -= CLOSING[code] ? 1 : 0;
      end += 1;
      if (depth === 0 && CLOSING[code]) {
        return end;
      }
    }
  }
  return end;
}

/** Is a value nested deeper than `deepest` arrays and objects? */
export function isDeeper(text, deepest) {
  let depth = 0;
  for (let at = 0; at < text.length && text.length > 2 * deepest; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = afterString(text, at) - 1;
    } else if (OPENING[code]) {
      depth += 1;
    } else if (CLOSING[code]) {
      depth -= 1;
    }
    if (depth > deepest) {
      return true;
    }
  }
  return false;
}

/** Every name and value of an object's text, or every item of an array's, as they are written. */
function slices(text) {
  const found = [];
  let at = text.search(/[{[]/) + 1;
  const last = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'));
  while (at < last) {
    if (BETWEEN[text.charCodeAt(at)]) {
      at += 1;
    } else {
      const end = afterValue(text, at);
      found.push(text.slice(at, end));
      at = end;
    }
  }
  return found;
}

/** The raw values of an object's text by their names; of a name that appears twice the last, as `JSON.parse` has it. */
export function members(text) {
  const found = slices(text);
  const values = map();
  for (let at = 0; at < found.length; at += 2) {
    values[JSON.parse(found[at])] = found[at + 1];
  }
  return values;
}

/** The raw items of an array's text. */
export const elements = slices;
