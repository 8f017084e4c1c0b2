/**
 * @ngdoc service
 * @name $$djangoEvent
 * @description
 * Makes something that can be listened to: `listen(fn)` returns a function that ends this, `tell(…)` calls all who listen, in
 * a digest; one who has ended before is not called any more.
 *
 * @param {string} name How a mistake is told.
 */
angular.module('djng.websocket').factory('$$djangoEvent', ['$rootScope', function ($rootScope) {
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

    function tell(...words) {
      listeners.forEach((entry) => $rootScope.$applyAsync(() => listeners.includes(entry) && entry.fn(...words)));
    }

    return { listen, tell };
  };
}]);
