(function () {
  'use strict';

  var my_app = angular.module('myApp', ['djng.websocket']);

  my_app.controller('MyController', ['$scope', '$document', 'djangoWebsocket', MyController]);

  function MyController($scope, $document, djangoWebsocket) {
    // What the Django form begins with, as long as nobody has entered anything.
    $scope.subscribe_data = angular.fromJson($document[0].getElementById('initial').textContent);

    // From here on this object is the same in every browser that is bound to the facility of the same name.
    var channels = ['subscribe-broadcast', 'publish-broadcast'];
    var promise = djangoWebsocket.connect($scope, 'subscribe_data', 'subscribe_data', channels);
    $scope.connection = promise.binding;
  }
}());
