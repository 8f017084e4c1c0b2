/**
 * What becomes of every edit of a program: the books of the model test.
 *
 * `mine` are the edits of a page that the server has not answered yet, by the words of its client: until it has, the page
 * must show them. `last` are the last edits by client id and property: each must have reached every channel, or been refused.
 * `loose` are those that no digest has seen. Of an array each item is an edit, named by its JSON.
 */
import { publicName } from './server.js';

const text = (value) => (value === undefined ? undefined : JSON.stringify(value));
const own = (object, name) => (Object.prototype.hasOwnProperty.call(object, name) ? object[name] : undefined);
const sorted = (content) => text(Array.isArray(content) ? content : Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1)));

const isBefore = (a, b) => a.e < b.e || (a.e === b.e && a.v < b.v);

function fallsShort(message) {
  throw Object.assign(new Error(message), { isShortfall: true });
}

export class Ledger {
  constructor(kind) {
    const byTab = { mine: new Map(), loose: new Map(), heard: new Map(), made: new Map() };
    Object.assign(this, byTab, { last: new Map(), said: new Map(), lost: new Set() });
    Object.assign(this, { kind, isObject: kind === 'object', isLost: false, removed: new Set(), isGuess: false });
  }

  load(tab, made) {
    this.mine.set(tab, new Map());
    this.loose.set(tab, new Set());
    this.heard.set(tab, new Map());
    this.made.set(tab, { ...made });
  }

  /** Of a page that is killed nothing can be expected on the screen; what no digest has seen, or was not kept, may be lost. */
  kill(tab, isKept) {
    this.loose.get(tab).forEach((name) => this.book(tab).delete(name));
    this.load(tab);
    if (!isKept) {
      this.lost.add(tab.id);
    }
  }

  /** A state was lost: whoever seeds it anew may know an item that its author has not heard of, and says again. */
  lose() {
    this.isLost = true;
  }

  /** What a page that was left has kept, another one may have gone on from. */
  hide(tab, isKept) {
    if (isKept) {
      this.mine.get(tab).clear();
    }
  }

  book(tab) {
    const { id } = tab;
    return this.last.get(id) || this.last.set(id, new Map()).get(id);
  }

  digest(tab) {
    if (!tab.isDead) {
      this.loose.get(tab).clear();
    }
  }

  edit(tab, name, value) {
    this.loose.get(tab).add(name);
    this.mine.get(tab).set(name, text(value));
    this.book(tab).set(name, text(value));
  }

  rearrange(tab, before, after) {
    // Nor does one know what is there that goes on from what a page before it has left.
    this.isGuess ||= tab.binding.pending > 0 && tab.binding.version === null;
    if (tab.binding.pending) {
      // Next to items that are on their way others are told by index.
      before.filter((item, index) => item !== after[index]).forEach((item) => this.removed.add(item));
    }
    after.filter((item) => !before.includes(item)).forEach((item) => this.edit(tab, item, JSON.parse(item)));
    before.filter((item) => !after.includes(item)).forEach((item) => {
      this.removed.add(item);
      this.mine.get(tab).delete(item);
      this.book(tab).delete(item);
    });
  }

  say(tab, frame) {
    const told = JSON.parse(frame);
    const { id } = tab;
    const { s, list, e, n } = told.$$djng;
    // A page that is left tells by indexes what its items will have if nobody is faster.
    this.isGuess ||= Boolean(list && s && e === undefined && (n !== undefined || Object.keys(told).length > 1));
    if (s && !this.said.has(`${id} ${s}`)) {
      this.said.set(`${id} ${s}`, { id, s, told, answers: new Map(), isRefused: false });
    }
  }

  /**
   * Once the server has answered a change, for every channel, the page may show something else in its place. An
   * acknowledgement counts when the page has heard of the position that it tells.
   */
  hear(tab, frame) {
    const about = JSON.parse(frame).$$djng;
    if (about.v !== undefined && !about.ack) {
      const position = this.heard.get(tab).get(about.c) || { e: 0, v: 0 };
      this.heard.get(tab).set(about.c, isBefore(position, about) ? about : position);
    }
    const answered = about.ack || (about.errors && about.s) || (about.o === publicName(tab.id) && about.s);
    const said = [...this.said.values()].filter(({ id }) => id === tab.id);
    // The server takes changes in their order: those before it have arrived, too.
    said.filter(({ s }) => s === answered || (s < answered && !about.errors)).forEach((other) => {
      other.answers.set(about.c, other.answers.get(about.c) || about);
      other.isRefused ||= Boolean(about.errors);
    });
    said.forEach((other) => this.settle(tab, other));
  }

  settle(tab, { told, answers, isRefused }) {
    const isHeard = (label) => answers.has(label) && !isBefore(this.heard.get(tab).get(label) || { e: 0, v: 0 }, answers.get(label));
    // Of several audiences an array shows one: what this one has answered is its word.
    const isAnswered = this.isObject ? tab.socket.pub.every(isHeard) : tab.socket.pub.some(isHeard);
    if (isRefused || isAnswered) {
      const change = { set: Object.entries(told).map(([name, value]) => [name, text(value)]), del: [], push: [], ...told.$$djng };
      change.push = change.push.concat(...(change.ins || []).map(([, items]) => items)).map(text);
      const mine = this.mine.get(tab);
      [...mine].filter(([name, value]) => this.holds(change, name, value)).forEach(([name]) => mine.delete(name));
    }
  }

  /** Does a change make this edit? */
  holds({ set, del, push, ins = [] }, name, value) {
    if (!this.isObject) {
      return push.includes(name) || ins.some(([, items]) => items.includes(name)) || set.some(([, item]) => item === name);
    }
    return value === undefined ? del.includes(name) : set.some(([other, item]) => other === name && item === value);
  }

  look(tab) {
    if (tab.isDead) {
      return;
    }
    if (tab.errors.length) {
      fallsShort(`${tab.number} complains: ${tab.errors.splice(0)}`);
    }
    const content = tab.scope.c;
    this.mine.get(tab).forEach((value, name) => {
      if (!this.isObject && this.isLost) {
        return;         // what was lost has left its index to another item
      }
      if (this.isObject ? text(own(content, name)) !== value : !content.some((item) => text(item) === name)) {
        fallsShort(`${tab.number} typed ${name} = ${value}, and now it has ${text(content)}`);
      }
    });
    const items = this.kind === 'growing' && !this.isLost ? content.map(text) : [];
    const twice = items.find((item, index) => item !== 'null' && items.indexOf(item) < index);
    if (twice) {
      fallsShort(`${tab.number} shows ${twice} twice: ${text(content)}`);
    }
  }

  /** When all is quiet: do all show the same, and where has each edit gone? What only a page has by itself stays there. */
  account({ channels }, tabs) {
    for (const tab of tabs) {
      const heard = channels.filter(({ label }) => tab.socket.sub.includes(label)).map((channel) => channel.shows());
      const state = this.isObject ? Object.assign(Object.create(null), ...heard) : heard.findLast(({ length }) => length) || [];
      const shown = this.isObject ? { ...tab.scope.c } : tab.scope.c;
      const made = Object.entries(this.made.get(tab)).filter(([name, value]) => !(name in state) && shown[name] === value);
      made.forEach(([name]) => delete shown[name]);
      if (sorted(state) !== sorted(shown)) {
        fallsShort(`${tab.number} shows ${text(tab.scope.c)}, and it should be ${text(state)}`);
      }
    }
    // Of a list that was lost the indexes have gone to other items, and whoever edited one has edited another.
    if (this.isObject || !this.isLost) {
      channels.forEach((channel) => {
        this.missing(channel);
        this.doubled(channel);
        this.present(channel);
      });
    }
  }

  /** Who has said something on a channel has said each of its last edits, as the last of this property. */
  missing({ taken }) {
    for (const [id, book] of this.last) {
      const its = taken.filter(({ author, isSeed }) => author === publicName(id) && !isSeed);
      const changes = its.sort((a, b) => a.s - b.s).map(({ change }) => change);
      for (const [name, value] of this.lost.has(id) || !changes.length ? [] : book) {
        const about = changes.filter(({ set, del }) => !this.isObject || del.includes(name) || set.some(([other]) => other === name));
        if (!about.slice(this.isObject ? -1 : 0).some((change) => this.holds(change, name, value))) {
          fallsShort(`the edit ${name} = ${value} by ${id} is gone; it said of it last ${text(about.pop())}`);
        }
      }
    }
  }

  /** Is every item there, once, that was ever taken in and that nobody has replaced or taken out? Is there any other? */
  present(channel) {
    const items = this.isObject ? [] : Array.from(channel.shows(), text);
    const told = channel.taken.filter(({ isRefused }) => !isRefused).flatMap(({ change: { set, push, ins = [] } }) => (
      set.map(([, item]) => item).concat(push, ins.flatMap(([, added]) => added))
    ));
    const { heirs } = channel;
    const replaced = new Set(heirs.values());
    const isRemoved = (item) => item !== undefined && (this.removed.has(item) || isRemoved(heirs.get(item)));
    const wanted = this.isObject || this.isGuess ? [] : [...new Set(told)].filter((item) => !replaced.has(item) && !isRemoved(item));
    const wrong = wanted.find((item) => items.filter((other) => other === item).length !== 1);
    if (wrong || (!this.isGuess && items.includes('null'))) {
      fallsShort(`${wrong || 'null'} is there ${items.filter((other) => other === (wrong || 'null')).length} times: ${items}`);
    }
  }

  /** Was an item pushed twice in one epoch? */
  doubled({ taken }) {
    const pushes = taken.filter(({ isSeed, isRefused }) => !isSeed && !isRefused);
    const pushed = pushes.flatMap(({ e, change }) => change.push.map((item) => `${e} ${item}`));
    const twice = this.kind === 'growing' && pushed.find((item, index) => pushed.indexOf(item) < index);
    if (twice) {
      fallsShort(`${twice} was pushed twice`);
    }
  }
}
