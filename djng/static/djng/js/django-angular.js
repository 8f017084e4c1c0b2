/*! djng 1.0.0: three-way data-binding for Django and AngularJS. MIT licence. */
(() => {
"use strict";
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
        [$window, "pagehide", rest],
        [$window, "pageshow", (event) => event.persisted && wake()],
        [document, "visibilitychange", () => document.visibilityState === "visible" && wake()]
      ];
      listeners.forEach(([target, name, listener]) => target.addEventListener(name, listener));
      function become(next, why) {
        reason = why || reason;
        if (next === "closed") {
          listeners.forEach(([target, name, listener]) => target.removeEventListener(name, listener));
        }
        if (status !== next) {
          status = next;
          on.status(status, reason);
        }
      }
      function open() {
        become("connecting");
        try {
          socket = $websocket(url);
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
          say(heartbeat);
        }
      }
      function drop() {
        $window.clearTimeout(timer);
        $window.clearInterval(beats);
        if (socket) {
          socket.onopen = socket.onmessage = socket.onclose = null;
          socket.close();
          socket = null;
        }
      }
      function lost({ code, reason: reason2 }) {
        drop();
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
      function rest() {
        drop();
        become("waiting");
      }
      function say(text) {
        const able = socket !== null && socket.readyState === OPEN;
        if (able) {
          socket.send(text);
        }
        return able;
      }
      function close() {
        drop();
        become("closed");
      }
      return { open, say, close };
    };
  }]);

  // src/difference.js
  var map = () => /* @__PURE__ */ Object.create(null);
  var own = (object, name) => Object.prototype.hasOwnProperty.call(object, name);
  var isObject = (value) => value !== null && typeof value === "object";
  var travels = (name) => typeof name === "string" && name.slice(0, 2) !== "$$";
  function put(object, name, value) {
    if (name === "__proto__") {
      Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true });
    } else {
      object[name] = value;
    }
  }
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
    const change = { list: after.list, set: map(), length: null };
    const known = before && before.list === after.list ? before.texts : after.list ? [] : map();
    Object.keys(after.texts).filter((name) => known[name] !== after.texts[name]).forEach((name) => {
      change.set[name] = after.texts[name];
    });
    if (after.list) {
      change.length = after.texts.length < known.length ? after.texts.length : null;
    } else {
      Object.keys(known).filter((name) => !(name in after.texts)).forEach((name) => {
        change.set[name] = null;
      });
    }
    return change.length !== null || Object.keys(change.set).length ? change : null;
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
    return { list: then.list, set: Object.assign(set, then.set), length: then.length === null ? first.length : then.length };
  }
  function encode({ list, texts }, change) {
    if (list) {
      return `[${texts.join()}]`;
    }
    const parts = Object.keys(texts).map((name) => `${JSON.stringify(name)}:${texts[name]}`);
    const del = Object.keys(change.set).filter((name) => change.set[name] === null);
    return `{${parts.concat(del.length ? `"$$djng":${JSON.stringify({ del })}` : []).join()}}`;
  }
  function lay(collection, frame, pending, toJson) {
    const spared = pending ? pending.set : map();
    if (Array.isArray(collection)) {
      const grown = Object.keys(spared).reduce((most, index) => Math.max(most, Number(index) + 1), 0);
      const cut = pending && pending.length !== null ? pending.length : Infinity;
      reuseItems(collection, frame, toJson, spared).slice(0, cut).forEach((item, index) => {
        if (!(index in spared)) {
          collection[index] = item;
        }
      });
      collection.length = Math.max(Math.min(frame.length, cut), grown);
      return;
    }
    names(frame).filter((name) => !(name in spared)).forEach((name) => {
      const old = own(collection, name) ? collection[name] : void 0;
      const value = reuse(old, frame[name], toJson);
      if (value !== old) {
        put(collection, name, value);
      }
    });
    deleted(frame).filter((name) => travels(name) && !own(frame, name) && !(name in spared)).forEach((name) => {
      delete collection[name];
    });
  }
  function deleted(frame) {
    const about = own(frame, "$$djng") && frame.$$djng;
    return isObject(about) && Array.isArray(about.del) ? about.del : [];
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
  function jsonOf(value, toJson) {
    try {
      return toJson(value);
    } catch (e) {
      return void 0;
    }
  }

  // src/binding.js
  var SILENCE = 1e3;
  angular.module("djng.websocket").factory("$$djangoBinding", ["$rootScope", "$window", "$parse", "$$djangoConnection", function($rootScope, $window, $parse, connection) {
    return function bind(scope, collection, { url, heartbeat, log, subscribes, publishes, deep }) {
      const model = $parse(collection);
      const unserialisable = /* @__PURE__ */ Object.create(null);
      let listeners = [];
      const heard = [];
      let pending = null;
      let known = null;
      let synced = false;
      let scheduled = false;
      let silence;
      const binding = { status: "connecting", reason: null, unbind, onStatus };
      const link = connection(url, heartbeat, { status: changed, frame: hear, beat: sync, log });
      known = look();
      const endings = [
        deep ? scope.$watch(fingerprint, schedule) : scope.$watchCollection(surface, schedule),
        scope.$on("$destroy", unbind)
      ];
      if (scope.$$destroyed) {
        unbind();
      } else {
        link.open();
      }
      return binding;
      function serialise(value, name) {
        try {
          const text = angular.toJson(value);
          delete unserialisable[name];
          return text;
        } catch (error) {
          if (!(name in unserialisable)) {
            unserialisable[name] = true;
            log("error", `the property "${name}" cannot be sent: ${error.message}`);
          }
          return known && known.texts[name];
        }
      }
      function look() {
        return record(model(scope), serialise);
      }
      function fingerprint() {
        const now = look();
        return now && encode(now, { set: {} });
      }
      function surface() {
        const value = model(scope);
        const flat = [Array.isArray(value)];
        names(angular.isObject(value) ? value : {}).forEach((name) => flat.push(name, value[name]));
        return flat;
      }
      function schedule() {
        if (!scheduled) {
          scheduled = true;
          Promise.resolve().then(settle);
        }
      }
      function settle() {
        scheduled = false;
        if (binding.status === "closed") {
          return;
        }
        const now = look();
        pending = now && publishes ? compose(pending, difference(known, now)) : null;
        known = now;
        if (heard.length) {
          heard.splice(0).forEach(show);
          synced = true;
        }
        const text = pending && synced && encode(known, pending);
        if (text && link.say(text)) {
          pending = null;
          log("debug", `sent ${text}`);
        }
      }
      function show(text) {
        try {
          const frame = JSON.parse(text);
          if (!angular.isObject(frame)) {
            throw new TypeError("neither an object nor an array");
          }
          const list = Array.isArray(frame);
          if (!known || known.list !== list) {
            if (pending) {
              log("warn", "a frame is ignored: an object came for an array, or the other way round");
              return;
            }
            model.assign(scope, list ? [] : {});
          }
          lay(model(scope), frame, pending, angular.toJson);
          known = look();
        } catch (error) {
          log("warn", `a frame is ignored: ${error.message}`);
        }
      }
      function hear(text) {
        log("debug", `heard ${text}`);
        if (!subscribes) {
          sync();
          return;
        }
        heard.push(text);
        $rootScope.$applyAsync(settle);
      }
      function sync() {
        if (!synced) {
          synced = true;
          settle();
        }
      }
      function changed(status, reason) {
        settle();
        synced = false;
        binding.status = status;
        binding.reason = reason;
        $window.clearTimeout(silence);
        if (status === "open") {
          silence = $window.setTimeout(sync, SILENCE);
        }
        if (status === "closed") {
          endings.forEach((end) => end());
        }
        listeners.forEach((entry) => $rootScope.$applyAsync(() => listeners.includes(entry) && entry.fn(status, binding)));
        $rootScope.$applyAsync();
      }
      function onStatus(fn) {
        if (!angular.isFunction(fn)) {
          throw new TypeError("djangoWebsocket: onStatus(fn) needs a function");
        }
        const entry = { fn };
        listeners.push(entry);
        return () => {
          listeners = listeners.filter((other) => other !== entry);
        };
      }
      function unbind() {
        if (binding.status !== "closed") {
          settle();
          link.close();
        }
      }
    };
  }]);

  // src/djangoWebsocket.js
  var LEVELS = ["debug", "log", "warn", "error"];
  function demand(condition, message) {
    if (!condition) {
      throw new TypeError(`djangoWebsocket: ${message}`);
    }
  }
  var isText = (value) => typeof value === "string" && value !== "";
  function path(facility) {
    const segments = facility.split("/");
    demand(!segments.includes(".") && !segments.includes(".."), `the facility "${facility}" must not contain "." or ".." as a segment`);
    return segments.map(encodeURIComponent).join("/");
  }
  angular.module("djng.websocket").provider("djangoWebsocket", function() {
    let uri = null;
    let heartbeat = null;
    let threshold = LEVELS.indexOf("warn");
    this.setURI = function(value) {
      demand(isText(value), `setURI(uri) needs the websocket's URI, not ${angular.toJson(value)}; is Django's context processor configured?`);
      uri = value;
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
        demand(isText(collection) && $parse(collection).assign, `"${collection}" is nothing that can be assigned on a scope`);
        demand(isText(facility), "connect() needs the name of a facility third");
        const wellFormed = Array.isArray(channels) && channels.every((channel) => isText(channel) && !/[\s&#]/.test(channel));
        demand(wellFormed, "connect() needs an array of channels fourth");
        const speaks = (verb) => channels.some((channel) => channel.slice(0, verb.length) === verb);
        demand(speaks("subscribe-") || speaks("publish-"), `connect() needs a channel to subscribe or publish, not only [${channels}]`);
        const first = $q.defer();
        const binding = bind(scope, collection, {
          url: `${uri}${path(facility)}?${channels.concat(`djng=${identity()}`).join("&")}`,
          heartbeat,
          log(level, message) {
            if (LEVELS.indexOf(level) >= threshold) {
              $log[level](`djng: ${collection} at ${facility}: ${message}`);
            }
          },
          subscribes: speaks("subscribe-"),
          publishes: speaks("publish-"),
          deep: Boolean(options && options.deep)
        });
        const unlisten = binding.onStatus((status) => {
          if (status === "open") {
            unlisten();
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
