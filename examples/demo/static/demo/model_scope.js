(function () {
  'use strict';

  var my_app = angular.module('myApp', []);

  my_app.controller('MyController', ['$scope', '$document', MyController]);

  function MyController($scope, $document) {
    // What the Django form begins with; from here on the fields and this object are one.
    $scope.subscribe_data = angular.fromJson($document[0].getElementById('initial').textContent);
  }
}());
