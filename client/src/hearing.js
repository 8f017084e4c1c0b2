/** What becomes of a replica by a frame of the server. */
import { answer, conclude, refuse } from './answering.js';
import { advance, isNews, place, precedes, unknown } from './confirmed.js';
import { followAll } from './grounding.js';
import { find, mention } from './replica.js';
import { forgetAnswers, isInDoubt, replace, sayAgain } from './snapshots.js';
import { read, SYNC } from './wire.js';

/** The order of audiences, the widest first; groups by their names. */
const RANKS = ['broadcast', 'group', 'user', 'session'];
const rank = (label) => RANKS.indexOf(label.split(':')[0]);
export const wider = (a, b) => rank(a) - rank(b) || (a < b ? -1 : 1);

/** Take a frame in. Throws where it makes no sense. */
export function hear(replica, text) {
  const frame = read(text);
  const label = find(replica, frame.label);
  replica.isTouched = replica.isTouched || replica.isStale;
  replica.isStale = false;
  if (frame.type === 'hello') {
    greet(replica, frame);
  } else if (frame.type === 'refusal') {
    refuse(replica, frame);
  } else if (frame.type === 'ack') {
    acknowledge(replica, label, frame);
  } else if (frame.type === 'again') {
    sayAnew(replica, label, frame);
  } else if (label && frame.type === 'snapshot') {
    begin(replica, label, frame);
  } else if (label) {
    take(replica, label, frame);
  }
  replica.layers.labels.filter((other) => other.deferred && !isInDoubt(replica, other)).forEach((other) => {
    goOn(replica, other, replace(replica, other, other.deferred));
  });
  conclude(replica);
  followAll(replica.layers);
}

/** A socket begins, or begins anew since it had too much to say: what it has not said is lost, and snapshots will come. */
function greet(replica, { me, sub, pub, moves }) {
  const labels = sub.slice().sort(wider).map((name) => find(replica, name) || unknown(name));
  labels.forEach((label) => Object.assign(label, { awaiting: true, held: [], deferred: null }));
  Object.assign(replica, { me, pub, moves, isTouched: true });
  replica.layers.labels = labels;
  sayAgain(replica);
}

const goOn = (replica, label, held) => held.forEach((early) => take(replica, label, early));

function acknowledge(replica, label, frame) {
  const entry = replica.layers.sent.find((other) => other.s === frame.s);
  const known = label && (label.deferred || label);
  if (entry && !(known && frame.e < known.e)) {
    entry.acks[frame.label] = frame;
  }
}

/** What its indexes were of is not known any more: not in vain a snapshot waits that was read before, and cannot hold it. */
function sayAnew(replica, label, frame) {
  const entry = replica.layers.sent.find((other) => other.s === frame.s);
  if (entry && label && label.deferred && !precedes(frame, label.deferred)) {
    entry.absent = label.deferred;
    entry.isOut = false;
  }
}

/** A snapshot that is older than what is known only ends the waiting. */
function begin(replica, label, frame) {
  if (label.e !== null && frame.e > label.e) {
    forgetAnswers(replica, label);
  }
  sayAgain(replica);
  if (!isNews(label, frame)) {
    const { held } = label;
    if (!label.deferred) {
      Object.assign(label, { awaiting: false, held: [] });
      goOn(replica, label, held);
    }
  } else if (frame.v > 0 && isInDoubt(replica, label)) {
    Object.assign(label, { awaiting: true, deferred: frame });
  } else {
    goOn(replica, label, replace(replica, label, frame));
  }
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

/** An own change came back while a snapshot waits: this holds what was said before, and perhaps it, but nothing after it. */
function decide(replica, label, own, frame) {
  const { sent } = replica.layers;
  const { deferred } = label;
  const isHeld = !precedes(deferred, frame);
  sent.slice(0, sent.indexOf(own) + (isHeld ? 1 : 0)).forEach(({ acks }) => {
    acks[label.name] = acks[label.name] || deferred;
  });
  if (!isHeld) {
    goOn(replica, label, replace(replica, label, deferred));
  }
}

function next(replica, label, frame, own) {
  const { layers } = replica;
  if (frame.author === replica.me && frame.s === undefined) {
    label.lost = null;
  }
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
  }
}
