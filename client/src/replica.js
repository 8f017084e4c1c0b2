/**
 * What a client of djng's wire keeps (`docs/wire.rst`): what is confirmed, in flight and pending. No scope, no socket.
 *
 * hearing.js says what becomes of it by a frame, answering.js when a change in flight has arrived, saying.js what is said.
 * A change in flight is `{s, change, at, isOut, isTold, acks, answers, isLanded, absent}`: at which position were its indexes told by
 * another page? Was it said since the last snapshot, or ever? By label, at which position was it acknowledged, and has this been
 * reached? Do its items float no more? Which snapshot is known not to hold it? There is one such change, but for a page that
 * leaves and comes back.
 */
import { reopen } from './confirmed.js';
import { compose, difference, map } from './difference.js';
import { pardon } from './faults.js';
import { adjoin } from './floating.js';
import { followPending } from './grounding.js';
import { base, isList, items, source } from './layers.js';

export const inFlight = (s, change, isTold, at = null) => (
  { s, change, at, isTold, isOut: false, acks: map(), answers: map(), isLanded: false, absent: null }
);

/**
 * @param {Object|null} local The record of what the page has before it is connected.
 * @param {boolean} publishes May edits be told at all? If not they stay local, until the server says otherwise.
 */
export function makeReplica(local, publishes) {
  return {
    publishes,
    layers: { labels: [], sent: [], pending: null, local, bottom: null, ground: null, grounds: null },
    moves: false,           // may be said of an array what was taken out and put in?
    me: null,               // the public name, once this socket has told it
    pub: [],                // the labels that changes go to
    s: 0,                   // the number of the last change
    wishes: [],             // frames that ask for something
    errors: map(),          // by property, what was refused since it last changed; see faults.js
    faults: [],
    refusals: [],           // the errors of changes that were refused; the reader empties it,
    touched: new Set(),     // and the names that may show something else now,
    isTouched: false,       // all of them?
    remote: new Set(),      // and those that others have just changed
    isStale: false,         // are there edits of a page that does not publish? They yield to the server's next word
  };
}

export const find = ({ layers }, name) => layers.labels.find((label) => label.name === name);

/** Is the server's word known, on this socket? */
export const isSynced = ({ me, layers }) => me !== null && layers.labels.every(({ awaiting }) => !awaiting);

/** Is it known, and does nothing wait here? */
export const isLevel = (replica) => isSynced(replica) && !replica.layers.sent.length && !replica.layers.pending;

/** How many changes are known, over all labels; null before the first snapshot. */
export function version({ layers }) {
  const known = layers.labels.filter(({ v }) => v !== null);
  return known.length ? known.reduce((sum, { v }) => sum + v, 0) : null;
}

/** These properties are somebody's now, and what was wrong about them is past. */
export function mention(replica, names) {
  const { local } = replica.layers;
  names.forEach((name) => {
    replica.touched.add(name);
    if (local && !local.list) {
      delete local.texts[name];
    }
  });
  pardon(replica, names);
}

/** The socket was lost. */
export function close(replica) {
  replica.me = null;
  replica.wishes = [];
  replica.layers.labels.forEach(reopen);
  replica.layers.sent.forEach((entry) => {
    entry.isOut = false;
  });
}

/** At which position of which label the indexes of edits in flight are told; null if they are not. */
export function position({ layers }, { change, at }) {
  const label = change.gone && source(layers);
  return change.gone ? at || (label ? { c: label.name, e: label.e, v: label.v } : null) : null;
}

/** What would be lost with the page: `{s, sent, pending, grounds}`, null if there is nothing. */
export function unsent(replica) {
  const { s, layers: { sent, pending, ground, grounds } } = replica;
  const told = sent.map((entry) => ({ s: entry.s, change: entry.change, at: position(replica, entry) }));
  return sent.length || pending ? { s, sent: told, pending, grounds: ground ? ground.length : grounds } : null;
}

/** Go on from what another page, or the wire of ws4redis, has left unsent. */
export function resume(replica, { s, sent, pending, grounds = null }) {
  const { layers } = replica;
  replica.s = s;
  layers.sent = sent.map((entry) => inFlight(entry.s, entry.change, true, entry.at));
  Object.assign(layers, { bottom: null, ground: null, grounds });
  layers.pending = pending && pending.list ? adjoin(pending, layers.pending) : compose(pending, layers.pending);
  if (layers.labels.some(({ e }) => e !== null)) {
    followPending(layers);              // what is edited now is an edit of what is shown now
  }
  replica.isTouched = true;
}

/** Somebody else goes on from here: what is unsent is his, or nobody's. */
export function forget(replica) {
  Object.assign(replica.layers, { sent: [], pending: null });
  Object.assign(replica, { s: 0, isTouched: true });
}

/** Hand over what is unsent, as one change by names or indexes (or null). */
export function release(replica) {
  const { layers } = replica;
  const changes = layers.sent.map(({ change }) => change).concat(layers.pending || []);
  let change = changes.reduce(compose, null);
  if (change && isList(layers, null)) {
    change = difference({ list: true, texts: base(layers) }, { list: true, texts: items(layers).texts });
  }
  const { s } = replica;
  forget(replica);
  replica.s = s;
  return change;
}
