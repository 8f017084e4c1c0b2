import { compose, difference, encode, lay, names, record } from './difference.js';

/** How long an open socket may stay silent before the server is taken to have kept nothing, in milliseconds. */
const SILENCE = 1000;

/**
 * @ngdoc service
 * @name $$djangoBinding
 * @description
 * Ties one property of a scope to one connection, by ws4redis' own wire: a change is told by sending the whole
 * collection, what is heard is laid over it. Local edits wait until they were sent and are never laid over.
 *
 * @param {Scope} scope The binding ends with it.
 * @param {string} collection An assignable expression, such as `my_collection` or `vm.form`.
 * @param {Object} options `url`, `heartbeat`, `log(level, message)`, and the booleans `subscribes`, `publishes`, `deep`.
 * @returns {Object} The binding; {@link djangoWebsocket#connect} describes it.
 */
angular.module('djng.websocket').factory('$$djangoBinding', ['$rootScope', '$window', '$parse', '$$djangoConnection', function (
  $rootScope, $window, $parse, connection,
) {
  return function bind(scope, collection, { url, heartbeat, log, subscribes, publishes, deep }) {
    const model = $parse(collection);
    const unserialisable = Object.create(null);
    let listeners = [];
    const heard = [];           // frames that wait for the next digest
    let pending = null;         // the change which was made here and not yet sent
    let known = null;           // what the scope showed when it was last looked at
    let synced = false;         // has this socket told what the server kept?
    let scheduled = false;
    let silence;

    const binding = { status: 'connecting', reason: null, unbind, onStatus };
    const link = connection(url, heartbeat, { status: changed, frame: hear, beat: sync, log });
    known = look();
    const endings = [
      deep ? scope.$watch(fingerprint, schedule) : scope.$watchCollection(surface, schedule),
      scope.$on('$destroy', unbind),
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
          log('error', `the property "${name}" cannot be sent: ${error.message}`);
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

    /** The properties as one flat array: AngularJS 1.3 cannot watch an object with a property `hasOwnProperty`. */
    function surface() {
      const value = model(scope);
      const flat = [Array.isArray(value)];
      names(angular.isObject(value) ? value : {}).forEach((name) => flat.push(name, value[name]));
      return flat;
    }

    /** Wait for the end of the digest, so that all that its watchers derive goes out in one frame. */
    function schedule() {
      if (!scheduled) {
        scheduled = true;
        Promise.resolve().then(settle);
      }
    }

    /** Take in local edits, then what was heard, then send: in this order neither side swallows the other's. */
    function settle() {
      scheduled = false;
      if (binding.status === 'closed') {
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
        log('debug', `sent ${text}`);
      }
    }

    function show(text) {
      try {
        const frame = JSON.parse(text);
        if (!angular.isObject(frame)) {
          throw new TypeError('neither an object nor an array');
        }
        const list = Array.isArray(frame);
        if (!known || known.list !== list) {
          if (pending) {
            log('warn', 'a frame is ignored: an object came for an array, or the other way round');
            return;
          }
          model.assign(scope, list ? [] : {});
        }
        lay(model(scope), frame, pending, angular.toJson);
        known = look();
      } catch (error) {
        log('warn', `a frame is ignored: ${error.message}`);
      }
    }

    function hear(text) {
      log('debug', `heard ${text}`);
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
      settle();                 // what the socket before this one has said
      synced = false;
      binding.status = status;
      binding.reason = reason;
      $window.clearTimeout(silence);
      if (status === 'open') {
        silence = $window.setTimeout(sync, SILENCE);
      }
      if (status === 'closed') {
        endings.forEach((end) => end());
      }
      listeners.forEach((entry) => $rootScope.$applyAsync(() => listeners.includes(entry) && entry.fn(status, binding)));
      $rootScope.$applyAsync();
    }

    function onStatus(fn) {
      if (!angular.isFunction(fn)) {
        throw new TypeError('djangoWebsocket: onStatus(fn) needs a function');
      }
      const entry = { fn };
      listeners.push(entry);
      return () => {
        listeners = listeners.filter((other) => other !== entry);
      };
    }

    function unbind() {
      if (binding.status !== 'closed') {
        settle();
        link.close();
      }
    }
  };
}]);
