import { keepNothing, makeKeeping } from './keeping.js';
import { makePatience } from './patience.js';
import { makeReport } from './report.js';
import { makeShown } from './shown.js';
import { watch } from './watching.js';
import { makeWires } from './wires.js';

/** How long an open socket may stay silent before the server is taken for a ws4redis that has kept nothing, in milliseconds. */
const SILENCE = 1000;

const SERVICES = ['$rootScope', '$window', '$parse', '$$djangoConnection', '$$djangoEvent', '$$djangoInputs', '$$djangoUnsent'];

/**
 * @ngdoc service
 * @name $$djangoBinding
 * @description
 * Ties one property of a scope to one connection: edits go out by the wire that the server speaks, what is heard is shown.
 *
 * @param {Scope} scope The binding ends with it.
 * @param {string} collection An assignable expression, such as `my_collection` or `vm.form`.
 * @param {Object} options `address` without the client's id; `identity()` makes one; `heartbeat`, `log(level, message)`;
 *   `told`, what the page says of it, see firstPaint.js; `persist`, under which name to keep unsent edits, or null; and the
 *   booleans `subscribes`, `publishes`, `deep`.
 * @returns {Object} The binding; {@link djangoWebsocket#connect} describes it.
 */
angular.module('djng.websocket').factory('$$djangoBinding', SERVICES.concat(function (
  $rootScope, $window, $parse, connection, event, inputs, unsent,
) {
  return function bind(scope, collection, { address, identity, heartbeat, log, persist, subscribes, publishes, deep, told }) {
    const property = $parse(collection);
    const model = { read: () => property(scope), assign: (value) => property.assign(scope, value) };
    const shown = makeShown(model, angular.toJson, log);
    shown.record = shown.look();
    const wires = makeWires(shown, { model, toJson: angular.toJson, subscribes, publishes }, takeEdits);
    const [onStatus, onSync, onError] = ['onStatus', 'onSync', 'onError'].map(event);
    const heard = [];           // frames that wait for the next digest
    let isScheduled = false;
    let isStale = false;        // is there more to show than what was heard?
    let id;
    let silence;

    const binding = {
      status: 'connecting', reason: null, pending: 0, version: null, errors: {},
      unbind, onStatus: onStatus.listen, onSync: onSync.listen, onError: onError.listen,
    };
    const isOver = () => binding.status === 'closed';
    const on = { status: become, frame: hear, beat: hush, leave, back: (wake) => keeping.back(wake), log };
    const link = connection(() => `${address}&djng=${id}`, heartbeat, on);
    const about = { wires, identity: identify, show: showAnew, isOver, window: $window };
    const keeping = persist === null ? keepNothing(link) : makeKeeping(unsent(persist, log), link, about);
    const marks = inputs.bind(scope, collection);
    const patience = makePatience($window, () => {
      wires.bound.ask();
      settle();
    });
    const report = makeReport(binding, wires, { onSync, onError, mark: marks.mark, digest });
    const endings = [
      watch(scope, { read: model.read, look: shown.look, deep }, schedule),
      scope.$on('$destroy', unbind),
      onSync.listen(keeping.lookRound),
      keeping.end,
      marks.end,
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

    /** Wait for the end of the digest, so that all that its watchers derive goes out in one frame. */
    function schedule() {
      if (!isScheduled) {
        isScheduled = true;
        Promise.resolve().then(settle);
      }
    }

    /** There may be something else to show than what was heard. */
    function showAnew() {
      isStale = true;
      settle();
      $rootScope.$applyAsync();
    }

    function takeEdits() {
      const now = shown.look();
      wires.current.edit(shown.record, now);
      shown.record = now;
    }

    /** Take in local edits, then what was heard, then send: in this order neither side swallows the other's. */
    function settle() {
      isScheduled = false;
      if (!isOver()) {
        takeEdits();
        const byOthers = heard.length || isStale ? show(heard.splice(0)) : [];
        say(wires.current.outgoing);
        patience.wait(wires.current.isOwed() && link.isOpen());
        report(byOthers);
      }
    }

    function attempt(fn, ...words) {
      try {
        return fn(...words);
      } catch (error) {
        log('warn', `a frame is ignored: ${error.message}`);
        return [];
      }
    }

    function show(texts) {
      isStale = false;
      texts.forEach((text) => attempt(wires.current.hear, text));
      return attempt(wires.current.show);
    }

    /** What goes is kept before, so that whatever happens it is said again under its own number. */
    function say(frames) {
      const texts = link.isOpen() ? frames() : [];
      keeping.keep();
      texts.filter(link.isOpen).forEach((text) => {
        link.say(text);
        log('debug', `sent ${text}`);
      });
    }

    function hear(text) {
      log('debug', `heard ${text}`);
      $window.clearTimeout(silence);
      wires.hear(text);
      patience.hear();
      heard.push(text);
      $rootScope.$applyAsync(settle);
    }

    function hush() {
      if (wires.hush()) {
        settle();
      }
    }

    function become(status, reason) {
      settle();                 // what the socket before this one has said
      wires.open();
      binding.status = status;
      binding.reason = reason;
      $window.clearTimeout(silence);
      if (status === 'open') {
        silence = $window.setTimeout(hush, SILENCE);
      }
      patience.wait(false);
      if (isOver()) {
        endings.forEach((end) => end());
      }
      onStatus.tell(status, binding);
      $rootScope.$applyAsync();
    }

    /** The page may be left for good: all that is unsent goes, whatever was not answered yet. */
    function leave() {
      settle();
      say(() => wires.current.parting(keeping.isKept()));
      keeping.leave();
      showAnew();
    }

    function unbind() {
      if (!isOver()) {
        settle();
        say(() => wires.current.parting(keeping.isKept()));
        link.close();
      }
    }
  };
}));
