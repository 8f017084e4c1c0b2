/** What the scope shows of a collection: read as a record of JSON texts, and changed in place. */
import { isObject, map, own, record } from './difference.js';
import { arrange, put, reuse } from './laying.js';
import { everyName, isList, items, value } from './layers.js';
import { isDeeper } from './scan.js';

/** How deep a value may be nested; the server refuses what is deeper. */
const DEEPEST = 100;

/**
 * @param {Object} model `read()` and `assign(value)` what the scope has.
 * @param {function} toJson AngularJS's.
 * @param {function} log `log(level, message)`.
 * @returns {Object} `record`, what was last read or shown (or null); `look()` reads anew; `show(replica)`.
 */
export function makeShown(model, toJson, log) {
  const unserialisable = map();
  const shown = { record: null, look, show };
  return shown;

  /** The JSON of a value; that of before where it has none. */
  function serialise(content, name) {
    const before = shown.record ? shown.record.texts[name] : undefined;
    try {
      const text = toJson(content);
      if (text !== undefined && text !== before && isDeeper(text, DEEPEST)) {
        throw new RangeError(`it is nested deeper than ${DEEPEST}`);
      }
      delete unserialisable[name];
      return text;
    } catch (error) {
      if (!(name in unserialisable)) {
        unserialisable[name] = true;
        log('error', `the property "${name}" cannot be sent: ${error.message}`);
      }
      return before;
    }
  }

  function look() {
    return record(model.read(), serialise);
  }

  /** Show what the layers of a replica hold; returns the names that show something else than before. */
  function show(replica) {
    const { layers, touched } = replica;
    const content = model.read();
    const isMade = isObject(content);
    const list = isList(layers, isMade ? Array.isArray(content) : null);
    const isOther = !isMade || Array.isArray(content) !== list;
    const all = replica.isTouched || isOther;
    const names = list || !all ? touched : everyName(layers);
    replica.touched = new Set();
    replica.isTouched = false;
    if (list === null) {
      return [];
    }
    if (isOther) {
      model.assign(list ? [] : {});
    }
    if (isOther || !shown.record) {
      shown.record = { list, texts: list ? [] : map() };
    }
    if (list) {
      return all || names.size ? showItems(items(layers).texts) : [];
    }
    Object.keys(all ? shown.record.texts : {}).forEach((name) => names.add(name));
    return showProperties(replica, names);
  }

  /** A text as JSON has it here: this is what the scope will be read as. */
  function canonical(text, before) {
    return text === undefined || text === before ? text : toJson(JSON.parse(text));
  }

  function showProperties(replica, names) {
    const object = model.read();
    const { texts } = shown.record;
    const changed = [];
    let trouble = null;
    names.forEach((name) => {
      const raw = value(replica.layers, name);
      const text = canonical(raw, texts[name]);
      if (text !== texts[name]) {
        try {
          if (text === undefined) {
            delete object[name];
            delete texts[name];
          } else {
            put(object, name, reuse(own(object, name) ? object[name] : undefined, JSON.parse(raw), toJson));
            texts[name] = text;
          }
          changed.push(name);
        } catch (error) {
          trouble = error;
          replica.touched.add(name);
        }
      }
    });
    if (trouble) {
      log('warn', `what was heard cannot be shown: ${trouble.message}`);
    }
    return changed;
  }

  function showItems(raws) {
    const before = shown.record.texts;
    const texts = raws.map((raw, index) => canonical(raw, before[index]));
    const changed = texts.map((text, index) => (text === before[index] ? null : String(index))).filter(Boolean);
    arrange(model.read(), before, texts, (index) => JSON.parse(raws[index]));
    shown.record.texts = texts;
    return changed;
  }
}
