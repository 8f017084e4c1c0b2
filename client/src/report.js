/** What a binding tells of itself: `pending`, `version`, `errors`, who listens, and the inputs on the page. */

/**
 * @param {Object} binding Its members are kept up to date.
 * @param {Object} wires See wires.js.
 * @param {Object} to `onSync` and `onError`, events; `mark(state)` as in inputs.js; `digest()` asks for one if none runs.
 * @returns {function(Array.<string>)} Report, and whose values others have just changed.
 */
export function makeReport(binding, wires, { onSync, onError, mark, digest }) {
  let isLevel = false;
  let known = '{}';

  return function report(byOthers) {
    const wire = wires.current;
    const [wasLevel, pending, version, errors] = [isLevel, binding.pending, binding.version, known];
    isLevel = wire.isLevel();
    known = JSON.stringify(wire.errors);
    binding.pending = wire.waiting();
    binding.version = wire.version;
    if (known !== errors) {
      binding.errors = JSON.parse(known);
    }
    wire.refusals().forEach((refused) => onError.tell(refused, binding));
    if (isLevel && !wasLevel) {
      onSync.tell(binding);
    }
    mark({ byOthers, waits: (name) => wire.waits(name), isWrong: wire.isWrong });
    if (pending !== binding.pending || version !== binding.version || errors !== known) {
      digest();
    }
  };
}
