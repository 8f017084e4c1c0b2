/** A window with AngularJS and the built file in it, a clock that is moved by hand, and sockets that a test plays the server for. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Script } from 'node:vm';
import { JSDOM } from 'jsdom';

const BUILT = new URL('../../djng/static/djng/js/', import.meta.url);
const VERSIONS = ['1.3', '1.5', '1.8'];
const FILES = { 'django-angular.js': false, 'django-angular.min.js': true };     // its value: under ng-strict-di?

export const URI = 'ws://localhost/ws/';
export const BOTH = ['subscribe-broadcast', 'publish-broadcast'];

const scripts = new Map();
const script = (url) => scripts.get(url.href) || scripts.set(url.href, new Script(readFileSync(url, 'utf8'))).get(url.href);

/** Let promises run that wait for the end of the turn. */
export const turn = () => new Promise(setImmediate);

/** Timers that run when the clock is moved. */
function makeClock(window) {
  const timers = new Map();
  let now = 0;
  let last = 0;
  const add = (every) => (fn, ms = 0) => {
    timers.set(++last, { fn, at: now + ms, every: every && ms });
    return last;
  };
  window.setTimeout = add(false);
  window.setInterval = add(true);
  window.clearTimeout = window.clearInterval = (id) => timers.delete(id);
  return {
    timers,
    /** Move on by `ms`, running what is due in its order, and whatever else wants to run then. */
    async pass(ms = 0) {
      const end = now + ms;
      await turn();
      for (;;) {
        const due = [...timers].filter(([, timer]) => timer.at <= end).sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];
        if (!due) {
          break;
        }
        const [id, timer] = due;
        now = Math.max(now, timer.at);
        if (timer.every) {
          timer.at += timer.every;
        } else {
          timers.delete(id);
        }
        timer.fn();
        await turn();
      }
      now = end;
    },
  };
}

/** As a browser's: it throws before it is open and keeps silent after it was closed. */
export class Socket {
  constructor(url, page) {
    if (page.refuse) {
      throw new Error(page.refuse);
    }
    Object.assign(this, { url, sent: [], readyState: 0 });
    page.sockets.push(this);
    page.onsocket(this);
  }

  send(text) {
    if (this.readyState === 0) {
      throw new Error('InvalidStateError');
    }
    if (this.readyState === 1) {
      this.sent.push(text);
      this.onsent?.(text);
    }
  }

  close() {
    this.readyState = 3;
    this.onclosed?.();
  }

  open() {
    this.readyState = 1;
    this.onopen?.({});
  }

  hear(data) {
    this.onmessage?.({ data: typeof data === 'string' ? data : JSON.stringify(data) });
  }

  drop(code = 1006, reason = '') {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
}

export function makePage({ ng = '1.8', file = 'django-angular.js', strictDi = false, globals = false } = {}) {
  const dom = new JSDOM('<!doctype html>', { runScripts: 'outside-only', pretendToBeVisual: true, url: 'http://localhost/' });
  const { window } = dom;
  const page = { window, sockets: [], refuse: null, onsocket() {}, clock: makeClock(window) };
  const context = dom.getInternalVMContext();
  window.WebSocket = function WebSocket(url) {
    return new Socket(url, page);
  };
  script(new URL(import.meta.resolve(`angular-${ng}/angular.js`))).runInContext(context);
  const before = globals && Object.getOwnPropertyNames(window);
  script(new URL(file, BUILT)).runInContext(context);
  if (globals) {
    page.added = Object.getOwnPropertyNames(window).filter((name) => !before.includes(name));
  }
  page.angular = window.angular;
  page.fire = (target, name, properties) => target.dispatchEvent(Object.assign(new window.Event(name), properties));
  page.see = (state) => {
    Object.defineProperty(window.document, 'visibilityState', { value: state, configurable: true });
    page.fire(window.document, 'visibilitychange');
  };

  /** One application in this window. */
  page.start = ({ uri = URI, heartbeat = null, level = 'warn', modules = ['djng.websocket'], configure } = {}) => {
    const log = [];
    const say = (name) => (...words) => log.push([name, words.join(' ')]);
    const injector = page.angular.injector(['ng', ...modules, ['$provide', 'djangoWebsocketProvider', ($provide, provider) => {
      $provide.value('$log', { debug: say('debug'), log: say('log'), info: say('info'), warn: say('warn'), error: say('error') });
      if (configure) {
        configure(provider, $provide);
      } else {
        provider.setURI(uri).setHeartbeat(heartbeat).setLogLevel(level);
      }
    }]], strictDi);
    const root = injector.get('$rootScope');
    const scope = root.$new();
    const djangoWebsocket = injector.get('djangoWebsocket');
    const app = {
      injector, root, scope, log, djangoWebsocket,
      logged: (name) => log.filter(([level]) => level === name).map(([, text]) => text),
      connect(collection = 'c', { facility = 'foobar', channels = BOTH, options, on = scope } = {}) {
        const promise = djangoWebsocket.connect(on, collection, facility, channels, options);
        return { promise, binding: promise.binding, socket: page.sockets.at(-1) };
      },
      /** A bound collection whose socket is open and has heard what the server kept. */
      async bound(collection, options, kept = {}) {
        const bound = app.connect(collection, options);
        bound.socket.open();
        bound.socket.hear(kept);
        await page.clock.pass();
        return bound;
      },
      /** What a user does: change the model, in a digest. */
      async edit(change, on = scope) {
        on.$apply(change);
        await turn();
      },
    };
    return app;
  };
  page.next = () => page.sockets.at(-1);
  return page;
}

/** The frames, without heartbeats, as values. */
export const frames = (socket, heartbeat = '--hb--') => socket.sent.filter((text) => text !== heartbeat).map((text) => JSON.parse(text));

/** Values of a window have that window's prototypes; compare what they hold. */
export const same = (value, expected, message) => assert.deepEqual(JSON.parse(JSON.stringify(value)), expected, message);

/** One sentence about the built file, tried with each AngularJS, plain and minified (then under ng-strict-di). */
export function each(sentence, fn) {
  for (const ng of VERSIONS) {
    for (const [file, strictDi] of Object.entries(FILES)) {
      test(`${sentence} [${ng}${strictDi ? ', minified' : ''}]`, async () => {
        const page = makePage({ ng, file, strictDi });
        try {
          await fn(page, page.start.bind(page));
        } finally {
          page.window.close();
        }
      });
    }
  }
}
