/**
 * @ngdoc service
 * @name $websocket
 * @description
 * The only place that names the browser's `WebSocket`; replace it to test an application without a server.
 *
 * @param {string} url Where to connect to.
 * @returns {WebSocket} A socket that is connecting: `onopen`, `onmessage`, `onclose`, `readyState`, `send`, `close`.
 */
angular.module('djng.websocket').factory('$websocket', ['$window', function ($window) {
  return function $websocket(url) {
    return new $window.WebSocket(url);
  };
}]);
