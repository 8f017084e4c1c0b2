(function () {
  'use strict';

  var my_app = angular.module('myApp', ['djng.websocket']);

  my_app.controller('ScoreboardController', ['$scope', '$interval', 'djangoWebsocket', ScoreboardController]);

  function ScoreboardController($scope, $interval, djangoWebsocket) {
    // Who only subscribes shows what the server says; nothing that this page does to the object is sent.
    $scope.board = {};
    $scope.connection = djangoWebsocket.connect($scope, 'board', 'scoreboard', ['subscribe-broadcast']).binding;

    // The clock ticks, so that what is on the page grows old.
    var ticking = $interval(angular.noop, 1000);
    $scope.$on('$destroy', function () { $interval.cancel(ticking); });
  }

  // How long ago a time of the server is, whatever this computer's own clock says.
  my_app.filter('age', ['serverTime', function (serverTime) {
    function age(time) {
      var seconds = Math.max(0, Math.round((serverTime() - Date.parse(time)) / 1000));
      if (seconds < 60) { return seconds + ' s ago'; }
      return seconds < 3600 ? Math.floor(seconds / 60) + ' min ago' : Math.floor(seconds / 3600) + ' h ago';
    }
    age.$stateful = true;
    return age;
  }]);

  my_app.factory('serverTime', ['$document', function ($document) {
    var ahead = 1000 * $document[0].querySelector('[data-time]').getAttribute('data-time') - Date.now();
    return function () { return Date.now() + ahead; };
  }]);

  // Lets an element stand out for a moment when `changed` is not what it was.
  my_app.directive('changed', function () {
    return function (scope, element, attributes) {
      scope.$watch(attributes.changed, function (now, before) {
        if (now === before || before === undefined) { return; }
        element.removeClass('changed');
        void element[0].offsetWidth; // so that the animation begins again
        element.addClass('changed');
      });
    };
  });
}());
