/** djng's wire as binding.js asks for it: a replica, shown on the scope. plain.js has the same for the wire of ws4redis. */
import { isTied, isWrong, pardon } from './faults.js';
import { foresee } from './firstPaint.js';
import { hear } from './hearing.js';
import { waiting, waits } from './layers.js';
import { close, forget, isLevel, makeReplica, release, resume, unsent, version } from './replica.js';
import { edit, outgoing, parting } from './saying.js';
import { SYNC } from './wire.js';

/**
 * @param {Object} shown See shown.js; what it has shown so far belongs to this page alone.
 * @param {boolean} publishes May changes be told?
 */
export function makeBound(shown, publishes) {
  const replica = makeReplica(copy(shown.record), publishes);

  return {
    get version() {
      return version(replica);
    },
    get errors() {
      return replica.errors;
    },
    edit(before, after) {
      if (after) {
        replica.isTouched = replica.isTouched || !before;
        edit(replica, before, after);
      }
    },
    sync() {},
    foresee: (frames) => foresee(replica, frames),
    hear: (text) => hear(replica, text),
    /** Show what was heard; returns the names whose new values are others'. */
    show() {
      const byOthers = shown.show(replica).filter((name) => replica.remote.has(name));
      replica.remote.clear();
      return byOthers;
    },
    outgoing: () => outgoing(replica),
    parting: (isKept) => parting(replica, isKept),
    close: () => close(replica),
    isLevel: () => isLevel(replica),
    isOwed: () => replica.me !== null && !isLevel(replica),
    ask: () => replica.wishes.push(SYNC),
    isWrong: (name) => isWrong(replica, name),
    isTied: (name, other) => isTied(replica, name, other),
    forgive: (name) => pardon(replica, [name]),
    waits: (name) => waits(replica.layers, name),
    waiting: () => waiting(replica.layers),
    refusals: () => replica.refusals.splice(0),
    unsent: () => unsent(replica),
    release: () => release(replica),
    /** Go on from the other wire: from its change (or null) over what the scope shows. */
    resume(change) {
      replica.layers.local = copy(shown.record);
      if (change) {
        resume(replica, { s: replica.s, sent: [], pending: change });
      }
    },
    /** Go on from what another page has left. */
    inherit: (left) => resume(replica, left),
    forget: () => forget(replica),
  };
}

/** Edits are taken from the page's own record, name by name. */
function copy(record) {
  return record && { list: record.list, texts: record.list ? record.texts.slice() : Object.assign(Object.create(null), record.texts) };
}
