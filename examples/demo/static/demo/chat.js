(function () {
  'use strict';

  var my_app = angular.module('myApp', ['djng.websocket']);

  my_app.controller('ChatController', ['$scope', 'djangoWebsocket', ChatController]);

  function ChatController($scope, djangoWebsocket) {
    $scope.me = JSON.parse(document.getElementById('me').textContent);
    $scope.draft = {text: ''};

    // A list that everybody appends to: items that are added at the same instant are both kept.
    $scope.messages = [];
    var channels = ['subscribe-broadcast', 'publish-broadcast'];
    $scope.connection = djangoWebsocket.connect($scope, 'messages', 'chat', channels).binding;

    $scope.say = function () {
      if ($scope.draft.text) {
        $scope.messages.push({from: $scope.me.key, name: $scope.me.name, text: $scope.draft.text, at: Date.now()});
        $scope.draft.text = '';
      }
    };

    // Who is here: the server keeps this one, by a key for each person. {"3f2a…": {"name": "Ada", "tabs": 2}}
    $scope.present = {};
    djangoWebsocket.connect($scope, 'present', '-/presence/chat', ['subscribe-broadcast']);

    $scope.$watchCollection('present', function (present) {
      var everybody = Object.keys(present).map(function (key) {
        return {key: key, name: present[key].name, tabs: present[key].tabs};
      });
      $scope.people = everybody.filter(function (person) { return person.name; }).sort(function (a, b) {
        return (b.key === $scope.me.key) - (a.key === $scope.me.key) || a.name.localeCompare(b.name);
      });
      $scope.guests = everybody.length - $scope.people.length;
    });
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
