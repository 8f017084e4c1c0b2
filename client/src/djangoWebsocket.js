import { readPage } from './firstPaint.js';

/** What may be logged, from the most talkative to the most silent. */
const LEVELS = ['debug', 'log', 'warn', 'error'];

function demand(condition, message) {
  if (!condition) {
    throw new TypeError(`djangoWebsocket: ${message}`);
  }
}

const isText = (value) => typeof value === 'string' && value !== '';

/** A facility as a path: `a b/c` becomes `a%20b/c`. */
function path(facility) {
  const segments = facility.split('/');
  // A browser resolves these itself, however they are written, and would arrive at another facility.
  demand(!segments.includes('.') && !segments.includes('..'), `the facility "${facility}" must not contain "." or ".." as a segment`);
  return segments.map(encodeURIComponent).join('/');
}

/**
 * @ngdoc provider
 * @name djangoWebsocketProvider
 * @description
 * Tells where the server is. Each method returns the provider, so that calls can be chained.
 */
angular.module('djng.websocket').provider('djangoWebsocket', function () {
  let uri = null;
  let heartbeat = null;
  let threshold = LEVELS.indexOf('warn');

  /**
   * @ngdoc method
   * @name djangoWebsocketProvider#setURI
   * @param {string} value What every socket's URL begins with: the template variable `WEBSOCKET_URI`.
   */
  this.setURI = function (value) {
    demand(isText(value), `setURI(uri) needs the websocket's URI, not ${angular.toJson(value)}; is Django's context processor configured?`);
    uri = value;
    return this;
  };

  /**
   * @ngdoc method
   * @name djangoWebsocketProvider#setHeartbeat
   * @param {string|null} message The template variable `WS4REDIS_HEARTBEAT`; null or '' for no heartbeats.
   */
  this.setHeartbeat = function (message) {
    demand(message === undefined || message === null || typeof message === 'string', 'setHeartbeat(message) needs a string or null');
    heartbeat = message || null;
    return this;
  };

  /**
   * @ngdoc method
   * @name djangoWebsocketProvider#setLogLevel
   * @param {string} [level=warn] `'debug'`: every frame; `'log'`: sockets that open; `'warn'`: sockets that were lost and
   *   frames that make no sense; `'error'`: only what a reload or a developer must mend. Each includes those after it.
   */
  this.setLogLevel = function (level) {
    demand(LEVELS.includes(level), `setLogLevel(level) needs one of '${LEVELS.join("', '")}', not ${angular.toJson(level)}`);
    threshold = LEVELS.indexOf(level);
    return this;
  };

  /**
   * @ngdoc service
   * @name djangoWebsocket
   * @description
   * Binds properties of scopes to facilities.
   */
  this.$get = ['$window', '$q', '$log', '$parse', '$$djangoBinding', function ($window, $q, $log, $parse, bind) {
    /** 128 random bits by which the server knows a binding again, over any number of sockets. */
    function identity() {
      const bytes = $window.crypto.getRandomValues(new Uint8Array(16));
      return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    }

    /**
     * @ngdoc method
     * @name djangoWebsocket#connect
     * @description
     * Share `scope[collection]` with the server and with every browser bound to the facility. What the scope holds at
     * this moment stays here until it changes; what the server kept is laid over it, at once if Django's template tag
     * `djng_collection` has written that into the page.
     *
     * @param {Scope} scope The binding ends when this scope is destroyed.
     * @param {string} collection The object's or array's name on the scope: `my_collection`, `vm.form`. Made when missing.
     * @param {string} facility What to bind to.
     * @param {Array.<string>} channels `subscribe-…` to hear, `publish-…` to be heard, each followed by `broadcast`,
     *   `user`, `group` or `session`; `echo` to hear one's own words.
     * @param {{deep: boolean, persist: (boolean|string)}=} options `deep`: watch all that is inside, not only properties or
     *   items. `persist`: keep what is unsent in localStorage, so that it survives the page; a name keeps it apart from others'.
     * @returns {Promise} Resolves to the binding when the socket opens for the first time; pending until then. It has
     *   the binding at once as its property `binding`:
     *
     *   - `status`: `'connecting'`, `'open'`, `'waiting'` (for the next attempt) or `'closed'` (for good),
     *   - `reason`: `{code, reason}` of the last close, or null,
     *   - `pending`: how many properties or items are edited and not yet acknowledged,
     *   - `version`: of the collection that is shown; null where there is none, or the server is a plain ws4redis,
     *   - `errors`: why changes were refused, lists of messages by property,
     *   - `onStatus(fn)`: calls `fn(status, binding)` in a digest on each change; returns a function that ends this,
     *   - `onSync(fn)`: the same, `fn(binding)` whenever nothing waits and nothing is missing,
     *   - `onError(fn)`: the same, `fn(errors, binding)` when a change was refused,
     *   - `unbind()`: ends the binding; the object stays on the scope as it is.
     */
    function connect(scope, collection, facility, channels, options) {
      demand(uri !== null, 'djangoWebsocketProvider.setURI(uri) was not called');
      demand(scope && angular.isFunction(scope.$watchCollection), 'connect() needs a scope first');
      demand(isText(collection) && $parse(collection).assign, `"${collection}" is nothing that can be assigned on a scope`);
      demand(isText(facility), 'connect() needs the name of a facility third');
      const wellFormed = Array.isArray(channels) && channels.every((channel) => isText(channel) && !/[\s&#]/.test(channel));
      demand(wellFormed, 'connect() needs an array of channels fourth');
      const speaks = (verb) => channels.some((channel) => channel.slice(0, verb.length) === verb);
      demand(speaks('subscribe-') || speaks('publish-'), `connect() needs a channel to subscribe or publish, not only [${channels}]`);

      const first = $q.defer();
      const address = `${uri}${path(facility)}?${channels.join('&')}`;
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
        subscribes: speaks('subscribe-'),
        publishes: speaks('publish-'),
        deep: Boolean(deep),
        persist: persist ? `${persist === true ? '' : persist}@${address}` : null,
      });
      const unlisten = binding.onStatus((status) => {
        if (status === 'open') {
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
