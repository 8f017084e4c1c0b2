/** What becomes of a replica by a snapshot. */
import { adopt } from './confirmed.js';
import { mention } from './replica.js';

/** May what is confirmed hold items of this change, without our knowing? */
const isDoubtful = ({ isTold, change, acks, answers, absent }, { name, deferred }) => (
  isTold && change.push.concat(change.come || []).length > 0 && !acks[name] && !answers[name] && !(deferred && deferred === absent)
);

/** Is there a change in flight that a snapshot of this label may hold? It then waits for the answer: its items would show twice. */
export const isInDoubt = ({ layers, pub }, label) => pub.includes(label.name) && layers.sent.some((entry) => isDoubtful(entry, label));

/** Its answers may have been lost. */
export function sayAgain({ layers }) {
  layers.sent.forEach((entry) => {
    entry.isOut = false;
  });
}

/** A state was lost, and with it what was answered: there will be other answers. */
export function forgetAnswers({ layers }, label) {
  layers.sent.forEach((entry) => {
    delete entry.answers[label.name];
    entry.isLanded = false;
  });
}

/** Put a snapshot in the place of what was known of a label; returns the frames that were held. */
export function replace(replica, label, frame) {
  const isFirst = label.e === null;
  const { held, old } = adopt(label, frame, replica.publishes && replica.pub.includes(label.name));
  const changed = Object.keys({ ...old, ...label.texts }).filter((name) => old[name] !== label.texts[name]);
  mention(replica, label.list ? [] : changed);
  changed.filter(() => !isFirst).forEach((name) => replica.remote.add(name));
  replica.isTouched = true;
  return held;
}
