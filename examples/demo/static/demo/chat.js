(function () {
  'use strict';

  var my_app = angular.module('myApp', ['djng.websocket']);

  my_app.controller('ChatController', ['$scope', 'djangoWebsocket', ChatController]);

  function ChatController($scope, djangoWebsocket) {
    $scope.me = {id: crypto.getRandomValues(new Uint32Array(2)).join('-'), name: '', text: ''};

    // A list that everybody appends to: items that are added at the same instant are both kept.
    $scope.messages = [];
    var channels = ['subscribe-broadcast', 'publish-broadcast'];
    $scope.connection = djangoWebsocket.connect($scope, 'messages', 'chat', channels).binding;

    $scope.say = function () {
      if ($scope.me.name && $scope.me.text) {
        $scope.messages.push({from: $scope.me.id, name: $scope.me.name, text: $scope.me.text, at: Date.now()});
        $scope.me.text = '';
      }
    };
  }

  // Keeps the end of a list in sight when `follow` changes, unless somebody has scrolled up to read.
  my_app.directive('follow', function () {
    return function (scope, element, attributes) {
      var list = element[0];
      scope.$watch(attributes.follow, function () {
        if (list.scrollHeight - list.scrollTop - list.clientHeight < 200) {
          scope.$$postDigest(function () { list.scrollTop = list.scrollHeight; });
        }
      });
    };
  });
}());
