/**
 * Random programs for the model test: several tabs on one facility, and whatever may go wrong between them.
 *
 * A program is decided by its seed: `{seed, kind, …, steps}`, each step `[action, a, b, c]` with numbers that the action takes modulo
 * what there is. So a step means something wherever it stands, and a failing program can be shortened.
 */
import { Ledger } from './ledger.js';
import { Server } from './server.js';
import { Profile } from './tab.js';

/** How often each action is drawn. */
const ACTIONS = {
  edit: 300, type: 60, work: 230, deliver: 260, wake: 60, lose: 40, late: 30, miss: 3, overflow: 8, foreign: 20, hide: 14, crash: 12,
  restart: 6, flush: 2, expire: 6, dump: 4, restore: 2, notice: 15,
};
const DRAWN = Object.entries(ACTIONS).flatMap(([action, weight]) => Array(weight).fill(action));
const NAMES = ['x', 'y', 'z', '__proto__', 'constructor', 'length'];

/** Numbers in [0, 1) that a seed decides (mulberry32). */
export function makeRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The program of a seed. Of arrays there are two kinds: those that only grow, and those that are cut and inserted into, too. */
export function draw(seed) {
  const random = makeRandom(seed);
  const number = (below) => Math.floor(random() * below);
  const kind = ['object', 'object', 'object', 'growing', 'array'][number(5)];
  return {
    seed,
    kind,
    deep: random() < 0.3,
    persist: random() < 0.4,
    defaults: random() < 0.3,
    tellsLength: random() < 0.5,
    tellsMade: seed % 8 > 0,
    tellsMoves: seed % 7 > 0,
    labels: random() < 0.8 || kind === 'array' ? ['broadcast'] : ['broadcast', 'user'],
    tabs: 2 + number(3),
    steps: Array.from({ length: 40 + number(120) }, () => [DRAWN[number(DRAWN.length)], number(720720), number(720720), number(720720)]),
  };
}

/** Run a program in the tabs of a window. Returns what fell short, or null; `trace(line)` is told what happens. */
export async function run(program, tabs, trace = () => {}) {
  const running = new Run(program, tabs.slice(0, program.tabs), trace);
  try {
    await running.all();
    return null;
  } catch (error) {
    return error.isShortfall ? error.message : error.stack;
  } finally {
    await running.end();
  }
}

class Run {
  constructor(program, tabs, trace) {
    const { kind, persist, deep, labels, tellsLength, tellsMade, tellsMoves } = program;
    Object.assign(this, { program, tabs, trace, kind, options: { persist, deep } });
    Object.assign(this, { ledger: new Ledger(kind), profile: new Profile(), count: 0, isLost: false, isMissed: false });
    this.server = new Server({ labels, tellsLength, tellsMade, tellsMoves, refuses: (text) => text.includes('bad') });
  }

  async all() {
    for (const tab of this.tabs) {
      await this.load(tab);
    }
    for (const [action, a, b, c] of this.program.steps) {
      const tab = this.tabs[a % this.tabs.length];
      await this[action](tab, b, c);
      await this.rest(tab);
    }
    await this.quiet();
  }

  /** What a step has set off comes to rest; then nobody's typing may be gone. */
  async rest(tab) {
    await tab.settle();
    this.ledger.look(tab);
  }

  /** Of several audiences the last tabs are in the first alone. */
  async load(tab) {
    const labels = this.program.labels.slice(0, tab.number > 1 ? 1 : undefined);
    const channels = labels.flatMap((label) => [`subscribe-${label}`, `publish-${label}`]);
    const made = this.program.defaults && this.kind === 'object' ? { w: `default ${tab.number}`, x: `default ${tab.number}` } : {};
    await tab.load(this.profile, this.kind === 'object' ? { ...made } : [], channels, this.options);
    this.ledger.load(tab, made);
  }

  value() {
    this.count += 1;
    const text = `v${this.count}${this.count % 23 ? '' : 'bad'}`;
    return this.program.deep && this.count % 2 ? { x: [text] } : text;
  }

  // ---- the people

  async edit(tab, b, c) {
    if (!tab.isAway) {
      tab.app.root.$digest();               // what was typed before: taking it away again would be no edit at all
      await tab.settle();
      this.ledger.digest(tab);
      tab.scope.$apply(() => this.change(tab, b, c));
      await tab.settle();
      this.ledger.digest(tab);
    }
  }

  /** An edit that no digest has seen yet. */
  type(tab, b, c) {
    if (!tab.isAway) {
      this.change(tab, b | 1, c);
    }
  }

  change(tab, b, c) {
    const content = tab.scope.c;
    const value = this.value();
    if (this.kind === 'object') {
      this.changeProperty(tab, content, NAMES[c % NAMES.length], b % 4 ? value : undefined, value);
    } else {
      this.changeItems(tab, content, c % (content.length + 1), b, value);
    }
  }

  changeProperty(tab, content, name, wanted, otherwise) {
    const value = Object.prototype.hasOwnProperty.call(content, name) ? wanted : otherwise;
    this.trace(`${tab.number} edits ${name} = ${JSON.stringify(value)}`);
    if (value === undefined) {
      delete content[name];
    } else {
      Object.defineProperty(content, name, { value, configurable: true, enumerable: true, writable: true });
    }
    this.ledger.edit(tab, name, value);
  }

  changeItems(tab, content, at, b, value) {
    const before = content.map((item) => JSON.stringify(item));
    if (b % 4 < 2 || at === content.length) {
      content.push(value);
    } else if (b % 4 === 2 || this.kind === 'growing') {
      content[at] = value;
    } else {
      content.splice(at, b % 3, ...(b % 8 < 5 ? [value] : []));
    }
    this.trace(`${tab.number} edits [${before}] to ${JSON.stringify(content)}`);
    this.ledger.rearrange(tab, before, content.map((item) => JSON.stringify(item)));
  }

  /** A page is left and lies in the back/forward cache until it is shown again. */
  hide(tab) {
    if (!tab.isDead) {
      this.trace(`${tab.number} is ${tab.isHidden ? 'shown again' : 'left'}`);
      tab.hide();
      this.ledger.hide(tab, this.program.persist);
    }
  }

  /** The tab is killed, perhaps in the middle of something, and its page is loaded again. */
  async crash(tab, b) {
    if (b % 2) {
      tab.budget = b % 5;
      this.trace(`${tab.number} has ${tab.budget} more things to do`);
      return;
    }
    this.trace(`${tab.number} is killed and comes back`);
    await this.kill(tab);
    await this.load(tab);
  }

  async kill(tab) {
    this.ledger.kill(tab, this.program.persist);
    this.server.lose(tab.socket);
    await tab.kill();
  }

  // ---- the network

  work(tab, b) {
    const text = this.server.work(tab.socket, b % 2);
    if (text) {
      this.trace(`${tab.number} is read: ${text.label ? `a snapshot of ${text.label}` : text}`);
    }
  }

  async deliver(tab, b) {
    const text = this.server.deliver(tab.socket, b % 2);
    if (text !== undefined) {
      this.trace(`${tab.number} hears ${text}`);
      this.ledger.hear(tab, text);
    }
  }

  wake(tab) {
    if (tab.socket.readyState === 0) {
      this.trace(`${tab.number} is connected`);
      [...this.server.sockets].filter((old) => old.tab === tab).forEach((old) => this.server.lose(old, true));
      this.server.open(tab.socket, (text) => {
        this.trace(`${tab.number} says ${text}`);
        this.ledger.say(tab, text);
      });
    } else if (!tab.isAway) {
      tab.wake();
    }
  }

  lose(tab, b) {
    if (tab.socket.readyState === 1) {
      this.trace(`${tab.number} loses its socket`);
      this.server.lose(tab.socket, b % 2);
    }
  }

  late() {
    const socket = this.server.catchUp();
    if (socket) {
      this.trace(`${socket.name} was read before it was lost: ${socket.text}`);
    }
  }

  miss(tab) {
    if (tab.socket.readyState === 1) {
      this.trace(`${tab.number} misses ${this.server.miss(tab.socket)}`);
      this.isMissed = true;
    }
  }

  overflow(tab) {
    if (tab.socket.readyState === 1) {
      this.trace(`${tab.number} is too slow`);
      this.server.overflow(tab.socket);
    }
  }

  // ---- the server

  /** One of two workers is started anew. */
  restart(tab, b) {
    this.tabs.filter(({ number }) => number % 2 === b % 2).forEach((other) => this.lose(other));
  }

  foreign(tab, b, c) {
    const text = JSON.stringify(this.value());
    const channel = this.server.channels[b % this.server.channels.length];
    const change = { list: this.kind !== 'object', set: [], push: [], del: [] };
    const { length } = channel.shows();
    if (text.includes('bad')) {
      return;
    }
    if (!change.list) {
      change.set.push([NAMES[c % NAMES.length], text]);
    } else if (b % 2 && length) {
      change.set.push([String(c % length), text]);
    } else {
      change.push.push(text);
    }
    this.trace(`somebody says ${JSON.stringify(change)}`);
    this.server.submit(channel, change);
  }

  flush() {
    this.trace('Redis is flushed');
    this.server.channels.forEach((channel) => channel.forget(true));
    this.ledger.lose();
    this.isLost = true;
  }

  expire() {
    if (!this.server.sockets.size) {
      this.trace('the state expires');
      this.server.channels.forEach((channel) => channel.forget(false));
      this.ledger.lose();
    }
  }

  dump() {
    this.server.channels.forEach((channel) => channel.dump());
  }

  restore() {
    this.trace('Redis comes back with what it has dumped');
    this.server.channels.forEach((channel) => channel.restore());
    this.ledger.lose();
    this.isLost = true;
  }

  notice() {
    if (this.isLost) {
      this.trace('the hub finds another epoch');
      this.server.notice();
      this.isLost = false;
    }
  }

  // ---- the end

  /** All come back, and all that is on its way arrives. */
  async quiet() {
    this.trace('and then all is quiet');
    while (this.server.late.length) {
      this.late();
    }
    this.notice();
    await this.arrive();
    if (this.isMissed) {
      this.tabs.forEach((tab) => tab.wait());
      await this.arrive();
      this.touch();
      await this.arrive();
    }
    this.ledger.account(this.server, this.tabs);
    await this.forget();
  }

  /** All that is kept is lost once more, while everybody knows it. */
  async forget() {
    const before = this.server.channels.map((channel) => JSON.stringify(Object.entries(channel.shows()).sort()));
    this.flush();
    this.notice();
    await this.arrive();
    const after = this.server.channels.map((channel) => JSON.stringify(Object.entries(channel.shows()).sort()));
    if (after.some((text, index) => text !== before[index])) {
      throw Object.assign(new Error(`it was ${before}, and ${after} was given back`), { isShortfall: true });
    }
    this.ledger.account(this.server, this.tabs);
  }

  /** A change more, by which everybody notices what was missed. */
  touch() {
    this.server.channels.forEach((channel) => {
      this.server.submit(channel, { list: this.kind !== 'object', set: [], del: [], push: [] });
    });
  }

  async arrive() {
    for (let round = 0; round < 400; round += 1) {
      for (const tab of this.tabs) {
        await this.come(tab);
        this.work(tab, round);
        for (let more = 0; more < 3; more += 1) {
          await this.deliver(tab, round + more);
          await this.rest(tab);
        }
      }
      if (!this.tabs.some((tab) => tab.isBusy)) {
        if (!this.profile.items.size) {
          return;
        }
        this.tabs.forEach((tab) => tab.beats.forEach((beat) => beat()));
        await this.crash(this.tabs[(round >> 3) % this.tabs.length], round % 8 ? 1 : 0);
      }
      if (round % 20 === 19 && this.isMissed) {
        this.tabs.forEach((tab) => tab.wait());
      }
    }
    throw Object.assign(new Error('it never comes to rest'), { isShortfall: true });
  }

  async come(tab) {
    if (tab.isDead) {
      await this.crash(tab, 0);
    } else if (tab.isHidden) {
      tab.hide();
    }
    tab.budget = Infinity;
    tab.app.root.$digest();
    await this.rest(tab);
    this.wake(tab);
    await this.rest(tab);
  }

  async end() {
    for (const tab of this.tabs.filter(({ scope }) => scope)) {
      await tab.kill();
    }
    this.tabs[0].page.sockets.length = 0;
  }
}
