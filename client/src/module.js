/**
 * @ngdoc module
 * @name djng.websocket
 * @description
 * Three-way data-binding: an object on a scope is shared with the server and with every other browser bound to the
 * same facility. See {@link djangoWebsocket} and {@link djangoWebsocketProvider}.
 */
angular.module('djng.websocket', []);

/**
 * @ngdoc module
 * @name djng
 * @description
 * Everything djng has for AngularJS, for applications that would rather name one module.
 */
angular.module('djng', ['djng.websocket']);
