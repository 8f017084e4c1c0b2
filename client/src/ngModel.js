import { follow } from './caret.js';

/** Inputs whose value is not what is typed into them. */
const OTHERS = ['checkbox', 'radio', 'file', 'range', 'color', 'hidden', 'button', 'submit', 'reset', 'image'];

const isText = ({ tagName, type }) => tagName === 'TEXTAREA' || (tagName === 'INPUT' && !OTHERS.includes(type));

/** A caret, null where an input has none: those for numbers or e-mail addresses do not tell, and some throw. */
function caretOf(field) {
  try {
    const { selectionStart: start, selectionEnd: end, selectionDirection: direction } = field;
    return start === null || start === undefined ? null : { start, end, direction };
  } catch {
    return null;
  }
}

/**
 * @ngdoc directive
 * @name ngModel
 * @description
 * Adds to AngularJS's own: an input inside a bound collection is marked by {@link $$djangoInputs}. One that has the focus is
 * not written to when it shows the value already, and keeps its caret and selection when somebody else changes the text. A text
 * that was typed and refused stays until it is mended, rolled back, or the property changed by somebody else.
 */
angular.module('djng.websocket').directive('ngModel', ['$$djangoInputs', function (inputs) {
  function link(scope, element, attributes, control) {
    const field = element[0];     // jqLite is no iterable
    const input = inputs.add(scope, element, control, attributes.ngModel);
    element.on('$destroy', input.end);
    if (isText(field)) {
      const render = control.$render;
      const shown = () => (control.$isEmpty(control.$viewValue) ? '' : String(control.$viewValue));
      let isTyped = false;
      element.on('input change', () => {
        isTyped = true;
        if (field.value.trim() === shown().trim()) {
          input.mended();
        }
      });
      const rollback = control.$rollbackViewValue;
      control.$rollbackViewValue = () => {
        isTyped = false;
        input.mended();
        rollback.call(control);
      };
      control.$render = () => {
        const before = field.value;
        const text = shown();
        const isFocused = field.ownerDocument.activeElement === field;
        if ((isFocused && text === before) || (isTyped && input.keep())) {
          return;
        }
        isTyped = isTyped && text === before;
        const caret = isFocused && caretOf(field);
        render.call(control);
        if (caret) {
          const end = follow(before, field.value, caret.end);
          // A selection begins with its first letter, wherever that goes.
          const start = caret.start < caret.end ? follow(before, field.value, caret.start + 1) - 1 : end;
          field.setSelectionRange(Math.max(0, start), end, caret.direction || 'none');
        }
      };
    }
  }

  // AngularJS's own has priority 1: what else sets $render has done so by then.
  return { restrict: 'A', require: 'ngModel', priority: 1000, link };
}]);
