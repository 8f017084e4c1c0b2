(function () {
  'use strict';

  var my_app = angular.module('myApp', ['djng.websocket']);

  my_app.controller('TourController', ['$scope', '$http', '$document', 'djangoWebsocket', TourController]);

  function TourController($scope, $http, $document, djangoWebsocket) {
    var page = $document[0].querySelector('[data-tour]').dataset;
    var initial = $document[0].getElementById('initial').textContent;

    // What all of us are about to save. Django cleans each change, or refuses it: then `connection.errors` says why.
    $scope.tour = angular.fromJson(initial);
    var channels = ['subscribe-broadcast', 'publish-broadcast'];
    $scope.connection = djangoWebsocket.connect($scope, 'tour', 'tour-' + page.tour, channels).binding;

    // What the database holds, whoever has saved it.
    $scope.saved = angular.fromJson(initial);
    djangoWebsocket.connect($scope, 'saved', 'saved-tour-' + page.tour, ['subscribe-broadcast']);

    $scope.isUnsaved = function (name) {
      return name ? !angular.equals($scope.tour[name], $scope.saved[name]) : Object.keys($scope.saved).some($scope.isUnsaved);
    };
    $scope.label = function (name, value) {
      var option = $document[0].querySelector('[name="' + name + '"] [value="' + value + '"]');
      return option ? option.text : value;
    };
    $scope.discard = function () {
      $scope.forget();
      $scope.tour_form.$rollbackViewValue();
      angular.extend($scope.tour, angular.copy($scope.saved));
    };

    // What was wrong when it was to be saved, and what is to be said of that, until something is entered.
    $scope.forget = function () {
      $scope.refused = {};
      $scope.said = '';
    };
    $scope.forget();
    $scope.errorsOf = function (name) {
      return $scope.connection.errors[name] || $scope.refused[name];
    };

    // Once what was entered last has arrived.
    $scope.save = function () {
      if (!$scope.connection.pending) { return post(); }
      var unlisten = $scope.connection.onSync(function () { unlisten(); post(); });
    };

    function post() {
      if (Object.keys($scope.connection.errors).length) {
        $scope.said = 'Please mend what is marked first.';
        return;
      }
      $http.post(page.save, null, {xsrfCookieName: 'csrftoken', xsrfHeaderName: 'X-CSRFToken'}).then(function () {
        $scope.said = 'Saved, for everybody.';
      }, function (response) {
        $scope.refused = response.data && response.data.errors || {};
        $scope.said = response.status === 422 ? 'It could not be saved.' : 'The server could not be reached.';
      });
    }
  }

  // Ready to be used: `<ul errors-for="title"></ul>` lists what is wrong with a field, and marks it for who cannot see.
  my_app.directive('errorsFor', ['$document', function ($document) {
    function link(scope, element, attributes) {
      var field = $document[0].querySelector('[name="' + attributes.errorsFor + '"]');
      scope.name = attributes.errorsFor;
      element.attr({id: 'errors-' + scope.name, 'aria-live': 'polite'});
      if (!field) { return; }
      field.setAttribute('aria-describedby', ((field.getAttribute('aria-describedby') || '') + ' errors-' + scope.name).trim());
      scope.$watch('!!errorsOf(name)', function (isWrong) { field.setAttribute('aria-invalid', isWrong); });
    }
    return {scope: true, link: link, template: '<li ng-repeat="message in errorsOf(name)" ng-bind="message"></li>'};
  }]);
}());
