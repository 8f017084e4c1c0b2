/**
 * The wire of ws4redis, for a server that does not say hello: a change is told by sending the whole collection, what is
 * heard is laid over the scope. Local edits wait until they were sent and are never laid over.
 */
import { compose, difference, isObject } from './difference.js';
import { lay } from './laying.js';

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
 * @param {Object} shown See shown.js.
 * @param {Object} options `model` as in shown.js, `toJson`, and the booleans `subscribes` and `publishes`.
 * @returns {Object} What binding.js asks of a wire; bound.js has the other one.
 */
export function makePlain(shown, { model, toJson, subscribes, publishes }) {
  let pending = null;
  let said = null;          // what was told on this socket: nobody acknowledges it

  const plain = {
    isSynced: false,        // has this socket told what the server kept?
    version: null,
    errors: {},
    edit(before, after) {
      pending = after && publishes ? compose(pending, difference(before, after)) : null;
    },
    /** It is silent: then it has kept nothing. */
    sync() {
      plain.isSynced = true;
    },
    hear(text) {
      plain.isSynced = true;
      if (subscribes) {
        show(text);
      }
    },
    outgoing() {
      if (!pending || !plain.isSynced) {
        return [];
      }
      const text = encode(shown.record, pending);
      said = compose(said, pending);
      pending = null;
      return [text];
    },
    parting: () => plain.outgoing(),
    close() {
      plain.isSynced = false;
      said = null;
    },
    show: () => [],
    isOwed: () => false,
    isWrong: () => false,
    isTied: () => false,
    forgive() {},
    isLevel: () => plain.isSynced && !pending,
    waits: (name) => pending !== null && name in pending.set,
    waiting: () => (pending ? Object.keys(pending.set).length + (pending.length === null ? 0 : 1) : 0),
    refusals: () => [],
    unsent: () => (pending ? { s: 0, sent: [], pending } : null),
    release() {
      const change = compose(said, pending);
      pending = said = null;
      return change;
    },
    resume(change) {
      pending = compose(change, pending);
    },
  };
  return plain;

  function show(text) {
    const frame = JSON.parse(text);
    if (!isObject(frame)) {
      throw new TypeError('neither an object nor an array');
    }
    const list = Array.isArray(frame);
    if (!shown.record || shown.record.list !== list) {
      if (pending) {
        throw new TypeError('an object came for an array, or the other way round');
      }
      model.assign(list ? [] : {});
    }
    lay(model.read(), frame, pending, toJson);
    shown.record = shown.look();
  }
}
