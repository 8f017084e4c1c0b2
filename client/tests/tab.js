/**
 * A browser's tab for the model test: the built client in an application whose `$window` is the tab's own, so that it can be
 * killed at any moment, with what its page was about to do.
 */
import { Socket } from './page.js';

/** What all tabs of a browser share: a store, and locks that end with their page. */
export class Profile {
  constructor() {
    this.items = new Map();
    this.locks = new Map();
    this.births = 0;
  }
}

let lastTimer = 0;

export class Tab {
  constructor(page, number) {
    const { window } = page;
    this.number = number;
    this.errors = [];
    const target = new window.EventTarget();
    this.target = target;
    const view = {
      document: window.document, location: window.location, history: window.history,
      addEventListener: target.addEventListener.bind(target), removeEventListener: target.removeEventListener.bind(target),
      setTimeout: (fn, ms = 0) => this.after(fn, ms), clearTimeout: (id) => this.timers.delete(id),
      setInterval: (fn) => this.every(fn), clearInterval: (id) => this.beats.delete(id),
      crypto: { getRandomValues: (bytes) => this.randomise(bytes) },
      navigator: { userAgent: '', locks: { request: (...words) => this.request(...words) } },
      localStorage: this.store(),
      WebSocket: function WebSocket(url) { return open(url); },
    };
    const open = (url) => {
      const socket = new Socket(url, page);
      const { send } = socket;
      socket.send = (text) => this.reach(() => send.call(socket, text));
      return Object.assign(this, { socket: Object.assign(socket, { tab: this }) }).socket;
    };
    const app = page.start({
      configure(provider, $provide) {
        $provide.value('$window', view);
        provider.setURI('ws://localhost/ws/');
      },
    });
    app.log.push = (entry) => /socket was lost/.test(entry[1]) || this.errors.push(entry[1]);
    Object.assign(this, { page, app, view, timers: new Map(), beats: new Map(), isDead: true, budget: Infinity });
  }

  /** Another client id for each page, the same whenever a program is run. */
  randomise(bytes) {
    this.profile.births += 1;
    return bytes.map((_, index) => (index < 2 ? this.profile.births >> (8 * index) : 7));
  }

  after(fn, ms) {
    this.timers.set(lastTimer += 1, { fn, ms });
    return lastTimer;
  }

  every(fn) {
    this.beats.set(lastTimer += 1, fn);
    return lastTimer;
  }

  /** What reaches beyond the page: it may be killed before any of it. */
  reach(fn) {
    if (!this.isDead && this.budget > 0) {
      this.budget -= 1;
      return fn();
    }
    this.isDead = true;
    return undefined;
  }

  store() {
    const items = () => this.profile.items;
    return {
      get length() { return items().size; },
      key: (index) => [...items().keys()][index],
      getItem: (key) => (items().has(key) ? items().get(key) : null),
      setItem: (key, value) => this.reach(() => items().set(key, value)),
      removeItem: (key) => this.reach(() => items().delete(key)),
    };
  }

  async request(key, options, granted) {
    const { locks } = this.profile;
    if (locks.has(key)) {
      granted(null);
      return;
    }
    locks.set(key, this);
    await granted({ name: key });
    if (locks.get(key) === this) {
      locks.delete(key);
    }
  }

  /** A page is loaded in this tab, with what it has by itself. */
  async load(profile, made, channels, options) {
    Object.assign(this, { profile, isDead: false, isHidden: false, budget: Infinity, socket: null });
    this.scope = this.app.root.$new();
    this.scope.c = made;
    this.binding = this.app.djangoWebsocket.connect(this.scope, 'c', 'f', channels, options).binding;
    await this.settle();
  }

  /** It is killed: nothing that it still does reaches beyond. */
  async kill() {
    this.isDead = true;
    this.scope.$destroy();
    this.app.root.$digest();
    await this.settle();
    this.timers.clear();
    this.beats.clear();
    [...this.profile.locks].filter(([, tab]) => tab === this).forEach(([key]) => this.profile.locks.delete(key));
  }

  /** The page is left, and may come back. */
  hide() {
    this.isHidden = !this.isHidden;
    const event = new this.page.window.Event(this.isHidden ? 'pagehide' : 'pageshow');
    this.target.dispatchEvent(Object.assign(event, { persisted: true }));
  }

  get isAway() {
    return this.isDead || this.isHidden;
  }

  /** Is there anything on its way? */
  get isBusy() {
    const { socket, binding } = this;
    return socket.readyState !== 1 || binding.pending > 0 || [socket.up, socket.hub, socket.direct].some(({ length }) => length);
  }

  /** The secret id by which the server knows this page. */
  get id() {
    return /djng=(.+)/.exec(this.socket.url)[1];
  }

  /** Let run whatever is due at once. */
  async settle() {
    for (let round = 0; round < 20; round += 1) {
      await new Promise(setImmediate);
      const due = [...this.timers].filter(([, { ms }]) => ms === 0);
      if (!due.length) {
        return;
      }
      due.forEach(([id, { fn }]) => {
        this.timers.delete(id);
        fn();
      });
    }
    throw new Error('it never comes to rest');
  }

  /** Time goes by on an open socket. */
  wait() {
    const due = this.socket.readyState === 1 ? [...this.timers] : [];
    due.forEach(([id, { fn }]) => this.timers.delete(id) && fn());
  }

  /** Do not wait for the next attempt to connect. */
  wake() {
    this.target.dispatchEvent(new this.page.window.Event('online'));
  }
}
