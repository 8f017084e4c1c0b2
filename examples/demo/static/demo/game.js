(function () {
  'use strict';

  var my_app = angular.module('myApp', ['djng.websocket']);

  my_app.controller('GameController', ['$scope', '$element', '$timeout', 'djangoWebsocket', GameController]);

  // There are no rules in here: whatever somebody presses is sent, and the server says what comes of it.
  function GameController($scope, $element, $timeout, djangoWebsocket) {
    var me = $element[0].dataset.me, facility = $element[0].dataset.facility;
    var seen = null;
    var hiding;

    $scope.fields = [
      'Top left', 'Top centre', 'Top right', 'Centre left', 'Centre', 'Centre right', 'Bottom left', 'Bottom centre', 'Bottom right',
    ];
    $scope.game = {};
    var channels = ['subscribe-broadcast', 'publish-broadcast'];
    var binding = djangoWebsocket.connect($scope, 'game', facility, channels).binding;
    $scope.connection = binding;
    // Who has the page open, by the keys that are in the seats, too.
    $scope.present = {};
    djangoWebsocket.connect($scope, 'present', '-/presence/' + facility, ['subscribe-broadcast']);

    // A move says which ones it follows. So one that comes too late is not mistaken for another.
    $scope.play = function (field) {
      if (seen) { return tell('Your move is on its way.'); }
      seen = $scope.game.moves || [];
      change({moves: seen.concat(field)});
    };
    $scope.rematch = function () { change({moves: []}); };
    $scope.sit = function (mark) { change(mark === 'x' ? {x: me} : {o: me}); };
    $scope.stand = function (mark) { change(mark === 'x' ? {x: null} : {o: null}); };

    binding.onSync(function () { seen = null; });
    binding.onError(function (errors) {
      seen = null;
      tell(Object.keys(errors).map(function (name) { return errors[name].join(' '); }).join(' '));
    });

    function change(properties) {
      tell('');
      angular.extend($scope.game, properties);
    }

    function tell(text) {
      $scope.refusal = text;
      $timeout.cancel(hiding);
      hiding = $timeout(function () { $scope.refusal = ''; }, 8000);
    }

    // What the page shows of it.

    $scope.mark = function (field) {
      var number = ($scope.game.moves || []).indexOf(field);
      var first = $scope.game.first || 'x';
      return number < 0 ? '' : (number % 2 === 0) === (first === 'x') ? 'x' : 'o';
    };
    $scope.isLast = function (field) {
      var moves = $scope.game.moves || [];
      return moves.length > 0 && moves[moves.length - 1] === field;
    };
    $scope.isOnItsWay = function (field) { return Boolean(seen) && seen.indexOf(field) < 0 && $scope.isLast(field); };
    $scope.wins = function (field) {
      return ($scope.game.line || []).some(function (line) { return line.indexOf(field) >= 0; });
    };
    $scope.mine = function () { return $scope.game.x === me ? 'x' : $scope.game.o === me ? 'o' : ''; };
    $scope.isAway = function (mark) { return Boolean($scope.present[me]) && !$scope.present[$scope.game[mark]]; };
    $scope.watching = function () {
      return Object.keys($scope.present).filter(function (who) {
        return who !== $scope.game.x && who !== $scope.game.o;
      }).length;
    };
    $scope.isTurnOf = function (mark) {
      return Boolean($scope.game.x && $scope.game.o) && !seen && $scope.game.turn === mark;
    };
    $scope.news = function () {
      var game = $scope.game, mine = $scope.mine();
      if (game.winner === 'nobody') { return 'Drawn: nobody has won.'; }
      if (game.winner) { return mine === game.winner ? 'You have won!' : game.winner.toUpperCase() + ' has won.'; }
      if (seen && binding.status !== 'open') { return 'Your move waits for the connection.'; }
      if (!game.x && !game.o) { return 'Two seats are free.'; }
      if (!game.x || !game.o) { return 'Waiting for somebody who plays ' + (game.x ? 'O.' : 'X.'); }
      return mine === game.turn ? 'It is your turn.' : game.turn.toUpperCase() + ' is next.';
    };
    // A stroke through the middles of a line's fields, and a little beyond.
    $scope.stroke = function (line) {
      var from = middle(line[0]), to = middle(line[2]);
      var beyond = [(to[0] - from[0]) / 7, (to[1] - from[1]) / 7];
      return 'M' + [from[0] - beyond[0], from[1] - beyond[1]] + 'L' + [to[0] + beyond[0], to[1] + beyond[1]];
    };
    function middle(field) { return [field % 3 * 100 + 50, Math.floor(field / 3) * 100 + 50]; }
  }

  // Arrow keys lead from field to field.
  my_app.directive('arrows', function () {
    var steps = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -3, ArrowDown: 3};
    return function (scope, element) {
      element.on('keydown', function (event) {
        var fields = Array.from(element[0].querySelectorAll('button'));
        var at = fields.indexOf(event.target), step = steps[event.key];
        if (at < 0 || !step) { return; }
        event.preventDefault();
        var to = at + step;
        if (fields[to] && (Math.abs(step) === 3 || Math.floor(to / 3) === Math.floor(at / 3))) { fields[to].focus(); }
      });
    };
  });
}());
