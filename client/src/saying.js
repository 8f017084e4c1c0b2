/** What a replica says: edits become the pending change, this becomes the one in flight. */
import { apply, compose, difference } from './difference.js';
import { pardon } from './faults.js';
import { rewrite } from './floating.js';
import { land } from './landing.js';
import { items, remembered } from './layers.js';
import { inFlight, isSynced } from './replica.js';
import { seed, write } from './wire.js';

const isSaid = ({ set, length, push }) => length !== null || push.length > 0 || Object.keys(set).length > 0;

/** Take in what was edited on the page: `before` (or null) is the record of what it showed, `after` of what it has. */
export function edit(replica, before, after) {
  const { layers, publishes } = replica;
  const change = difference(before, after);
  if (!change) {
    return;
  }
  const names = Object.keys(change.set);
  if (!publishes) {
    layers.local = after.list ? after : apply(layers.local, change);
    replica.isStale = true;
    return;
  }
  layers.pending = after.list ? rearranged(layers, before, after) : compose(layers.pending, change);
  pardon(replica, names.concat(''));
}

/** Items that only went elsewhere are told as the server wrote them, which may be more than JavaScript can hold. */
function rearranged(layers, before, after) {
  const layout = items(layers);
  const shown = before && before.list ? before.texts : [];
  const pending = layers.pending && layers.pending.list ? layers.pending : null;
  const raw = new Map(shown.map((text, index) => [text, layout.texts[index]]));
  return rewrite(pending, layout, shown, after.texts.map((text, index) => (text === shown[index] ? text : raw.get(text) || text)));
}

function begin(replica, { list, set, length, push }) {
  const change = { list, set, length, push };
  replica.layers.pending = null;
  if (isSaid(change)) {
    replica.s += 1;
    replica.layers.sent.push(inFlight(replica.s, change, false));
  }
}

function tell(entry) {
  Object.assign(entry, { isOut: true, isTold: true });
  return write(entry.change, entry.s);
}

/** Offer what is known to labels that have lost it; what only the page has goes to the widest. */
function offers({ layers, pub, publishes }) {
  const empty = layers.labels.filter(({ name, unseeded }) => unseeded && publishes && pub.includes(name));
  return empty.map((label, index) => {
    const lost = remembered(label, index ? null : layers.local);
    label.unseeded = false;
    return lost && seed(lost, pub.length > 1 ? label.name : null);
  }).filter(Boolean);
}

/** The frames that may go now. What becomes of them is known by the server's answer alone. */
export function outgoing(replica) {
  const { layers, me } = replica;
  const texts = me === null ? [] : replica.wishes.splice(0);
  if (isSynced(replica)) {
    texts.push(...offers(replica));
    if (!layers.sent.length && layers.pending) {
      begin(replica, layers.pending);
    }
  }
  const isAsked = me !== null && layers.labels.every(({ awaiting, deferred }) => !awaiting || deferred);
  return texts.concat(isAsked ? layers.sent.filter(({ isOut }) => !isOut).map(tell) : []);
}

/**
 * The frames that go when the page leaves: all that is unsent, whatever was not answered yet. An edit of an item that is in
 * flight waits if it is kept for another page; else it goes for the index that this item will have if nobody is faster.
 */
export function parting(replica, isKept) {
  const { layers, me } = replica;
  const { pending } = layers;
  if (me === null) {
    return [];
  }
  const { texts, confirmed, floating } = items({ ...layers, pending: null });
  const isAboutFloating = pending && pending.list && floating > 0 && (pending.kept !== null || Object.keys(pending.pushed).length > 0);
  if (isAboutFloating && !isKept) {
    layers.pending = land(pending, Array.from({ length: floating }, (_, number) => confirmed + number), texts, 0);
  }
  if (layers.pending && !(isAboutFloating && isKept)) {
    begin(replica, layers.pending);
    replica.isTouched = true;
  }
  return layers.sent.filter(({ isOut }) => !isOut).map(tell);
}
