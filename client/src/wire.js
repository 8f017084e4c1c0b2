/** The frames of a bound socket: read, and written. `docs/wire.rst` describes them all. */
import { isObject, own, travels } from './difference.js';
import { elements, members } from './scan.js';

/** Send me all snapshots again. */
export const SYNC = '{"$$djng":{"sync":1}}';

function about(text) {
  const value = JSON.parse(text);
  const told = isObject(value) && own(value, '$$djng') && value.$$djng;
  if (!isObject(told)) {
    throw new TypeError('it says nothing about itself');
  }
  return told;
}

/** Is this the frame by which a server shows that it is djng's? */
export function isHello(text) {
  try {
    return typeof text === 'string' && text.includes('"$$djng"') && typeof about(text).me === 'string';
  } catch {
    return false;
  }
}

function raw(text) {
  const values = members(text);
  Object.keys(values).filter((name) => !travels(name)).forEach((name) => {
    delete values[name];
  });
  return values;
}

/** A snapshot: `texts` are the values by name or the items; `list` is null where the collection is neither yet. */
function snapshot(text, { c, e, v, n, b }) {
  const list = n !== undefined;
  const texts = list ? elements(members(members(text).$$djng).items) : raw(text);
  return { type: 'snapshot', label: c, e, v, made: b, list: list || v > 0 || Object.keys(texts).length > 0 ? list : null, texts };
}

/** A change: `set` by name, `del`, and of an array `n`, its length afterwards. `author` and `s` are missing where nobody's. */
function change(text, { c, e, v, n, o, s, del }) {
  return { type: 'change', label: c, e, v, list: n !== undefined, n, author: o, s, set: raw(text), del: (del || []).filter(travels) };
}

/** What a frame says, as `{type, …}`. Throws where it says nothing. */
export function read(text) {
  const told = about(text);
  if (told.me !== undefined) {
    return { type: 'hello', me: told.me, sub: told.sub, pub: told.pub, moves: told.moves === 1 };
  }
  if (told.errors !== undefined) {
    return { type: 'refusal', s: told.s, of: told.of || [], errors: told.errors };
  }
  if (told.ack !== undefined) {
    return { type: 'ack', s: told.ack, label: told.c, e: told.e, v: told.v, n: told.n };
  }
  if (told.again !== undefined) {
    return { type: 'again', s: told.again, label: told.c, e: told.e, v: told.v };
  }
  return told.full ? snapshot(text, told) : change(text, told);
}

function frame(set, told) {
  const parts = Object.keys(set).filter((name) => set[name] !== null).map((name) => `${JSON.stringify(name)}:${set[name]}`);
  return `{${parts.concat(`"$$djng":{${told.join()}}`).join()}}`;
}

/** The frame that asks for change number `s`, perhaps again; `at` (or null) is the position that the indexes of an array are of. */
export function write({ list, set, length, push, gone = [], come = [] }, s, at = null, isAgain = false) {
  const told = [`"s":${s}`].concat(isAgain ? '"again":1' : []);
  const del = Object.keys(set).filter((name) => set[name] === null);
  if (list) {
    told.push('"list":1');
  }
  if (length !== null) {
    told.push(`"n":${length}`);
  }
  if (at) {
    told.push(`"c":${JSON.stringify(at.c)},"e":${at.e},"v":${at.v}`);
  }
  if (gone.length) {
    told.push(`"del":[${gone.join()}]`);
  }
  if (come.length) {
    told.push(`"ins":[${come.map(([index, texts]) => `[${index},[${texts.join()}]]`).join()}]`);
  }
  if (push.length) {
    told.push(`"push":[${push.join()}]`);
  }
  if (del.length) {
    told.push(`"del":${JSON.stringify(del)}`);
  }
  return frame(set, told);
}

/** The frame that offers a collection, which may have a position, to a server that has lost it: for one label, or (null) for all. */
export function seed({ list, texts, e, v }, label) {
  const told = ['"seed":1'].concat(label === null ? [] : `"c":${JSON.stringify(label)}`, e === undefined ? [] : `"e":${e},"v":${v}`);
  return list ? frame({}, told.concat('"list":1', `"push":[${texts.join()}]`)) : frame(texts, told);
}
