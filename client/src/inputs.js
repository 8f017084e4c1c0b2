/** How long an input shows that somebody else has just changed it, in milliseconds. */
const REMOTE = 2000;

/** What follows the collection in an `ng-model`: `.home`, `['home']` or `[key]`, and perhaps more. */
const PROPERTY = /^\s*(?:\.\s*([\w$]+)|\[([^\]]+)\])/;

/**
 * @ngdoc service
 * @name $$djangoInputs
 * @description
 * Knows the inputs of a page whose `ng-model` lies inside a bound collection, and marks them with classes: `djng-pending`
 * while the property waits, `djng-remote` when somebody else has just changed it, `djng-invalid` (and `$setValidity('djng', false)`)
 * when a change of it was refused. What was typed then stays in the input, with the server's word on the scope: it can be mended.
 */
angular.module('djng.websocket').factory('$$djangoInputs', ['$window', '$parse', function ($window, $parse) {
  const inputs = new Set();
  const bounds = new Set();

  /** Every input says whose it is anew: it may be linked before its collection is bound, or its key may change. */
  function propertyOf(input, { scope, collection, read }) {
    const { expression, paths } = input;
    if (!(collection in paths)) {
      const [, name, key] = (expression.startsWith(collection) && PROPERTY.exec(expression.slice(collection.length))) || [];
      paths[collection] = name === undefined ? key && $parse(key) : () => name;
    }
    const content = paths[collection] && read(scope);
    return angular.isObject(content) && read(input.scope) === content ? String(paths[collection](input.scope)) : null;
  }

  function toggle(input, name, isOn) {
    if (Boolean(input.shows[name]) !== isOn) {
      input.shows[name] = isOn;
      input.element.toggleClass(name, isOn);
      if (name === 'djng-invalid') {
        input.control.$setValidity('djng', !isOn);
        if (!isOn && input.isKept) {
          input.isKept = false;
          input.control.$render();
        }
      }
    }
  }

  function flash(input) {
    $window.clearTimeout(input.timer);
    toggle(input, 'djng-remote', true);
    input.timer = $window.setTimeout(() => toggle(input, 'djng-remote', false), REMOTE);
  }

  /** Tell each collection that an input lies in, with the name of its property. */
  function withName(input, fn) {
    bounds.forEach((bound) => {
      const name = propertyOf(input, bound);
      if (name !== null) {
        fn(name, bound);
      }
    });
  }

  /** What was refused along with it is tried again, in the same digest. */
  function retry(input) {
    withName(input, (name, bound) => inputs.forEach((other) => {
      if (other !== input && other.isKept && bound.isTied(propertyOf(other, bound), name)) {
        other.isKept = false;
        other.control.$setViewValue(other.element.val());
        other.control.$commitViewValue();
      }
    }));
  }

  /** An input with its scope, its `ngModelController` and the text of its `ng-model`; `end()` forgets it. */
  function add(scope, element, control, expression) {
    const input = { scope, element, control, expression: expression.trim(), paths: Object.create(null), shows: {}, timer: null };
    inputs.add(input);
    control.$viewChangeListeners.push(() => retry(input));
    return {
      /** Is what was typed refused? Then it is not written over, until the mark is gone. */
      keep() {
        input.isKept = Boolean(input.shows['djng-invalid']);
        return input.isKept;
      },
      /** It has come to be what the scope holds, which AngularJS does not take for a change. */
      mended() {
        if (input.isKept) {
          withName(input, (name, bound) => bound.forgive(name));
        }
      },
      end() {
        $window.clearTimeout(input.timer);
        inputs.delete(input);
      },
    };
  }

  /**
   * A collection that is bound on a scope: `mark({waits, isWrong, byOthers})` its inputs, until `end()`. `forgive(name)` is
   * called when what was refused is typed no more, `isTied(name, other)` asks whether one is to be tried again with another.
   */
  function bind(scope, collection, { forgive, isTied }) {
    const bound = { scope, collection, forgive, isTied, read: $parse(collection) };
    bounds.add(bound);

    function mark({ waits, isWrong, byOthers }) {
      inputs.forEach((input) => {
        const name = propertyOf(input, bound);
        if (name !== null) {
          toggle(input, 'djng-pending', waits(name));
          toggle(input, 'djng-invalid', isWrong(name));
          if (byOthers.includes(name)) {
            flash(input);
          }
        }
      });
    }

    function end() {
      bounds.delete(bound);
      mark({ waits: () => false, isWrong: () => false, byOthers: [] });
    }

    return { mark, end };
  }

  return { add, bind };
}]);
