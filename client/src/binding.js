import { keepNothing, makeKeeping } from './keeping.js';
import { makePatience } from './patience.js';
import { makeReport } from './report.js';
import { makeSettling } from './settling.js';
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
    const [onStatus, onSync, onError] = ['onStatus', 'onSync', 'onError'].map(event);
    const binding = {
      status: 'connecting', reason: null, pending: 0, version: null, errors: {},
      unbind, onStatus: onStatus.listen, onSync: onSync.listen, onError: onError.listen,
    };
    let id;
    let silence;

    const shown = makeShown(model, angular.toJson, log);
    shown.record = shown.look();
    const wires = makeWires(shown, { model, toJson: angular.toJson, subscribes, publishes }, () => settling.takeEdits());
    const on = { status: become, frame: hear, beat: hush, leave, back: (wake) => keeping.back(wake), log };
    const link = connection(() => `${address}&djng=${id}`, heartbeat, on);
    const patience = makePatience($window, () => {
      wires.bound.ask();
      settling.now();
    });
    const marks = inputs.bind(scope, collection, { forgive, isTied: (...names) => wires.current.isTied(...names) });
    const report = makeReport(binding, wires, { onSync, onError, mark: marks.mark, digest });
    const isOver = () => binding.status === 'closed';
    const about = { wires, identity: identify, show: showAnew, isOver, window: $window };
    const keeping = persist === null ? keepNothing(link) : makeKeeping(unsent(persist, log), link, about);
    const settling = makeSettling(shown, wires, { link, keeping, patience, report, log, isOver });
    const endings = [
      watch(scope, { read: model.read, look: shown.look, deep }, settling.soon),
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

    /** What was refused is wanted no more. */
    function forgive(name) {
      wires.current.forgive(name);
      settling.soon();
    }

    function showAnew() {
      settling.anew();
      $rootScope.$applyAsync();
    }

    function hear(text) {
      log('debug', `heard ${text}`);
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
      settling.now();           // what the socket before this one has said
      wires.open();
      patience.wait(false);
      Object.assign(binding, { status, reason });
      $window.clearTimeout(silence);
      if (status === 'open') {
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
