/** What becomes of a replica by a frame of the server. */
import { answer, conclude, refuse } from './answering.js';
import { advance, adopt, isNews, place, precedes, unknown } from './confirmed.js';
import { locate, spare } from './floating.js';
import { base, source } from './layers.js';
import { find, mention } from './replica.js';
import { read, SYNC } from './wire.js';

/** The order of audiences, the widest first; groups by their names. */
const RANKS = ['broadcast', 'group', 'user', 'session'];
const rank = (label) => RANKS.indexOf(label.split(':')[0]);
export const wider = (a, b) => rank(a) - rank(b) || (a < b ? -1 : 1);

/** Take a frame in. Throws where it makes no sense. */
export function hear(replica, text) {
  const frame = read(text);
  replica.isTouched = replica.isTouched || replica.isStale;
  replica.isStale = false;
  const label = find(replica, frame.label);
  if (frame.type === 'hello') {
    greet(replica, frame);
  } else if (frame.type === 'refusal') {
    refuse(replica, frame);
    replica.layers.labels.forEach((other) => undoubted(replica, other));
  } else if (frame.type === 'ack') {
    acknowledge(replica, label, frame);
  } else if (label && frame.type === 'snapshot') {
    begin(replica, label, frame);
  } else if (label) {
    take(replica, label, frame);
  }
  conclude(replica);
}

/** A socket begins, or begins anew since it had too much to say: what it has not said is lost, and snapshots will come. */
function greet(replica, { me, sub, pub }) {
  const labels = sub.slice().sort(wider).map((name) => find(replica, name) || unknown(name));
  labels.forEach((label) => Object.assign(label, { awaiting: true, held: [], deferred: null }));
  Object.assign(replica, { me, pub, isTouched: true });
  replica.layers.labels = labels;
  sayAgain(replica);
}

/** Its answer may have been lost. */
function sayAgain({ layers }) {
  layers.sent.forEach((entry) => {
    entry.isOut = false;
  });
}

function acknowledge(replica, label, frame) {
  const { sent } = replica.layers;
  const entry = sent.find((other) => other.s === frame.s);
  const known = (label && (label.deferred || label)) || {};
  if (entry && !(frame.e < known.e)) {
    entry.acks[frame.label] = frame;
    undoubted(replica, label);
  }
}

function undoubted(replica, label) {
  if (label && label.deferred && !replica.layers.sent.some((entry) => isDoubtful(entry, label))) {
    replace(replica, label, label.deferred);
  }
}

/** May what is confirmed hold its items, without our knowing? */
const isDoubtful = ({ isTold, change, acks, answers }, { name }) => (
  isTold && change.push.length > 0 && !acks[name] && !answers[name]
);

/**
 * A snapshot that is older than what is known only ends the waiting. While it is open whether one holds the items in flight,
 * it waits for the answer: they would be shown twice.
 */
function begin(replica, label, frame) {
  const { sent } = replica.layers;
  sent.filter(() => frame.e > label.e).forEach((entry) => {
    delete entry.answers[label.name];           // they went with the state; there will be others
    Object.assign(entry, { isLanded: false });
  });
  sayAgain(replica);
  if (!isNews(label, frame)) {
    const held = label.deferred ? [] : label.held;
    Object.assign(label, label.deferred ? {} : { awaiting: false, held: [] });
    held.forEach((early) => take(replica, label, early));
  } else if (frame.v > 0 && replica.pub.includes(label.name) && sent.some((entry) => isDoubtful(entry, label))) {
    Object.assign(label, { awaiting: true, deferred: frame });
  } else {
    replace(replica, label, frame);
  }
}

function replace(replica, label, frame) {
  const { layers } = replica;
  const [head] = layers.sent;
  const isFirst = label.e === null;
  const before = base(layers).length;
  const { held, old } = adopt(label, frame, replica.pub.includes(label.name));
  if (label.list && source(layers) === label) {
    const ack = head && head.acks[label.name];
    layers.pending = spare(layers.pending, before, label.texts, ack ? locate(head.change.push, label.texts, ack.n) : []);
  }
  const changed = Object.keys({ ...old, ...label.texts }).filter((name) => old[name] !== label.texts[name]);
  mention(replica, label.list ? [] : changed);
  changed.filter(() => !isFirst).forEach((name) => replica.remote.add(name));
  replica.isTouched = true;
  held.forEach((early) => take(replica, label, early));
}

function take(replica, label, frame) {
  const { sent } = replica.layers;
  const own = frame.author === replica.me && sent.find((entry) => entry.s === frame.s);
  const where = place(label, frame);
  if (where === 'next') {
    next(replica, label, frame, own);
  } else if (where === 'gap') {
    Object.assign(label, { awaiting: true, held: [frame] });
    replica.wishes.push(SYNC);
  } else if (where === 'early') {
    label.held.push(frame);
    if (own && label.deferred) {
      decide(replica, label, own, frame);
    }
  } else if (own && frame.e === label.e) {
    own.acks[label.name] = frame;       // a snapshot has overtaken it
  }
}

/** An own change came back while a snapshot waits: that one holds it and what was said before, or only this. */
function decide(replica, label, own, frame) {
  const { sent } = replica.layers;
  const { deferred } = label;
  const isHeld = !precedes(deferred, frame);
  sent.slice(0, sent.indexOf(own) + (isHeld ? 1 : 0)).forEach(({ acks }) => {
    acks[label.name] = acks[label.name] || deferred;
  });
  if (isHeld) {
    undoubted(replica, label);
  } else {
    replace(replica, label, deferred);
  }
}

function next(replica, label, frame, own) {
  const { layers } = replica;
  const before = base(layers).length;
  const isWhole = frame.list || label.list !== frame.list || label.known !== null;
  const names = advance(label, frame);
  mention(replica, names);
  replica.isTouched = replica.isTouched || isWhole;
  if (frame.author !== replica.me) {
    names.forEach((name) => replica.remote.add(name));
  }
  if (own) {
    // The server takes changes in their order: those before it have arrived, too.
    layers.sent.slice(0, layers.sent.indexOf(own)).forEach(({ acks }) => Object.assign(acks, { [label.name]: frame }));
    conclude(replica);
    const first = frame.n - own.change.push.length;
    answer(replica, own, label, () => own.change.push.map((text, number) => first + number));
  } else if (frame.list && source(layers) === label) {
    layers.pending = spare(layers.pending, before, label.texts, []);
  }
}
