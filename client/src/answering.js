/** When a change in flight has arrived: by its coming back, by an acknowledgement, or never. */
import { precedes } from './confirmed.js';
import { apply } from './difference.js';
import { blame, pardon } from './faults.js';
import { follow, stand } from './grounding.js';
import { land, locate } from './landing.js';
import { base, source } from './layers.js';
import { find } from './replica.js';

/** The items that the changes behind this one have pushed. */
const behind = (sent, entry) => sent.slice(sent.indexOf(entry) + 1).reduce((count, { change }) => count + change.push.length, 0);

/** Its items float no more: they are at these indexes of what is confirmed, or (-1) not there. */
function touchDown(replica, entry, places) {
  const { layers } = replica;
  if (entry.change.list && !entry.isLanded) {
    entry.isLanded = true;
    if (layers.pending && layers.pending.list) {
      follow(layers, base(layers), true);
      layers.pending = land(layers.pending, places, base(layers), behind(layers.sent, entry));
      stand(layers);
    }
  }
}

/** A label has taken the change in flight in. `places()` says where its items went. */
export function answer(replica, entry, label, places) {
  entry.answers[label.name] = true;
  if (entry.s > label.offeredBehind) {
    label.lost = null;                  // the server has heard of it before
  }
  if (source(replica.layers) === label) {
    touchDown(replica, entry, places());
  }
}

/** Forget a change in flight that was refused, and say why; or what is wrong with one `of` these properties that is a draft. */
export function refuse(replica, { s, of, errors }) {
  const { layers } = replica;
  const entry = layers.sent.find((other) => other.s === s);
  if (entry) {
    touchDown(replica, entry, entry.change.push.map(() => -1));
    drop(replica, entry);
  }
  blame(replica, entry && !entry.change.list ? Object.keys(entry.change.set) : of, errors);
  replica.refusals.push(errors);
}

function drop(replica, entry) {
  const names = Object.keys(entry.change.set);
  replica.layers.sent = replica.layers.sent.filter((other) => other !== entry);
  replica.isTouched = replica.isTouched || entry.change.list;
  names.forEach((name) => replica.touched.add(name));
  pardon(replica, names);
}

/** Every label has answered. What nobody will confirm, since its label is not heard, belongs to this page. */
function finish(replica, entry) {
  const { layers, pub } = replica;
  const { local } = layers;
  if (pub.some((name) => !find(replica, name))) {
    layers.local = apply(local, entry.change);
  } else if (local && !local.list) {
    Object.keys(entry.change.set).forEach((name) => delete local.texts[name]);
  }
  touchDown(replica, entry, locate(entry.change.push, base(layers)));
  drop(replica, entry);
}

/** Of each acknowledgement see whether its position is known by now. */
function settle(replica, entry) {
  Object.keys(entry.acks).forEach((name) => {
    const label = find(replica, name) || { name };
    const ack = entry.acks[name];
    if (ack.e < label.e) {
      delete entry.acks[name];          // from a state that may be lost; it was said again, and this will be answered
    } else if (!entry.answers[name] && !label.awaiting && !(label.v !== undefined && precedes(label, ack))) {
      answer(replica, entry, label, () => locate(entry.change.push, base(replica.layers), ack.n));
    }
  });
}

/** See which changes in flight have arrived everywhere. */
export function conclude(replica) {
  const { layers, pub } = replica;
  layers.sent.forEach((entry) => settle(replica, entry));
  while (layers.sent.length && pub.length && pub.every((name) => layers.sent[0].answers[name])) {
    finish(replica, layers.sent[0]);
  }
}
