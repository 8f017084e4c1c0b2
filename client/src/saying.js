/** What a replica says: edits become the pending change, this becomes the one in flight. */
import { apply, compose, difference } from './difference.js';
import { pardon } from './faults.js';
import { rewrite } from './floating.js';
import { byIndex, settleDown, stand } from './grounding.js';
import { land } from './landing.js';
import { base, items, remembered } from './layers.js';
import { inFlight, isSynced, position } from './replica.js';
import { seed, write } from './wire.js';

const isSaid = ({ set, length, push, gone = [], come = [] }) => (
  length !== null || push.length + gone.length + come.length + Object.keys(set).length > 0
);

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
  if (after.list && !(layers.pending && layers.pending.list)) {
    stand(layers);
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

function begin(replica, pending) {
  const change = settleDown(replica.layers, pending, replica.moves);
  replica.layers.pending = null;
  if (isSaid(change)) {
    replica.s += 1;
    replica.layers.sent.push(inFlight(replica.s, change, false));
  }
}

function tell(replica, entry) {
  const { layers, moves } = replica;
  const { change, s } = entry;
  const at = position(replica, entry);
  const isAgain = entry.isTold && change.push.length > 0;
  Object.assign(entry, { isOut: true, isTold: true, at: null });
  return moves || !change.gone ? write(change, s, at, isAgain) : write(byIndex(change, base(layers)), s, null, isAgain);
}

/** Offer what is known to labels that have lost it; what only the page has goes to the widest. */
function offers({ layers, pub, publishes, s }) {
  const lacking = layers.labels.filter(({ name, unseeded }) => unseeded && publishes && pub.includes(name));
  const widest = lacking.find(({ v }) => v === 0);
  return lacking.map((label) => {
    const offered = remembered(label, label === widest ? layers.local : null);
    Object.assign(label, { unseeded: false, offeredBehind: s });
    return offered && seed(offered, pub.length > 1 ? label.name : null);
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
  return texts.concat(isAsked ? layers.sent.filter(({ isOut }) => !isOut).map((entry) => tell(replica, entry)) : []);
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
  return layers.sent.filter(({ isOut }) => !isOut).map((entry) => tell(replica, entry));
}
