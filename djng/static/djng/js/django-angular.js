/*! djng 1.0.0: three-way data-binding for Django and AngularJS. MIT licence. */
(() => {
"use strict";
  var __defProp = Object.defineProperty;
  var __defProps = Object.defineProperties;
  var __getOwnPropDescs = Object.getOwnPropertyDescriptors;
  var __getOwnPropSymbols = Object.getOwnPropertySymbols;
  var __hasOwnProp = Object.prototype.hasOwnProperty;
  var __propIsEnum = Object.prototype.propertyIsEnumerable;
  var __defNormalProp = (obj, key, value2) => key in obj ? __defProp(obj, key, { enumerable: true, configurable: true, writable: true, value: value2 }) : obj[key] = value2;
  var __spreadValues = (a, b) => {
    for (var prop in b || (b = {}))
      if (__hasOwnProp.call(b, prop))
        __defNormalProp(a, prop, b[prop]);
    if (__getOwnPropSymbols)
      for (var prop of __getOwnPropSymbols(b)) {
        if (__propIsEnum.call(b, prop))
          __defNormalProp(a, prop, b[prop]);
      }
    return a;
  };
  var __spreadProps = (a, b) => __defProps(a, __getOwnPropDescs(b));

  // src/module.js
  angular.module("djng.websocket", []);
  angular.module("djng", ["djng.websocket"]);

  // src/websocket.js
  angular.module("djng.websocket").factory("$websocket", ["$window", function($window) {
    return function $websocket(url) {
      return new $window.WebSocket(url);
    };
  }]);

  // src/backoff.js
  var FIRST = 1e3;
  var LONGEST = 3e4;
  var SHORTEST = 100;
  function delay(attempt, random = Math.random) {
    return Math.max(SHORTEST, Math.round(random() * Math.min(LONGEST, FIRST * 2 ** attempt)));
  }

  // src/connection.js
  var BEAT = 5e3;
  var MISSED = 3;
  var PATIENCE = 15e3;
  var FINAL = [4401, 4403, 4404];
  var ABNORMAL = 1006;
  var OPEN = 1;
  angular.module("djng.websocket").factory("$$djangoConnection", ["$window", "$websocket", function($window, $websocket) {
    return function connection(url, heartbeat, on) {
      const document = $window.document;
      let socket = null;
      let status = "connecting";
      let reason = null;
      let attempt = 0;
      let missed = 0;
      let timer, beats;
      const listeners = [
        [$window, "online", wake],
        [$window, "pagehide", leave],
        [$window, "pageshow", (event) => event.persisted && on.back(wake)],
        [document, "visibilitychange", () => document.visibilityState === "visible" && wake()]
      ];
      listeners.forEach(([target, name, listener]) => target.addEventListener(name, listener));
      function become(next2, why) {
        reason = why || reason;
        if (next2 === "closed") {
          listeners.forEach(([target, name, listener]) => target.removeEventListener(name, listener));
        }
        if (status !== next2) {
          status = next2;
          on.status(status, reason);
        }
      }
      function open() {
        become("connecting");
        try {
          socket = $websocket(url());
        } catch (error) {
          on.log("error", `the socket cannot be opened: ${error.message}`);
          become("closed", { code: ABNORMAL, reason: error.message });
          return;
        }
        timer = $window.setTimeout(() => lost({ code: ABNORMAL, reason: "it did not open in time" }), PATIENCE);
        socket.onopen = opened;
        socket.onmessage = heard;
        socket.onclose = lost;
      }
      function opened() {
        $window.clearTimeout(timer);
        missed = 0;
        beats = $window.setInterval(beat, BEAT);
        on.log("log", "the socket is open");
        become("open");
      }
      function heard(event) {
        missed = 0;
        if (event.data === heartbeat) {
          on.beat();
        } else {
          on.frame(event.data);
        }
      }
      function beat() {
        attempt = 0;
        if (heartbeat && missed >= MISSED) {
          lost({ code: ABNORMAL, reason: `${MISSED} heartbeats were missed` });
        } else if (heartbeat) {
          missed += 1;
          if (isOpen()) {
            say(heartbeat);
          }
        }
      }
      function drop2() {
        $window.clearTimeout(timer);
        $window.clearInterval(beats);
        if (socket) {
          socket.onopen = socket.onmessage = socket.onclose = null;
          socket.close();
          socket = null;
        }
      }
      function lost({ code, reason: reason2 }) {
        drop2();
        const why = `${code}${reason2 ? `: ${reason2}` : ""}`;
        if (FINAL.includes(code)) {
          on.log("error", `the server does not let this page in (${why})`);
          become("closed", { code, reason: reason2 });
          return;
        }
        const wait = delay(attempt++);
        timer = $window.setTimeout(open, wait);
        on.log("warn", `the socket was lost (${why}), it is tried again in ${wait} ms`);
        become("waiting", { code, reason: reason2 });
      }
      function wake() {
        if (status === "waiting") {
          $window.clearTimeout(timer);
          attempt = 0;
          open();
        }
      }
      function leave() {
        on.leave();
        rest();
      }
      function rest() {
        drop2();
        become("waiting");
      }
      function reopen2() {
        drop2();
        attempt = 0;
        open();
      }
      const isOpen = () => socket !== null && socket.readyState === OPEN;
      const say = (text) => socket.send(text);
      function close2() {
        drop2();
        become("closed");
      }
      return { open, isOpen, say, reopen: reopen2, rest, close: close2 };
    };
  }]);

  // src/events.js
  angular.module("djng.websocket").factory("$$djangoEvent", ["$rootScope", function($rootScope) {
    return function event(name) {
      let listeners = [];
      function listen(fn) {
        if (!angular.isFunction(fn)) {
          throw new TypeError(`djangoWebsocket: ${name}(fn) needs a function`);
        }
        const entry = { fn };
        listeners.push(entry);
        return () => {
          listeners = listeners.filter((other) => other !== entry);
        };
      }
      function tell2(...words) {
        listeners.forEach((entry) => $rootScope.$applyAsync(() => listeners.includes(entry) && entry.fn(...words)));
      }
      return { listen, tell: tell2 };
    };
  }]);

  // src/inputs.js
  var REMOTE = 2e3;
  var PROPERTY = /^\s*(?:\.\s*([\w$]+)|\[([^\]]+)\])/;
  angular.module("djng.websocket").factory("$$djangoInputs", ["$window", "$parse", function($window, $parse) {
    const inputs = /* @__PURE__ */ new Set();
    const bounds = /* @__PURE__ */ new Set();
    function propertyOf(input, { scope, collection, read: read3 }) {
      const { expression, paths } = input;
      if (!(collection in paths)) {
        const [, name, key] = expression.startsWith(collection) && PROPERTY.exec(expression.slice(collection.length)) || [];
        paths[collection] = name === void 0 ? key && $parse(key) : () => name;
      }
      const content = paths[collection] && read3(scope);
      return angular.isObject(content) && read3(input.scope) === content ? String(paths[collection](input.scope)) : null;
    }
    function toggle(input, name, isOn) {
      if (Boolean(input.shows[name]) !== isOn) {
        input.shows[name] = isOn;
        input.element.toggleClass(name, isOn);
        if (name === "djng-invalid") {
          input.control.$setValidity("djng", !isOn);
          if (!isOn && input.isKept) {
            input.isKept = false;
            input.control.$render();
          }
        }
      }
    }
    function flash(input) {
      $window.clearTimeout(input.timer);
      toggle(input, "djng-remote", true);
      input.timer = $window.setTimeout(() => toggle(input, "djng-remote", false), REMOTE);
    }
    function withName(input, fn) {
      bounds.forEach((bound) => {
        const name = propertyOf(input, bound);
        if (name !== null) {
          fn(name, bound);
        }
      });
    }
    function retry(input) {
      withName(input, (name, bound) => inputs.forEach((other) => {
        if (other !== input && other.isKept && bound.isTied(propertyOf(other, bound), name)) {
          other.isKept = false;
          other.control.$setViewValue(other.element.val());
          other.control.$commitViewValue();
        }
      }));
    }
    function add(scope, element, control, expression) {
      const input = { scope, element, control, expression: expression.trim(), paths: /* @__PURE__ */ Object.create(null), shows: {}, timer: null };
      inputs.add(input);
      control.$viewChangeListeners.push(() => retry(input));
      return {
        /** Is what was typed refused? Then it is not written over, until the mark is gone. */
        keep() {
          input.isKept = Boolean(input.shows["djng-invalid"]);
          return input.isKept;
        },
        /** It has come to be what the scope holds, which AngularJS does not take for a change. */
        mended() {
          if (input.isKept) {
            withName(input, (name, bound) => bound.forgive(name));
          }
        },
        end() {
          $window.clearTimeout(input.timer);
          inputs.delete(input);
        }
      };
    }
    function bind(scope, collection, { forgive, isTied: isTied2 }) {
      const bound = { scope, collection, forgive, isTied: isTied2, read: $parse(collection) };
      bounds.add(bound);
      function mark({ waits: waits2, isWrong: isWrong2, byOthers }) {
        inputs.forEach((input) => {
          const name = propertyOf(input, bound);
          if (name !== null) {
            toggle(input, "djng-pending", waits2(name));
            toggle(input, "djng-invalid", isWrong2(name));
            if (byOthers.includes(name)) {
              flash(input);
            }
          }
        });
      }
      function end() {
        bounds.delete(bound);
        mark({ waits: () => false, isWrong: () => false, byOthers: [] });
      }
      return { mark, end };
    }
    return { add, bind };
  }]);

  // src/caret.js
  function follow(before, after, at) {
    const shorter = Math.min(before.length, after.length);
    let head = 0;
    while (head < shorter && before[head] === after[head]) {
      head += 1;
    }
    if (at <= head) {
      return at;
    }
    let tail = 0;
    while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) {
      tail += 1;
    }
    return after.length - Math.min(tail, before.length - at);
  }

  // src/ngModel.js
  var OTHERS = ["checkbox", "radio", "file", "range", "color", "hidden", "button", "submit", "reset", "image"];
  var isText = ({ tagName, type }) => tagName === "TEXTAREA" || tagName === "INPUT" && !OTHERS.includes(type);
  function caretOf(field) {
    try {
      const { selectionStart: start, selectionEnd: end, selectionDirection: direction } = field;
      return start === null || start === void 0 ? null : { start, end, direction };
    } catch (e) {
      return null;
    }
  }
  angular.module("djng.websocket").directive("ngModel", ["$$djangoInputs", function(inputs) {
    function link(scope, element, attributes, control) {
      const field = element[0];
      const input = inputs.add(scope, element, control, attributes.ngModel);
      element.on("$destroy", input.end);
      if (isText(field)) {
        const render = control.$render;
        const shown = () => control.$isEmpty(control.$viewValue) ? "" : String(control.$viewValue);
        let isTyped = false;
        element.on("input change", () => {
          isTyped = true;
          if (field.value.trim() === shown().trim()) {
            input.mended();
          }
        });
        const rollback = control.$rollbackViewValue;
        control.$rollbackViewValue = () => {
          isTyped = false;
          input.mended();
          rollback.call(control);
        };
        control.$render = () => {
          const before = field.value;
          const text = shown();
          const isFocused = field.ownerDocument.activeElement === field;
          if (isFocused && text === before || isTyped && input.keep()) {
            return;
          }
          isTyped = isTyped && text === before;
          const caret = isFocused && caretOf(field);
          render.call(control);
          if (caret) {
            const end = follow(before, field.value, caret.end);
            const start = caret.start < caret.end ? follow(before, field.value, caret.start + 1) - 1 : end;
            field.setSelectionRange(Math.max(0, start), end, caret.direction || "none");
          }
        };
      }
    }
    return { restrict: "A", require: "ngModel", priority: 1e3, link };
  }]);

  // src/difference.js
  var map = () => /* @__PURE__ */ Object.create(null);
  var own = (object, name) => Object.prototype.hasOwnProperty.call(object, name);
  var isObject = (value2) => value2 !== null && typeof value2 === "object";
  var travels = (name) => typeof name === "string" && name.slice(0, 2) !== "$$";
  var nothing = (list) => ({ list, set: map(), length: null, push: [] });
  var isEmpty = (change2) => change2.length === null && !change2.push.length && !Object.keys(change2.set).length;
  function names(collection) {
    return Array.isArray(collection) ? Array.from(collection.keys()) : Object.keys(collection).filter(travels);
  }
  function record(collection, serialise) {
    if (!isObject(collection)) {
      return null;
    }
    const list = Array.isArray(collection);
    const texts = list ? [] : map();
    names(collection).forEach((name) => {
      const text = serialise(collection[name], name);
      if (list || text !== void 0) {
        texts[name] = text === void 0 ? "null" : text;
      }
    });
    return { list, texts };
  }
  function difference(before, after) {
    const change2 = nothing(after.list);
    const known = before && before.list === after.list ? before.texts : after.list ? [] : map();
    Object.keys(after.texts).filter((name) => known[name] !== after.texts[name]).forEach((name) => {
      change2.set[name] = after.texts[name];
    });
    if (after.list) {
      change2.length = after.texts.length < known.length ? after.texts.length : null;
    } else {
      Object.keys(known).filter((name) => !(name in after.texts)).forEach((name) => {
        change2.set[name] = null;
      });
    }
    return isEmpty(change2) ? null : change2;
  }
  function compose(first, then) {
    if (!first || !then || first.list !== then.list) {
      return then || first;
    }
    const set = map();
    const fits = (name) => then.length === null || name < then.length;
    Object.keys(first.set).filter(fits).forEach((name) => {
      set[name] = first.set[name];
    });
    return { list: then.list, set: Object.assign(set, then.set), length: then.length === null ? first.length : then.length, push: [] };
  }
  function apply(before, { list, set, length, push }) {
    const known = before && before.list === list ? before.texts : [];
    if (!list) {
      const texts2 = Object.assign(map(), known);
      Object.keys(set).forEach((name) => {
        if (set[name] === null) {
          delete texts2[name];
        } else {
          texts2[name] = set[name];
        }
      });
      return { list, texts: texts2 };
    }
    const texts = known.slice();
    Object.keys(set).forEach((index) => {
      fill(texts, Number(index) + 1);
      texts[index] = set[index];
    });
    return { list, texts: (length === null ? texts : texts.slice(0, length)).concat(push) };
  }
  function fill(texts, length) {
    while (texts.length < length) {
      texts.push("null");
    }
  }

  // src/claims.js
  var BEAT2 = 2e4;
  var SILENT = 9;
  var SETTLING = 100;
  function makeClaims(window, name) {
    const { locks } = window.navigator || {};
    return locks ? byLock(locks) : byName(window, name);
  }
  function byLock(locks) {
    const held = map();
    return {
      take: (key) => new Promise((resolve) => {
        const granted = (lock) => {
          resolve(lock !== null);
          return lock && new Promise((release2) => {
            held[key] = release2;
          });
        };
        locks.request(key, { ifAvailable: true }, granted).catch(() => resolve(false));
      }),
      holds: () => true,
      release: (key) => held[key] && held[key](),
      end() {
      }
    };
  }
  function byName(window, name) {
    const store = window.localStorage;
    const owner = (key) => store.getItem(`${key}:owner`);
    const strangers = map();
    const mine = /* @__PURE__ */ new Set();
    let beats = 0;
    const timer = window.setInterval(() => {
      beats += 1;
      mine.forEach((key) => isMine(key) && renew(key));
    }, BEAT2);
    const isMine = (key) => String(owner(key)).startsWith(`${name}:`);
    const renew = (key) => store.setItem(`${key}:owner`, `${name}:${beats}`);
    function isGone(key) {
      const now = owner(key);
      if (!strangers[key] || strangers[key].owner !== now) {
        strangers[key] = { owner: now, since: beats };
      }
      return beats - strangers[key].since >= SILENT;
    }
    function take2(key) {
      if (owner(key) !== null && !isGone(key)) {
        return Promise.resolve(false);
      }
      renew(key);
      mine.add(key);
      if (store.getItem(key) === null) {
        return Promise.resolve(true);
      }
      return new Promise((resolve) => window.setTimeout(() => resolve(isMine(key)), SETTLING));
    }
    function release2(key) {
      mine.delete(key);
      if (isMine(key)) {
        store.removeItem(`${key}:owner`);
      }
    }
    return { take: take2, holds: isMine, release: release2, end: () => window.clearInterval(timer) };
  }

  // src/unsent.js
  var withoutPrototype = (texts) => Object.assign(map(), texts);
  function readChange(change2) {
    if (!isObject(change2) || !isObject(change2.set) || !Array.isArray(change2.push)) {
      throw new TypeError("no change");
    }
    return Object.assign(change2, { set: withoutPrototype(change2.set) }, change2.pushed && { pushed: withoutPrototype(change2.pushed) });
  }
  function read(text) {
    try {
      const { s, sent, pending, grounds = null } = JSON.parse(text);
      return {
        s: Number(s),
        sent: sent.map((entry) => ({ s: Number(entry.s), change: readChange(entry.change), at: entry.at || null })),
        pending: pending && readChange(pending),
        grounds
      };
    } catch (e) {
      return null;
    }
  }
  angular.module("djng.websocket").factory("$$djangoUnsent", ["$window", function($window) {
    return function keeper(name, log) {
      const prefix = `djng:unsent:${name}:`;
      let claims = null;
      let key = null;
      let written = null;
      let isBroken = false;
      function attempt(fn) {
        try {
          return fn($window.localStorage);
        } catch (error) {
          if (!isBroken) {
            isBroken = true;
            log("warn", `unsent edits do not outlive this page: ${error.message}`);
          }
          return null;
        }
      }
      const take2 = (other) => attempt(() => claims.take(other));
      function own2(next2) {
        const before = key;
        key = next2;
        written = next2 && attempt((store) => store.getItem(next2));
        if (before !== null && before !== next2) {
          attempt(() => claims.release(before));
        }
      }
      function others(store) {
        const keys = Array.from({ length: store.length }, (_, index) => store.key(index));
        return keys.filter((other) => other !== key && other.startsWith(prefix) && /^[0-9a-f]+$/.test(other.slice(prefix.length)));
      }
      async function another(isWanted) {
        for (const other of claims && attempt(others) || []) {
          if (await take2(other)) {
            const left = attempt((store) => read(store.getItem(other)));
            const id = other.slice(prefix.length);
            if (left && isWanted(left, id)) {
              own2(other);
              return { id, left };
            }
            attempt((store) => left || store.removeItem(other));
            attempt(() => claims.release(other));
          }
        }
        return null;
      }
      async function claim(id, isWanted) {
        claims = claims || attempt(() => makeClaims($window, id));
        own2(null);
        const found = await another(isWanted);
        if (!found && claims && await take2(prefix + id)) {
          own2(prefix + id);
        }
        return found;
      }
      function keep(left) {
        const text = left && JSON.stringify(left);
        if (key === null || text === written) {
          return true;
        }
        if (attempt(() => claims.holds(key)) === false) {
          return false;
        }
        attempt((store) => {
          if (text === null) {
            store.removeItem(key);
          } else {
            store.setItem(key, text);
          }
          written = text;
        });
        return true;
      }
      function end() {
        own2(null);
        attempt(() => claims && claims.end());
      }
      return { claim, another, keep, isKept: () => key !== null && !isBroken, leave: () => own2(null), end };
    };
  }]);

  // src/keeping.js
  var keepNothing = (link) => ({
    start: () => link.open(),
    keep() {
    },
    isKept: () => false,
    leave() {
    },
    back: (wake) => wake(),
    end() {
    },
    lookRound() {
    }
  });
  function makeKeeping(keeper, link, { wires, identity, show, isOver, window }) {
    const timer = window.setInterval(lookRound, BEAT2);
    let isLooking = false;
    let away = null;
    let id = null;
    return { start: () => start(() => true, link.open), keep, isKept: keeper.isKept, leave, back, end, lookRound };
    function call(name) {
      id = identity(name);
      return id;
    }
    function start(isWanted, open) {
      keeper.claim(call(), isWanted).then((found) => {
        if (isOver()) {
          keeper.end();
          return;
        }
        inherit(found);
        open();
      });
    }
    function inherit(found) {
      if (found) {
        call(found.id);
        wires.bound.inherit(found.left);
      }
      show();
    }
    function abandon() {
      wires.bound.forget();
      show();
    }
    function keep() {
      if (!keeper.keep(wires.current.unsent())) {
        start(() => false, link.open);
        link.rest();
        abandon();
      }
    }
    function leave() {
      away = keeper.isKept() ? id : null;
      keeper.leave();
    }
    function back(wake) {
      if (away === null) {
        wake();
      } else {
        const before = away;
        wires.reset();
        start((left, other) => other === before, wake);
        abandon();
      }
    }
    function lookRound() {
      const isIdle = () => !isOver() && wires.current === wires.bound && wires.bound.isLevel();
      const isWanted = ({ sent }) => isIdle() && sent.every(({ change: change2 }) => !change2.push.length);
      if (!isLooking && isIdle()) {
        isLooking = true;
        keeper.another(isWanted).then((found) => {
          isLooking = false;
          if (found) {
            link.rest();
            inherit(found);
            link.reopen();
          }
        });
      }
    }
    function end() {
      window.clearInterval(timer);
      keeper.end();
    }
  }

  // src/patience.js
  var FIRST2 = 1e4;
  var LONGEST2 = 3e5;
  function makePatience(window, ask) {
    let patience = FIRST2;
    let timer = null;
    function hear2() {
      window.clearTimeout(timer);
      timer = null;
    }
    function wait(isOwed) {
      if (!isOwed) {
        hear2();
        patience = FIRST2;
      } else if (timer === null) {
        timer = window.setTimeout(() => {
          timer = null;
          patience = Math.min(LONGEST2, patience * 2);
          ask();
        }, patience);
      }
    }
    return { wait, hear: hear2 };
  }

  // src/report.js
  function makeReport(binding, wires, { onSync, onError, mark, digest }) {
    let isLevel2 = false;
    let known = "{}";
    return function report(byOthers) {
      const wire = wires.current;
      const [wasLevel, pending, version2, errors] = [isLevel2, binding.pending, binding.version, known];
      isLevel2 = wire.isLevel();
      known = JSON.stringify(wire.errors);
      binding.pending = wire.waiting();
      binding.version = wire.version;
      if (known !== errors) {
        binding.errors = JSON.parse(known);
      }
      wire.refusals().forEach((refused) => onError.tell(refused, binding));
      if (isLevel2 && !wasLevel) {
        onSync.tell(binding);
      }
      mark({ byOthers, waits: (name) => wire.waits(name), isWrong: wire.isWrong });
      if (pending !== binding.pending || version2 !== binding.version || errors !== known) {
        digest();
      }
    };
  }

  // src/settling.js
  function makeSettling(shown, wires, { link, keeping, patience, report, log, isOver }) {
    const heard = [];
    let isScheduled = false;
    let isStale = false;
    return { soon, now, add: (text) => heard.push(text), anew, part, takeEdits };
    function soon() {
      if (!isScheduled) {
        isScheduled = true;
        Promise.resolve().then(now);
      }
    }
    function now() {
      isScheduled = false;
      if (!isOver()) {
        takeEdits();
        const byOthers = heard.length || isStale ? show(heard.splice(0)) : [];
        say(wires.current.outgoing);
        patience.wait(wires.current.isOwed() && link.isOpen());
        report(byOthers);
      }
    }
    function anew() {
      isStale = true;
      now();
    }
    function takeEdits() {
      const record2 = shown.look();
      wires.current.edit(shown.record, record2);
      shown.record = record2;
    }
    function attempt(fn, ...words) {
      try {
        return fn(...words);
      } catch (error) {
        log("warn", `a frame is ignored: ${error.message}`);
        return [];
      }
    }
    function show(texts) {
      isStale = false;
      texts.forEach((text) => attempt(wires.current.hear, text));
      return attempt(wires.current.show);
    }
    function say(frames) {
      const texts = link.isOpen() ? frames() : [];
      keeping.keep();
      texts.filter(link.isOpen).forEach((text) => {
        link.say(text);
        log("debug", `sent ${text}`);
      });
    }
    function part() {
      now();
      say(() => wires.current.parting(keeping.isKept()));
    }
  }

  // src/laying.js
  function put(object, name, value2) {
    if (name === "__proto__") {
      Object.defineProperty(object, name, { value: value2, configurable: true, enumerable: true, writable: true });
    } else {
      object[name] = value2;
    }
  }
  function lay(collection, frame2, pending, toJson) {
    const spared = pending ? pending.set : map();
    if (Array.isArray(collection)) {
      const grown = Object.keys(spared).reduce((most, index) => Math.max(most, Number(index) + 1), 0);
      const cut = pending && pending.length !== null ? pending.length : Infinity;
      reuseItems(collection, frame2, toJson, spared).slice(0, cut).forEach((item, index) => {
        if (!(index in spared)) {
          collection[index] = item;
        }
      });
      collection.length = Math.max(Math.min(frame2.length, cut), grown);
      return;
    }
    names(frame2).filter((name) => !(name in spared)).forEach((name) => {
      const old = own(collection, name) ? collection[name] : void 0;
      const value2 = reuse(old, frame2[name], toJson);
      if (value2 !== old) {
        put(collection, name, value2);
      }
    });
    deleted(frame2).filter((name) => travels(name) && !own(frame2, name) && !(name in spared)).forEach((name) => {
      delete collection[name];
    });
  }
  function deleted(frame2) {
    const about2 = own(frame2, "$$djng") && frame2.$$djng;
    return isObject(about2) && Array.isArray(about2.del) ? about2.del : [];
  }
  function reuse(old, fresh, toJson) {
    const same = jsonOf(old, toJson) === toJson(fresh);
    if (!same && Array.isArray(old) && Array.isArray(fresh)) {
      return reuseItems(old, fresh, toJson, map());
    }
    return same ? old : fresh;
  }
  function reuseItems(old, fresh, toJson, spared) {
    const olds = map();
    old.forEach((item, index) => {
      if (!(index in spared)) {
        const text = jsonOf(item, toJson);
        (olds[text] = olds[text] || []).push(item);
      }
    });
    return fresh.map((item) => {
      const equal = olds[toJson(item)];
      return equal && equal.length ? equal.shift() : item;
    });
  }
  function arrange(array, before, texts, make) {
    const movable = map();
    before.forEach((text, index) => {
      if (text !== texts[index]) {
        (movable[text] = movable[text] || []).push(array[index]);
      }
    });
    texts.forEach((text, index) => {
      if (text !== before[index]) {
        const equal = movable[text];
        array[index] = equal && equal.length ? equal.shift() : make(index);
      }
    });
    array.length = texts.length;
  }
  function jsonOf(value2, toJson) {
    try {
      return toJson(value2);
    } catch (e) {
      return void 0;
    }
  }

  // src/merging.js
  function ascending(pairs) {
    const ends = [];
    const before = pairs.map(([first], index) => {
      let [low, high] = [0, ends.length];
      while (low < high) {
        const middle = low + high >> 1;
        [low, high] = pairs[ends[middle]][0] < first ? [middle + 1, high] : [low, middle];
      }
      ends[low] = index;
      return low ? ends[low - 1] : -1;
    });
    const run = [];
    for (let index = ends.length ? ends[ends.length - 1] : -1; index >= 0; index = before[index]) {
      run.unshift(pairs[index]);
    }
    return run;
  }
  function unique(texts, from, to) {
    const places = map();
    for (let index = from; index < to; index += 1) {
      places[texts[index]] = texts[index] in places ? -1 : index;
    }
    return places;
  }
  function align(before, after) {
    const found = Array(after.length).fill(-1);
    const parts = [[0, before.length, 0, after.length]];
    while (parts.length) {
      let [b, endB, a, endA] = parts.pop();
      while (b < endB && a < endA && before[b] === after[a]) {
        found[a++] = b++;
      }
      while (b < endB && a < endA && before[endB - 1] === after[endA - 1]) {
        found[--endA] = --endB;
      }
      const [olds, news] = b < endB && a < endA ? [unique(before, b, endB), unique(after, a, endA)] : [map(), map()];
      const pairs = Object.keys(news).filter((text) => news[text] >= 0 && olds[text] >= 0).map((text) => [olds[text], news[text]]);
      const anchors = ascending(pairs.sort(([, x], [, y]) => x - y));
      (anchors.length ? [...anchors, [endB, endA]] : []).forEach(([x, y]) => {
        if (y < endA) {
          found[y] = x;
        }
        parts.push([b, x, a, y]);
        [b, a] = [x + 1, y + 1];
      });
    }
    return found;
  }
  function describe(before, after, pushed = after.length) {
    const edits2 = { set: map(), gone: [], come: [], push: [] };
    const found = align(before, after);
    let from = 0;
    let fresh = [];
    [...found, before.length].forEach((place2, index) => {
      if (place2 < 0) {
        fresh.push(index);
        return;
      }
      for (; from < place2 && fresh.length && fresh[0] < pushed; from += 1) {
        const text = after[fresh.shift()];
        if (text !== before[from]) {
          edits2.set[from] = text;
        }
      }
      for (; from < place2; from += 1) {
        edits2.gone.push(from);
      }
      if (fresh.length && place2 === before.length) {
        edits2.push = fresh.map((other) => after[other]);
      } else if (fresh.length) {
        edits2.come.push([place2, fresh.map((other) => after[other])]);
      }
      from = place2 + 1;
      fresh = [];
    });
    return edits2;
  }
  function moves(before, after) {
    const { gone, come, push } = describe(before, after);
    const came = push.length ? [...come, [before.length, push]] : come;
    const steps = gone.map((index) => [index, 1, 0]).concat(came.map(([index, texts]) => [index, 0, texts.length]));
    return steps.sort(([a, went], [b, others]) => b - a || others - went);
  }
  function trace(steps, index, isItem) {
    return steps.reduce(([now, is], [at, gone, come]) => {
      if (now >= at + gone && (is || now > at)) {
        return [now - gone + come, is];
      }
      return now > at || is && now === at ? [at, false] : [now, is];
    }, [index, isItem]);
  }
  function relocate(edits2, steps) {
    const next2 = { set: map(), gone: [], come: [], push: edits2.push };
    const come = (index, texts) => {
      const same = next2.come.find(([other]) => other === index);
      if (same) {
        same[1] = same[1].concat(texts);
      } else {
        next2.come.push([index, texts]);
      }
    };
    Object.keys(edits2.set).forEach((name) => {
      const [index, isItem] = trace(steps, Number(name), true);
      if (isItem) {
        next2.set[index] = edits2.set[name];
      } else {
        come(index, [edits2.set[name]]);
      }
    });
    edits2.gone.map((index) => trace(steps, index, true)).filter(([, isItem]) => isItem).forEach(([index]) => next2.gone.push(index));
    edits2.come.forEach(([gap, texts]) => come(trace(steps, gap, false)[0], texts));
    next2.come.sort(([a], [b]) => a - b);
    return next2;
  }
  function perform(before, { set, gone, come }) {
    const out = new Set(gone);
    const into = new Map(come.map(([index, texts]) => [Math.min(index, before.length), texts]));
    const behind2 = Object.keys(set).filter((index) => index >= before.length).map((index) => set[index]);
    const kept = before.map((text, index) => out.has(index) ? [] : [index in set ? set[index] : text]);
    return kept.concat([behind2]).flatMap((texts, index) => (into.get(index) || []).concat(texts));
  }

  // src/floating.js
  var blank = () => Object.assign(nothing(true), { pushed: map(), kept: null });
  function copy(pending) {
    return pending && {
      list: true,
      set: Object.assign(map(), pending.set),
      length: pending.length,
      push: pending.push.slice(),
      pushed: Object.assign(map(), pending.pushed),
      kept: pending.kept === void 0 ? null : pending.kept
    };
  }
  function unlessEmpty(pending) {
    const says = pending.length !== null || pending.kept !== null || pending.push.length || Object.keys(pending.set).length || Object.keys(pending.pushed).length;
    return says ? pending : null;
  }
  function beneath(texts, change2) {
    const { set, length } = change2;
    return change2.gone ? perform(texts, change2) : apply({ list: true, texts }, { list: true, set, length, push: [] }).texts;
  }
  function forget(texts, from) {
    Object.keys(texts).filter((index) => Number(index) >= from).forEach((index) => {
      delete texts[index];
    });
  }
  function arrange2(base2, sent, pending) {
    let texts = base2;
    let confirmed = base2.length;
    sent.forEach((change2) => {
      const floating2 = texts.length - confirmed;
      texts = beneath(texts, change2);
      confirmed = floating2 ? Math.min(Math.max(confirmed, texts.length - floating2), texts.length) : texts.length;
      texts = texts.concat(change2.push);
    });
    if (!pending) {
      return { texts, confirmed, floating: texts.length - confirmed };
    }
    const floating = texts.slice(confirmed, pending.kept === null ? void 0 : confirmed + pending.kept);
    Object.keys(pending.pushed).filter((index) => index < floating.length).forEach((index) => {
      floating[index] = pending.pushed[index];
    });
    const { set, length } = pending;
    ({ texts } = apply({ list: true, texts: texts.slice(0, confirmed) }, { list: true, set, length, push: [] }));
    return { texts: texts.concat(floating, pending.push), confirmed: texts.length, floating: floating.length };
  }
  function rewrite(pending, { confirmed, floating }, before, after) {
    const next2 = copy(pending) || blank();
    const behind2 = confirmed + floating;
    after.forEach((text, index) => {
      if (index >= before.length || text !== before[index]) {
        if (index < confirmed) {
          next2.set[index] = text;
        } else if (index < behind2) {
          next2.pushed[index - confirmed] = text;
        } else {
          next2.push[Math.min(index - behind2, next2.push.length)] = text;
        }
      }
    });
    if (after.length < before.length) {
      next2.push.length = Math.max(0, Math.min(next2.push.length, after.length - behind2));
      if (floating > 0 && after.length < behind2) {
        next2.kept = Math.max(0, after.length - confirmed);
        forget(next2.pushed, next2.kept);
      }
      if (after.length < confirmed) {
        next2.length = after.length;
        forget(next2.set, after.length);
      }
    }
    return unlessEmpty(next2);
  }
  function adjoin(first, then) {
    const { list, set, length, push } = first;
    if (!then || !then.list) {
      return then || copy(first);
    }
    const next2 = Object.assign(copy(then), compose({ list, set, length, push: [] }, __spreadProps(__spreadValues({}, then), { push: [] })));
    next2.push = push.concat(then.push);
    return next2;
  }

  // src/layers.js
  var isFilled = ({ texts }) => Object.keys(texts).length > 0;
  var newestFirst = ({ sent, pending }) => [pending, ...sent.map(({ change: change2 }) => change2).reverse()].filter(Boolean);
  var narrowestFirst = ({ labels }) => labels.slice().reverse();
  function isList(layers, now) {
    const [newest] = newestFirst(layers);
    const filled = newest || narrowestFirst(layers).find(isFilled);
    if (filled) {
      return filled.list;
    }
    const typed = narrowestFirst(layers).find(({ list }) => list !== null);
    return now !== null || !typed ? now : typed.list;
  }
  function source(layers) {
    return narrowestFirst(layers).find((label) => label.list && isFilled(label));
  }
  function base(layers) {
    const label = source(layers);
    if (label) {
      return label.texts;
    }
    const lost = narrowestFirst(layers).find(({ known }) => known && known.list);
    if (lost) {
      return lost.known.texts;
    }
    const isTold = layers.labels.some(({ v }) => v > 0);
    return layers.local && layers.local.list && !isTold ? layers.local.texts : [];
  }
  function floats(layers) {
    const label = source(layers);
    return layers.sent.filter(({ change: change2, answers }) => change2.list && !(label && answers[label.name])).map(({ change: change2 }) => change2);
  }
  function still(layers) {
    const { texts, confirmed } = arrange2(base(layers), floats(layers), null);
    return texts.slice(0, confirmed);
  }
  function items(layers) {
    return arrange2(base(layers), floats(layers), layers.pending && layers.pending.list ? layers.pending : null);
  }
  function value(layers, name) {
    const own2 = newestFirst(layers).find((change2) => !change2.list && name in change2.set);
    if (own2) {
      return own2.set[name] === null ? void 0 : own2.set[name];
    }
    const confirmed = narrowestFirst(layers);
    const lost = confirmed.map(({ known }) => known).filter(Boolean);
    const below = layers.local ? [layers.local] : [];
    const holder = confirmed.concat(lost, below).find(({ list, texts }) => !list && name in texts);
    return holder && holder.texts[name];
  }
  function everyName(layers) {
    const found = /* @__PURE__ */ new Set();
    const add = (texts) => Object.keys(texts).forEach((name) => found.add(name));
    newestFirst(layers).filter(({ list }) => !list).forEach(({ set }) => add(set));
    layers.labels.concat(layers.labels.map(({ known }) => known), layers.local).forEach((record2) => {
      if (record2 && !record2.list) {
        add(record2.texts);
      }
    });
    return found;
  }
  function remembered({ lost, v }, local) {
    const offered = lost || v === 0 && local;
    return offered && Object.keys(offered.texts).length ? offered : null;
  }
  function waits(layers, name) {
    if (!isList(layers, null)) {
      return newestFirst(layers).some(({ list, set }) => !list && name in set);
    }
    const { confirmed } = items(layers);
    return newestFirst(layers).some(({ list, set }) => list && (name in set || Number(name) >= confirmed));
  }
  function waiting(layers) {
    const touched = /* @__PURE__ */ new Set();
    let others = 0;
    newestFirst(layers).forEach(({ set, length, push, pushed, kept, gone = [], come = [] }) => {
      Object.keys(set).concat(gone, come.map(([index]) => index)).forEach((name) => touched.add(String(name)));
      others += push.length + (length !== null || kept !== null && kept !== void 0 ? 1 : 0) + Object.keys(pushed || {}).length;
    });
    return touched.size + others;
  }

  // src/scan.js
  var QUOTE = 34;
  var BACKSLASH = 92;
  var OPENING = { 91: true, 123: true };
  var CLOSING = { 93: true, 125: true };
  var BETWEEN = { 9: true, 10: true, 13: true, 32: true, 44: true, 58: true };
  function afterString(text, at) {
    for (let end = text.indexOf('"', at + 1); ; end = text.indexOf('"', end + 1)) {
      let before = end - 1;
      while (text.charCodeAt(before) === BACKSLASH) {
        before -= 1;
      }
      if ((end - before) % 2) {
        return end + 1;
      }
    }
  }
  function afterValue(text, at) {
    if (text.charCodeAt(at) === QUOTE) {
      return afterString(text, at);
    }
    let depth = 0;
    let end = at;
    while (end < text.length) {
      const code = text.charCodeAt(end);
      if (code === QUOTE) {
        end = afterString(text, end);
      } else if (OPENING[code]) {
        depth += 1;
        end += 1;
      } else if (depth === 0 && (CLOSING[code] || BETWEEN[code])) {
        return end;
      } else {
        depth -= CLOSING[code] ? 1 : 0;
        end += 1;
        if (depth === 0 && CLOSING[code]) {
          return end;
        }
      }
    }
    return end;
  }
  function isDeeper(text, deepest) {
    let depth = 0;
    for (let at = 0; at < text.length && text.length > 2 * deepest; at += 1) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        at = afterString(text, at) - 1;
      } else if (OPENING[code]) {
        depth += 1;
      } else if (CLOSING[code]) {
        depth -= 1;
      }
      if (depth > deepest) {
        return true;
      }
    }
    return false;
  }
  function slices(text) {
    const found = [];
    let at = text.search(/[{[]/) + 1;
    const last = Math.max(text.lastIndexOf("}"), text.lastIndexOf("]"));
    while (at < last) {
      if (BETWEEN[text.charCodeAt(at)]) {
        at += 1;
      } else {
        const end = afterValue(text, at);
        found.push(text.slice(at, end));
        at = end;
      }
    }
    return found;
  }
  function members(text) {
    const found = slices(text);
    const values = map();
    for (let at = 0; at < found.length; at += 2) {
      values[JSON.parse(found[at])] = found[at + 1];
    }
    return values;
  }
  var elements = slices;

  // src/shown.js
  var DEEPEST = 100;
  function makeShown(model, toJson, log) {
    const unserialisable = map();
    const shown = { record: null, look, show };
    return shown;
    function serialise(content, name) {
      const before = shown.record ? shown.record.texts[name] : void 0;
      try {
        const text = toJson(content);
        if (text !== void 0 && text !== before && isDeeper(text, DEEPEST)) {
          throw new RangeError(`it is nested deeper than ${DEEPEST}`);
        }
        delete unserialisable[name];
        return text;
      } catch (error) {
        if (!(name in unserialisable)) {
          unserialisable[name] = true;
          log("error", `the property "${name}" cannot be sent: ${error.message}`);
        }
        return before;
      }
    }
    function look() {
      return record(model.read(), serialise);
    }
    function show(replica) {
      const { layers, touched } = replica;
      const content = model.read();
      const isMade = isObject(content);
      const list = isList(layers, isMade ? Array.isArray(content) : null);
      const isOther = !isMade || Array.isArray(content) !== list;
      const all = replica.isTouched || isOther;
      const names2 = list || !all ? touched : everyName(layers);
      replica.touched = /* @__PURE__ */ new Set();
      replica.isTouched = false;
      if (list === null) {
        return [];
      }
      if (isOther) {
        model.assign(list ? [] : {});
      }
      if (isOther || !shown.record) {
        shown.record = { list, texts: list ? [] : map() };
      }
      if (list) {
        return all || names2.size ? showItems(items(layers).texts) : [];
      }
      Object.keys(all ? shown.record.texts : {}).forEach((name) => names2.add(name));
      return showProperties(replica, names2);
    }
    function canonical(text, before) {
      return text === void 0 || text === before ? text : toJson(JSON.parse(text));
    }
    function showProperties(replica, names2) {
      const object = model.read();
      const { texts } = shown.record;
      const changed = [];
      let trouble = null;
      names2.forEach((name) => {
        const raw2 = value(replica.layers, name);
        const text = canonical(raw2, texts[name]);
        if (text !== texts[name]) {
          try {
            if (text === void 0) {
              delete object[name];
              delete texts[name];
            } else {
              put(object, name, reuse(own(object, name) ? object[name] : void 0, JSON.parse(raw2), toJson));
              texts[name] = text;
            }
            changed.push(name);
          } catch (error) {
            trouble = error;
            replica.touched.add(name);
          }
        }
      });
      if (trouble) {
        log("warn", `what was heard cannot be shown: ${trouble.message}`);
      }
      return changed;
    }
    function showItems(raws) {
      const before = shown.record.texts;
      const texts = raws.map((raw2, index) => canonical(raw2, before[index]));
      const changed = texts.map((text, index) => text === before[index] ? null : String(index)).filter(Boolean);
      arrange(model.read(), before, texts, (index) => JSON.parse(raws[index]));
      shown.record.texts = texts;
      return changed;
    }
  }

  // src/watching.js
  function surface(content) {
    const flat = [Array.isArray(content)];
    names(isObject(content) ? content : {}).forEach((name) => flat.push(name, content[name]));
    return flat;
  }
  var differs = (before, after) => !before !== !after || Boolean(after && (before.list !== after.list || difference(before, after)));
  function watch(scope, { read: read3, look, deep }, changed) {
    if (!deep) {
      return scope.$watchCollection(() => surface(read3()), changed);
    }
    let seen = look();
    let times = 0;
    return scope.$watch(() => {
      const now = look();
      times += differs(seen, now) ? 1 : 0;
      seen = now;
      return times;
    }, changed);
  }

  // src/faults.js
  function blame(replica, names2, errors) {
    Object.assign(replica.errors, errors);
    replica.faults.push({ names: names2, guilty: Object.keys(errors) });
  }
  function stands({ names: names2 }, name, changed) {
    return !changed.has(name) && (names2.includes(name) || !names2.some((other) => changed.has(other)));
  }
  function pardon(replica, names2) {
    const { errors, faults } = replica;
    if (faults.length) {
      const changed = new Set(names2);
      const left = faults.map((fault) => ({
        names: fault.names.filter((name) => !changed.has(name)),
        guilty: fault.guilty.filter((name) => stands(fault, name, changed))
      }));
      replica.faults = left.filter(({ guilty }) => guilty.length);
      Object.keys(errors).filter((name) => !left.some(({ guilty }) => guilty.includes(name))).forEach((name) => {
        delete errors[name];
      });
    }
  }
  var isWrong = ({ errors, faults }, name) => name in errors || faults.some(({ names: names2 }) => names2.includes(name));
  function isTied({ faults }, name, other) {
    return faults.some(({ names: names2, guilty }) => names2.includes(name) && !guilty.includes(name) && [other, ""].some((cause) => guilty.includes(cause) || names2.includes(cause)));
  }

  // src/confirmed.js
  function unknown(name) {
    return {
      name,
      list: null,
      // array, object, or neither yet
      texts: map(),
      // each value as the server wrote it, by name or index
      e: null,
      v: null,
      awaiting: true,
      // a snapshot is on its way
      fresh: true,
      // nothing was heard of it on this socket
      held: [],
      // changes that came while it was
      deferred: null,
      // a snapshot that waits for an answer
      made: null,
      // the epoch in which the collection was made
      lost: null,
      // what one held that is lost: `{list, texts, e, v}`, until it is known that the server has it
      known: null,
      // the same, shown until there is another
      offeredBehind: 0,
      // the number of the last change before that was offered
      unseeded: false
      // may the last snapshot lack something, and nobody has offered what is known?
    };
  }
  var precedes = (a, b) => a.e === null || a.e < b.e || a.e === b.e && a.v < b.v;
  function reopen(label) {
    Object.assign(label, { awaiting: true, fresh: true, held: [], deferred: null });
  }
  var isNews = (label, frame2) => label.fresh || !precedes(frame2, label);
  function adopt(label, { list, texts, e, v, made = e }, mayOffer) {
    const { held, list: oldList, texts: old } = label;
    let { lost } = label;
    if (label.e !== null && label.e < made && Object.keys(old).length) {
      lost = { list: oldList, texts: old, e: label.e, v: label.v };
    }
    lost = mayOffer && lost && lost.e < made ? lost : null;
    Object.assign(label, { list, texts, e, v, made, awaiting: false, fresh: false, held: [], deferred: null });
    Object.assign(label, { lost, known: v > 0 ? null : lost, unseeded: v === 0 || lost !== null });
    return { held, old };
  }
  function place(label, { e, v }) {
    if (label.awaiting) {
      return "early";
    }
    if (!precedes(label, { e, v })) {
      return "known";
    }
    return e === label.e && v === label.v + 1 ? "next" : "gap";
  }
  function advance(label, { list, n, set, del, v }) {
    if (label.list !== list) {
      Object.assign(label, { list, texts: list ? [] : map() });
    }
    const { texts } = label;
    if (list) {
      fill(texts, n);
      texts.length = n;
    }
    const names2 = Object.keys(set);
    names2.filter((name) => !list || Number(name) < n).forEach((name) => {
      texts[name] = set[name];
    });
    del.forEach((name) => {
      delete texts[name];
    });
    Object.assign(label, { v, known: null, unseeded: label.unseeded && label.lost !== null });
    return names2.concat(del);
  }

  // src/landing.js
  function locate(items2, base2, length) {
    const free = base2.slice();
    return items2.map((text, number) => [length - items2.length + number, text]).reverse().map(([guess, text]) => {
      const place2 = free[guess] === text ? guess : free.lastIndexOf(text);
      if (place2 >= 0) {
        free[place2] = null;
      }
      return place2;
    }).reverse();
  }
  function edits({ set, length, push }, base2, isFloating) {
    const { texts } = apply({ list: true, texts: base2 }, { list: true, set, length, push: [] });
    if (!isFloating) {
      return describe(base2, texts.concat(push), texts.length);
    }
    const told = describe(base2, texts);
    return __spreadProps(__spreadValues({}, told), { come: told.push.length ? [...told.come, [base2.length, told.push]] : told.come, push });
  }
  function rewritten(pending, base2, told) {
    const texts = perform(base2, told);
    const next2 = Object.assign(copy(pending), { set: map(), length: texts.length < base2.length ? texts.length : null });
    texts.slice(0, base2.length).forEach((text, index) => {
      if (text !== base2[index]) {
        next2.set[index] = text;
      }
    });
    next2.push = texts.slice(base2.length).concat(told.push);
    return next2;
  }
  function carry(pending, before, after, isFloating) {
    const isSame = before.length === after.length && before.every((text, index) => text === after[index]);
    if (!pending || isSame) {
      return pending;
    }
    return unlessEmpty(rewritten(pending, after, relocate(edits(pending, before, isFloating), moves(before, after))));
  }
  function land(pending, places, base2, left) {
    if (!pending || !places.length) {
      return pending;
    }
    const told = edits(pending, base2, true);
    const rest = map();
    const homeless = [];
    Object.keys(pending.pushed).forEach((number) => {
      const text = pending.pushed[number];
      if (number >= places.length) {
        rest[number - places.length] = text;
      } else if (places[number] < 0 || told.gone.includes(places[number])) {
        homeless.push(text);
      } else {
        homeless.push(...places[number] in told.set ? [told.set[places[number]]] : []);
        told.set[places[number]] = text;
      }
    });
    const gone = pending.kept === null ? [] : places.slice(pending.kept).filter((place2) => place2 >= 0 && !(place2 in told.set));
    told.gone = told.gone.concat(gone);
    told.push = homeless.concat(told.push);
    const kept = left && pending.kept !== null ? Math.max(0, pending.kept - places.length) : null;
    return unlessEmpty(Object.assign(rewritten(pending, base2, told), { pushed: rest, kept }));
  }

  // src/grounding.js
  var isPending = ({ pending }) => pending !== null && pending.list;
  function stand(layers, texts = still(layers)) {
    Object.assign(layers, { ground: texts.slice(), grounds: null });
  }
  function follow2(layers, texts, isFloating) {
    if (isPending(layers)) {
      const { ground, grounds } = layers;
      if (ground || grounds !== null) {
        layers.pending = carry(layers.pending, ground || texts.slice(0, grounds), texts, isFloating);
      }
      stand(layers, texts);
    }
  }
  function followPending(layers) {
    follow2(layers, still(layers), items(__spreadProps(__spreadValues({}, layers), { pending: null })).floating > 0);
  }
  function followAll(layers) {
    if (!layers.labels.some(({ e, awaiting }) => e !== null && !awaiting)) {
      return;
    }
    const told = floats(layers).filter(({ gone }) => gone);
    if (told.length) {
      const now = base(layers);
      const steps = layers.bottom ? moves(layers.bottom, now) : [];
      told.filter(() => steps.length).forEach((change2) => Object.assign(change2, relocate(change2, steps)));
      layers.bottom = now.slice();
    }
    followPending(layers);
  }
  function settleDown(layers, { list, set, length, push }, mayTell) {
    const isTold = mayTell && list && source(layers) && !layers.sent.length && (length !== null || Object.keys(set).length > 0);
    if (!isTold) {
      return { list, set, length, push };
    }
    layers.bottom = base(layers).slice();
    return __spreadValues({ list, length: null }, edits({ set, length, push }, layers.bottom, false));
  }
  function byIndex(change2, texts) {
    const after = perform(texts, change2);
    const kept = { list: true, texts: after.slice(0, texts.length) };
    const { set, length } = difference({ list: true, texts }, kept) || { set: map(), length: null };
    return { list: true, set, length, push: after.slice(texts.length).concat(change2.push) };
  }

  // src/replica.js
  var inFlight = (s, change2, isTold, at = null) => ({ s, change: change2, at, isTold, isOut: false, acks: map(), answers: map(), isLanded: false, absent: null });
  function makeReplica(local, publishes) {
    return {
      publishes,
      layers: { labels: [], sent: [], pending: null, local, bottom: null, ground: null, grounds: null },
      moves: false,
      // may be said of an array what was taken out and put in?
      me: null,
      // the public name, once this socket has told it
      pub: [],
      // the labels that changes go to
      s: 0,
      // the number of the last change
      wishes: [],
      // frames that ask for something
      errors: map(),
      // by property, what was refused since it last changed; see faults.js
      faults: [],
      refusals: [],
      // the errors of changes that were refused; the reader empties it,
      touched: /* @__PURE__ */ new Set(),
      // and the names that may show something else now,
      isTouched: false,
      // all of them?
      remote: /* @__PURE__ */ new Set(),
      // and those that others have just changed
      isStale: false
      // are there edits of a page that does not publish? They yield to the server's next word
    };
  }
  var find = ({ layers }, name) => layers.labels.find((label) => label.name === name);
  var isSynced = ({ me, layers }) => me !== null && layers.labels.every(({ awaiting }) => !awaiting);
  var isLevel = (replica) => isSynced(replica) && !replica.layers.sent.length && !replica.layers.pending;
  function version({ layers }) {
    const known = layers.labels.filter(({ v }) => v !== null);
    return known.length ? known.reduce((sum, { v }) => sum + v, 0) : null;
  }
  function mention(replica, names2) {
    const { local } = replica.layers;
    names2.forEach((name) => {
      replica.touched.add(name);
      if (local && !local.list) {
        delete local.texts[name];
      }
    });
    pardon(replica, names2);
  }
  function close(replica) {
    replica.me = null;
    replica.wishes = [];
    replica.layers.labels.forEach(reopen);
    replica.layers.sent.forEach((entry) => {
      entry.isOut = false;
    });
  }
  function position({ layers }, { change: change2, at }) {
    const label = change2.gone && source(layers);
    return change2.gone ? at || (label ? { c: label.name, e: label.e, v: label.v } : null) : null;
  }
  function unsent(replica) {
    const { s, layers: { sent, pending, ground, grounds } } = replica;
    const told = sent.map((entry) => ({ s: entry.s, change: entry.change, at: position(replica, entry) }));
    return sent.length || pending ? { s, sent: told, pending, grounds: ground ? ground.length : grounds } : null;
  }
  function resume(replica, { s, sent, pending, grounds = null }) {
    const { layers } = replica;
    replica.s = s;
    layers.sent = sent.map((entry) => inFlight(entry.s, entry.change, true, entry.at));
    Object.assign(layers, { bottom: null, ground: null, grounds });
    layers.pending = pending && pending.list ? adjoin(pending, layers.pending) : compose(pending, layers.pending);
    if (layers.labels.some(({ e }) => e !== null)) {
      followPending(layers);
    }
    replica.isTouched = true;
  }
  function forget2(replica) {
    Object.assign(replica.layers, { sent: [], pending: null });
    Object.assign(replica, { s: 0, isTouched: true });
  }
  function release(replica) {
    const { layers } = replica;
    const changes = layers.sent.map(({ change: change3 }) => change3).concat(layers.pending || []);
    let change2 = changes.reduce(compose, null);
    if (change2 && isList(layers, null)) {
      change2 = difference({ list: true, texts: base(layers) }, { list: true, texts: items(layers).texts });
    }
    const { s } = replica;
    forget2(replica);
    replica.s = s;
    return change2;
  }

  // src/answering.js
  var behind = (sent, entry) => sent.slice(sent.indexOf(entry) + 1).reduce((count, { change: change2 }) => count + change2.push.length, 0);
  function touchDown(replica, entry, places) {
    const { layers } = replica;
    if (entry.change.list && !entry.isLanded) {
      entry.isLanded = true;
      if (layers.pending && layers.pending.list) {
        follow2(layers, base(layers), true);
        layers.pending = land(layers.pending, places, base(layers), behind(layers.sent, entry));
        stand(layers);
      }
    }
  }
  function answer(replica, entry, label, places) {
    entry.answers[label.name] = true;
    if (entry.s > label.offeredBehind) {
      label.lost = null;
    }
    if (source(replica.layers) === label) {
      touchDown(replica, entry, places());
    }
  }
  function refuse(replica, { s, of, errors }) {
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
    const names2 = Object.keys(entry.change.set);
    replica.layers.sent = replica.layers.sent.filter((other) => other !== entry);
    replica.isTouched = replica.isTouched || entry.change.list;
    names2.forEach((name) => replica.touched.add(name));
    pardon(replica, names2);
  }
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
  function settle(replica, entry) {
    Object.keys(entry.acks).forEach((name) => {
      const label = find(replica, name) || { name };
      const ack = entry.acks[name];
      if (ack.e < label.e) {
        delete entry.acks[name];
      } else if (!entry.answers[name] && !label.awaiting && !(label.v !== void 0 && precedes(label, ack))) {
        answer(replica, entry, label, () => locate(entry.change.push, base(replica.layers), ack.n));
      }
    });
  }
  function conclude(replica) {
    const { layers, pub } = replica;
    layers.sent.forEach((entry) => settle(replica, entry));
    while (layers.sent.length && pub.length && pub.every((name) => layers.sent[0].answers[name])) {
      finish(replica, layers.sent[0]);
    }
  }

  // src/snapshots.js
  var isDoubtful = ({ isTold, change: change2, acks, answers, absent }, { name, deferred }) => isTold && change2.push.concat(change2.come || []).length > 0 && !acks[name] && !answers[name] && !(deferred && deferred === absent);
  var isInDoubt = ({ layers, pub }, label) => pub.includes(label.name) && layers.sent.some((entry) => isDoubtful(entry, label));
  function sayAgain({ layers }) {
    layers.sent.forEach((entry) => {
      entry.isOut = false;
    });
  }
  function forgetAnswers({ layers }, label) {
    layers.sent.forEach((entry) => {
      delete entry.answers[label.name];
      entry.isLanded = false;
    });
  }
  function replace(replica, label, frame2) {
    const isFirst = label.e === null;
    const { held, old } = adopt(label, frame2, replica.publishes && replica.pub.includes(label.name));
    const changed = Object.keys(__spreadValues(__spreadValues({}, old), label.texts)).filter((name) => old[name] !== label.texts[name]);
    mention(replica, label.list ? [] : changed);
    changed.filter(() => !isFirst).forEach((name) => replica.remote.add(name));
    replica.isTouched = true;
    return held;
  }

  // src/wire.js
  var SYNC = '{"$$djng":{"sync":1}}';
  function about(text) {
    const value2 = JSON.parse(text);
    const told = isObject(value2) && own(value2, "$$djng") && value2.$$djng;
    if (!isObject(told)) {
      throw new TypeError("it says nothing about itself");
    }
    return told;
  }
  function isHello(text) {
    try {
      return typeof text === "string" && text.includes('"$$djng"') && typeof about(text).me === "string";
    } catch (e) {
      return false;
    }
  }
  function raw(text) {
    const values = members(text);
    Object.keys(values).filter((name) => !travels(name)).forEach((name) => {
      delete values[name];
    });
    return values;
  }
  function snapshot(text, { c, e, v, n, b }) {
    const list = n !== void 0;
    const texts = list ? elements(members(members(text).$$djng).items) : raw(text);
    return { type: "snapshot", label: c, e, v, made: b, list: list || v > 0 || Object.keys(texts).length > 0 ? list : null, texts };
  }
  function change(text, { c, e, v, n, o, s, del }) {
    return { type: "change", label: c, e, v, list: n !== void 0, n, author: o, s, set: raw(text), del: (del || []).filter(travels) };
  }
  function read2(text) {
    const told = about(text);
    if (told.me !== void 0) {
      return { type: "hello", me: told.me, sub: told.sub, pub: told.pub, moves: told.moves === 1 };
    }
    if (told.errors !== void 0) {
      return { type: "refusal", s: told.s, of: told.of || [], errors: told.errors };
    }
    if (told.ack !== void 0) {
      return { type: "ack", s: told.ack, label: told.c, e: told.e, v: told.v, n: told.n };
    }
    if (told.again !== void 0) {
      return { type: "again", s: told.again, label: told.c, e: told.e, v: told.v };
    }
    return told.full ? snapshot(text, told) : change(text, told);
  }
  function frame(set, told) {
    const parts = Object.keys(set).filter((name) => set[name] !== null).map((name) => `${JSON.stringify(name)}:${set[name]}`);
    return `{${parts.concat(`"$$djng":{${told.join()}}`).join()}}`;
  }
  function write({ list, set, length, push, gone = [], come = [] }, s, at = null, isAgain = false) {
    const told = [`"s":${s}`].concat(isAgain ? '"again":1' : []);
    const del = Object.keys(set).filter((name) => set[name] === null);
    if (list) {
      told.push('"list":1');
    }
    if (length !== null) {
      told.push(`"n":${length}`);
    }
    if (at) {
      told.push(`"c":${JSON.stringify(at.c)},"e":${at.e},"v":${at.v}`);
    }
    if (gone.length) {
      told.push(`"del":[${gone.join()}]`);
    }
    if (come.length) {
      told.push(`"ins":[${come.map(([index, texts]) => `[${index},[${texts.join()}]]`).join()}]`);
    }
    if (push.length) {
      told.push(`"push":[${push.join()}]`);
    }
    if (del.length) {
      told.push(`"del":${JSON.stringify(del)}`);
    }
    return frame(set, told);
  }
  function seed({ list, texts, e, v }, label) {
    const told = ['"seed":1'].concat(label === null ? [] : `"c":${JSON.stringify(label)}`, e === void 0 ? [] : `"e":${e},"v":${v}`);
    return list ? frame({}, told.concat('"list":1', `"push":[${texts.join()}]`)) : frame(texts, told);
  }

  // src/hearing.js
  var RANKS = ["broadcast", "group", "user", "session"];
  var rank = (label) => RANKS.indexOf(label.split(":")[0]);
  var wider = (a, b) => rank(a) - rank(b) || (a < b ? -1 : 1);
  function hear(replica, text) {
    const frame2 = read2(text);
    const label = find(replica, frame2.label);
    replica.isTouched = replica.isTouched || replica.isStale;
    replica.isStale = false;
    if (frame2.type === "hello") {
      greet(replica, frame2);
    } else if (frame2.type === "refusal") {
      refuse(replica, frame2);
    } else if (frame2.type === "ack") {
      acknowledge(replica, label, frame2);
    } else if (frame2.type === "again") {
      sayAnew(replica, label, frame2);
    } else if (label && frame2.type === "snapshot") {
      begin(replica, label, frame2);
    } else if (label) {
      take(replica, label, frame2);
    }
    replica.layers.labels.filter((other) => other.deferred && !isInDoubt(replica, other)).forEach((other) => {
      goOn(replica, other, replace(replica, other, other.deferred));
    });
    conclude(replica);
    followAll(replica.layers);
  }
  function greet(replica, { me, sub, pub, moves: moves2 }) {
    const labels = sub.slice().sort(wider).map((name) => find(replica, name) || unknown(name));
    labels.forEach((label) => Object.assign(label, { awaiting: true, held: [], deferred: null }));
    Object.assign(replica, { me, pub, moves: moves2, isTouched: true });
    replica.layers.labels = labels;
    sayAgain(replica);
  }
  var goOn = (replica, label, held) => held.forEach((early) => take(replica, label, early));
  function acknowledge(replica, label, frame2) {
    const entry = replica.layers.sent.find((other) => other.s === frame2.s);
    const known = label && (label.deferred || label);
    if (entry && !(known && frame2.e < known.e)) {
      entry.acks[frame2.label] = frame2;
    }
  }
  function sayAnew(replica, label, frame2) {
    const entry = replica.layers.sent.find((other) => other.s === frame2.s);
    if (entry && label && label.deferred && !precedes(frame2, label.deferred)) {
      entry.absent = label.deferred;
      entry.isOut = false;
    }
  }
  function begin(replica, label, frame2) {
    if (label.e !== null && frame2.e > label.e) {
      forgetAnswers(replica, label);
    }
    sayAgain(replica);
    if (!isNews(label, frame2)) {
      const { held } = label;
      if (!label.deferred) {
        Object.assign(label, { awaiting: false, held: [] });
        goOn(replica, label, held);
      }
    } else if (frame2.v > 0 && isInDoubt(replica, label)) {
      Object.assign(label, { awaiting: true, deferred: frame2 });
    } else {
      goOn(replica, label, replace(replica, label, frame2));
    }
  }
  function take(replica, label, frame2) {
    const { sent } = replica.layers;
    const own2 = frame2.author === replica.me && sent.find((entry) => entry.s === frame2.s);
    const where = place(label, frame2);
    if (where === "next") {
      next(replica, label, frame2, own2);
    } else if (where === "gap") {
      Object.assign(label, { awaiting: true, held: [frame2] });
      replica.wishes.push(SYNC);
    } else if (where === "early") {
      label.held.push(frame2);
      if (own2 && label.deferred) {
        decide(replica, label, own2, frame2);
      }
    } else if (own2 && frame2.e === label.e) {
      own2.acks[label.name] = frame2;
    }
  }
  function decide(replica, label, own2, frame2) {
    const { sent } = replica.layers;
    const { deferred } = label;
    const isHeld = !precedes(deferred, frame2);
    sent.slice(0, sent.indexOf(own2) + (isHeld ? 1 : 0)).forEach(({ acks }) => {
      acks[label.name] = acks[label.name] || deferred;
    });
    if (!isHeld) {
      goOn(replica, label, replace(replica, label, deferred));
    }
  }
  function next(replica, label, frame2, own2) {
    const { layers } = replica;
    if (frame2.author === replica.me && frame2.s === void 0) {
      label.lost = null;
    }
    const isWhole = frame2.list || label.list !== frame2.list || label.known !== null;
    const names2 = advance(label, frame2);
    mention(replica, names2);
    replica.isTouched = replica.isTouched || isWhole;
    if (frame2.author !== replica.me) {
      names2.forEach((name) => replica.remote.add(name));
    }
    if (own2) {
      layers.sent.slice(0, layers.sent.indexOf(own2)).forEach(({ acks }) => Object.assign(acks, { [label.name]: frame2 }));
      conclude(replica);
      const first = frame2.n - own2.change.push.length;
      answer(replica, own2, label, () => own2.change.push.map((text, number) => first + number));
    }
  }

  // src/firstPaint.js
  function snapshot2(text) {
    const { c, e, v, value: value2, items: items2 } = members(text);
    const list = items2 !== void 0;
    const texts = list ? elements(items2) : members(value2 || "{}");
    return { label: JSON.parse(c), e: Number(e), v: Number(v), list: list || value2 !== void 0 ? list : null, texts };
  }
  function readPage(document, facility, channels, log) {
    const found = /* @__PURE__ */ new Map();
    const used = [];
    document.querySelectorAll("script[data-djng-facility]").forEach((element) => {
      try {
        const frame2 = element.getAttribute("data-djng-facility") === facility && snapshot2(element.textContent);
        if (frame2 && frame2.list !== null && channels.includes(`subscribe-${frame2.label.split(":")[0]}`)) {
          found.set(frame2.label, frame2);
          used.push(element);
        }
      } catch (error) {
        log("warn", `what the page says of it makes no sense: ${error.message}`);
      }
    });
    return { frames: Array.from(found.values()), discard: () => used.forEach((element) => element.remove()) };
  }
  function foresee(replica, frames) {
    const labels = frames.map((frame2) => {
      const label = unknown(frame2.label);
      adopt(label, frame2, false);
      reopen(label);
      return Object.assign(label, { unseeded: false });
    });
    replica.layers.labels = labels.sort((a, b) => wider(a.name, b.name));
    replica.isTouched = labels.length > 0;
  }

  // src/saying.js
  var isSaid = ({ set, length, push, gone = [], come = [] }) => length !== null || push.length + gone.length + come.length + Object.keys(set).length > 0;
  function edit(replica, before, after) {
    const { layers, publishes } = replica;
    const change2 = difference(before, after);
    if (!change2) {
      return;
    }
    const names2 = Object.keys(change2.set);
    if (!publishes) {
      layers.local = after.list ? after : apply(layers.local, change2);
      replica.isStale = true;
      return;
    }
    if (after.list && !(layers.pending && layers.pending.list)) {
      stand(layers);
    }
    layers.pending = after.list ? rearranged(layers, before, after) : compose(layers.pending, change2);
    pardon(replica, names2.concat(""));
  }
  function rearranged(layers, before, after) {
    const layout = items(layers);
    const shown = before && before.list ? before.texts : [];
    const pending = layers.pending && layers.pending.list ? layers.pending : null;
    const raw2 = new Map(shown.map((text, index) => [text, layout.texts[index]]));
    return rewrite(pending, layout, shown, after.texts.map((text, index) => text === shown[index] ? text : raw2.get(text) || text));
  }
  function begin2(replica, pending) {
    const change2 = settleDown(replica.layers, pending, replica.moves);
    replica.layers.pending = null;
    if (isSaid(change2)) {
      replica.s += 1;
      replica.layers.sent.push(inFlight(replica.s, change2, false));
    }
  }
  function tell(replica, entry) {
    const { layers, moves: moves2 } = replica;
    const { change: change2, s } = entry;
    const at = position(replica, entry);
    const isAgain = entry.isTold && change2.push.length > 0;
    Object.assign(entry, { isOut: true, isTold: true, at: null });
    return moves2 || !change2.gone ? write(change2, s, at, isAgain) : write(byIndex(change2, base(layers)), s, null, isAgain);
  }
  function offers({ layers, pub, publishes, s }) {
    const lacking = layers.labels.filter(({ name, unseeded }) => unseeded && publishes && pub.includes(name));
    const widest = lacking.find(({ v }) => v === 0);
    return lacking.map((label) => {
      const offered = remembered(label, label === widest ? layers.local : null);
      Object.assign(label, { unseeded: false, offeredBehind: s });
      return offered && seed(offered, pub.length > 1 ? label.name : null);
    }).filter(Boolean);
  }
  function outgoing(replica) {
    const { layers, me } = replica;
    const texts = me === null ? [] : replica.wishes.splice(0);
    if (isSynced(replica)) {
      texts.push(...offers(replica));
      if (!layers.sent.length && layers.pending) {
        begin2(replica, layers.pending);
      }
    }
    const isAsked = me !== null && layers.labels.every(({ awaiting, deferred }) => !awaiting || deferred);
    return texts.concat(isAsked ? layers.sent.filter(({ isOut }) => !isOut).map((entry) => tell(replica, entry)) : []);
  }
  function parting(replica, isKept) {
    const { layers, me } = replica;
    const { pending } = layers;
    if (me === null) {
      return [];
    }
    const { texts, confirmed, floating } = items(__spreadProps(__spreadValues({}, layers), { pending: null }));
    const isAboutFloating = pending && pending.list && floating > 0 && (pending.kept !== null || Object.keys(pending.pushed).length > 0);
    if (isAboutFloating && !isKept) {
      layers.pending = land(pending, Array.from({ length: floating }, (_, number) => confirmed + number), texts, 0);
    }
    if (layers.pending && !(isAboutFloating && isKept)) {
      begin2(replica, layers.pending);
      replica.isTouched = true;
    }
    return layers.sent.filter(({ isOut }) => !isOut).map((entry) => tell(replica, entry));
  }

  // src/bound.js
  function makeBound(shown, publishes) {
    const replica = makeReplica(copy2(shown.record), publishes);
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
      sync() {
      },
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
      resume(change2) {
        replica.layers.local = copy2(shown.record);
        if (change2) {
          resume(replica, { s: replica.s, sent: [], pending: change2 });
        }
      },
      /** Go on from what another page has left. */
      inherit: (left) => resume(replica, left),
      forget: () => forget2(replica)
    };
  }
  function copy2(record2) {
    return record2 && { list: record2.list, texts: record2.list ? record2.texts.slice() : Object.assign(/* @__PURE__ */ Object.create(null), record2.texts) };
  }

  // src/plain.js
  function encode({ list, texts }, change2) {
    if (list) {
      return `[${texts.join()}]`;
    }
    const parts = Object.keys(texts).map((name) => `${JSON.stringify(name)}:${texts[name]}`);
    const del = Object.keys(change2.set).filter((name) => change2.set[name] === null);
    return `{${parts.concat(del.length ? `"$$djng":${JSON.stringify({ del })}` : []).join()}}`;
  }
  function makePlain(shown, { model, toJson, subscribes, publishes }) {
    let pending = null;
    let said = null;
    const plain = {
      isSynced: false,
      // has this socket told what the server kept?
      version: null,
      errors: {},
      edit(before, after) {
        pending = after && publishes ? compose(pending, difference(before, after)) : null;
      },
      /** It is silent: then it has kept nothing. */
      sync() {
        plain.isSynced = true;
      },
      hear(text) {
        plain.isSynced = true;
        if (subscribes) {
          show(text);
        }
      },
      outgoing() {
        if (!pending || !plain.isSynced) {
          return [];
        }
        const text = encode(shown.record, pending);
        said = compose(said, pending);
        pending = null;
        return [text];
      },
      parting: () => plain.outgoing(),
      close() {
        plain.isSynced = false;
        said = null;
      },
      show: () => [],
      isOwed: () => false,
      isWrong: () => false,
      isTied: () => false,
      forgive() {
      },
      isLevel: () => plain.isSynced && !pending,
      waits: (name) => pending !== null && name in pending.set,
      waiting: () => pending ? Object.keys(pending.set).length + (pending.length === null ? 0 : 1) : 0,
      refusals: () => [],
      unsent: () => pending ? { s: 0, sent: [], pending } : null,
      release() {
        const change2 = compose(said, pending);
        pending = said = null;
        return change2;
      },
      resume(change2) {
        pending = compose(change2, pending);
      }
    };
    return plain;
    function show(text) {
      const frame2 = JSON.parse(text);
      if (!isObject(frame2)) {
        throw new TypeError("neither an object nor an array");
      }
      const list = Array.isArray(frame2);
      if (!shown.record || shown.record.list !== list) {
        if (pending) {
          throw new TypeError("an object came for an array, or the other way round");
        }
        model.assign(list ? [] : {});
      }
      lay(model.read(), frame2, pending, toJson);
      shown.record = shown.look();
    }
  }

  // src/wires.js
  function makeWires(shown, options, takeEdits) {
    const bound = makeBound(shown, options.publishes);
    const plain = makePlain(shown, options);
    let isDecided = false;
    let isSpoken = false;
    const wires = { bound, current: bound, open, hear: hear2, hush, reset };
    return wires;
    function decide2(next2) {
      isDecided = true;
      if (wires.current !== next2) {
        takeEdits();
        next2.resume(wires.current.release());
        wires.current = next2;
      }
    }
    function open() {
      wires.current.close();
      isDecided = isSpoken = false;
    }
    function reset() {
      decide2(bound);
      isDecided = false;
    }
    function hear2(text) {
      if (!isDecided || wires.current === plain && !isSpoken && isHello(text)) {
        decide2(isHello(text) ? bound : plain);
      }
      isSpoken = true;
    }
    function hush() {
      if (!isDecided) {
        decide2(plain);
      }
      const isNews2 = wires.current === plain && !plain.isSynced;
      wires.current.sync();
      return isNews2;
    }
  }

  // src/binding.js
  var SILENCE = 1e3;
  var SERVICES = ["$rootScope", "$window", "$parse", "$$djangoConnection", "$$djangoEvent", "$$djangoInputs", "$$djangoUnsent"];
  angular.module("djng.websocket").factory("$$djangoBinding", SERVICES.concat(function($rootScope, $window, $parse, connection, event, inputs, unsent2) {
    return function bind(scope, collection, { address, identity, heartbeat, log, persist, subscribes, publishes, deep, told }) {
      const property = $parse(collection);
      const model = { read: () => property(scope), assign: (value2) => property.assign(scope, value2) };
      const [onStatus, onSync, onError] = ["onStatus", "onSync", "onError"].map(event);
      const binding = {
        status: "connecting",
        reason: null,
        pending: 0,
        version: null,
        errors: {},
        unbind,
        onStatus: onStatus.listen,
        onSync: onSync.listen,
        onError: onError.listen
      };
      let id;
      let silence;
      const shown = makeShown(model, angular.toJson, log);
      shown.record = shown.look();
      const wires = makeWires(shown, { model, toJson: angular.toJson, subscribes, publishes }, () => settling.takeEdits());
      const on = { status: become, frame: hear2, beat: hush, leave, back: (wake) => keeping.back(wake), log };
      const link = connection(() => `${address}&djng=${id}`, heartbeat, on);
      const patience = makePatience($window, () => {
        wires.bound.ask();
        settling.now();
      });
      const marks = inputs.bind(scope, collection, { forgive, isTied: (...names2) => wires.current.isTied(...names2) });
      const report = makeReport(binding, wires, { onSync, onError, mark: marks.mark, digest });
      const isOver = () => binding.status === "closed";
      const about2 = { wires, identity: identify, show: showAnew, isOver, window: $window };
      const keeping = persist === null ? keepNothing(link) : makeKeeping(unsent2(persist, log), link, about2);
      const settling = makeSettling(shown, wires, { link, keeping, patience, report, log, isOver });
      const endings = [
        watch(scope, { read: model.read, look: shown.look, deep }, settling.soon),
        scope.$on("$destroy", unbind),
        onSync.listen(keeping.lookRound),
        keeping.end,
        marks.end
      ];
      wires.bound.foresee(told);
      wires.bound.show();
      identify();
      if (scope.$$destroyed) {
        unbind();
      } else {
        keeping.start();
      }
      return binding;
      function identify(other) {
        id = other || identity();
        return id;
      }
      function digest() {
        if (!$rootScope.$$phase) {
          $rootScope.$applyAsync();
        }
      }
      function forgive(name) {
        wires.current.forgive(name);
        settling.soon();
      }
      function showAnew() {
        settling.anew();
        $rootScope.$applyAsync();
      }
      function hear2(text) {
        log("debug", `heard ${text}`);
        $window.clearTimeout(silence);
        wires.hear(text);
        patience.hear();
        settling.add(text);
        $rootScope.$applyAsync(settling.now);
      }
      function hush() {
        if (wires.hush()) {
          settling.now();
        }
      }
      function become(status, reason) {
        settling.now();
        wires.open();
        patience.wait(false);
        Object.assign(binding, { status, reason });
        $window.clearTimeout(silence);
        if (status === "open") {
          silence = $window.setTimeout(hush, SILENCE);
        }
        if (isOver()) {
          endings.forEach((end) => end());
        }
        onStatus.tell(status, binding);
        $rootScope.$applyAsync();
      }
      function leave() {
        settling.part();
        keeping.leave();
        showAnew();
      }
      function unbind() {
        if (!isOver()) {
          settling.part();
          link.close();
        }
      }
    };
  }));

  // src/djangoWebsocket.js
  var LEVELS = ["debug", "log", "warn", "error"];
  function demand(condition, message) {
    if (!condition) {
      throw new TypeError(`djangoWebsocket: ${message}`);
    }
  }
  var isText2 = (value2) => typeof value2 === "string" && value2 !== "";
  function path(facility) {
    const segments = facility.split("/");
    demand(!segments.includes(".") && !segments.includes(".."), `the facility "${facility}" must not contain "." or ".." as a segment`);
    return segments.map(encodeURIComponent).join("/");
  }
  angular.module("djng.websocket").provider("djangoWebsocket", function() {
    let uri = null;
    let heartbeat = null;
    let threshold = LEVELS.indexOf("warn");
    this.setURI = function(value2) {
      demand(isText2(value2), `setURI(uri) needs the websocket's URI, not ${angular.toJson(value2)}; is Django's context processor configured?`);
      uri = value2;
      return this;
    };
    this.setHeartbeat = function(message) {
      demand(message === void 0 || message === null || typeof message === "string", "setHeartbeat(message) needs a string or null");
      heartbeat = message || null;
      return this;
    };
    this.setLogLevel = function(level) {
      demand(LEVELS.includes(level), `setLogLevel(level) needs one of '${LEVELS.join("', '")}', not ${angular.toJson(level)}`);
      threshold = LEVELS.indexOf(level);
      return this;
    };
    this.$get = ["$window", "$q", "$log", "$parse", "$$djangoBinding", function($window, $q, $log, $parse, bind) {
      function identity() {
        const bytes = $window.crypto.getRandomValues(new Uint8Array(16));
        return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
      }
      function connect(scope, collection, facility, channels, options) {
        demand(uri !== null, "djangoWebsocketProvider.setURI(uri) was not called");
        demand(scope && angular.isFunction(scope.$watchCollection), "connect() needs a scope first");
        demand(isText2(collection) && $parse(collection).assign, `"${collection}" is nothing that can be assigned on a scope`);
        demand(isText2(facility), "connect() needs the name of a facility third");
        const wellFormed = Array.isArray(channels) && channels.every((channel) => isText2(channel) && !/[\s&#]/.test(channel));
        demand(wellFormed, "connect() needs an array of channels fourth");
        const speaks = (verb) => channels.some((channel) => channel.slice(0, verb.length) === verb);
        demand(speaks("subscribe-") || speaks("publish-"), `connect() needs a channel to subscribe or publish, not only [${channels}]`);
        const first = $q.defer();
        const address = `${uri}${path(facility)}?${channels.join("&")}`;
        const { deep, persist } = options || {};
        const log = (level, message) => {
          if (LEVELS.indexOf(level) >= threshold) {
            $log[level](`djng: ${collection} at ${facility}: ${message}`);
          }
        };
        const { frames, discard } = readPage($window.document, facility, channels, log);
        const binding = bind(scope, collection, {
          address,
          identity,
          heartbeat,
          log,
          told: frames,
          subscribes: speaks("subscribe-"),
          publishes: speaks("publish-"),
          deep: Boolean(deep),
          persist: persist ? `${persist === true ? "" : persist}@${address}` : null
        });
        const unlisten = binding.onStatus((status) => {
          if (status === "open") {
            unlisten();
            discard();
            first.resolve(binding);
          }
        });
        first.promise.binding = binding;
        return first.promise;
      }
      return { connect };
    }];
  });
})();
//# sourceMappingURL=django-angular.js.map
