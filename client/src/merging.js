/**
 * How an edit of an array finds its items again when others have taken some out and put some in.
 *
 * *Edits* are told by the indexes of the array that they were made in: `{set, gone, come, push}`; `set` holds new texts by index,
 * `gone` are the indexes that are taken out, `come` pairs of an index and the texts that are put in before it, `push` is for
 * the end. The server has the same rules in `djng/state/moving.lua`.
 */
import { map } from './difference.js';

/** The longest ascending run of pairs, by their first, that can be picked without changing their order. */
function ascending(pairs) {
  const ends = [];
  const before = pairs.map(([first], index) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      [low, high] = pairs[ends[middle]][0] < first ? [middle + 1, high] : [low, middle];
    }
    ends[low] = index;
    return low ? ends[low - 1] : -1;
  });
  const run = [];
  for (let index = ends.length ? ends[ends.length - 1] : -1; index >= 0; index = before[index]) {
    run.unshift(pairs[index]);
  }
  return run;
}

/** The places in [from, to) of texts that are there once. */
function unique(texts, from, to) {
  const places = map();
  for (let index = from; index < to; index += 1) {
    places[texts[index]] = texts[index] in places ? -1 : index;
  }
  return places;
}

/** For each item of `after` its index in `before`, or -1; ascending. What is there once in both is found first (patience diff). */
function align(before, after) {
  const found = Array(after.length).fill(-1);
  const parts = [[0, before.length, 0, after.length]];
  while (parts.length) {
    let [b, endB, a, endA] = parts.pop();
    while (b < endB && a < endA && before[b] === after[a]) {
      found[a++] = b++;
    }
    while (b < endB && a < endA && before[endB - 1] === after[endA - 1]) {
      found[--endA] = --endB;
    }
    const [olds, news] = b < endB && a < endA ? [unique(before, b, endB), unique(after, a, endA)] : [map(), map()];
    const pairs = Object.keys(news).filter((text) => news[text] >= 0 && olds[text] >= 0).map((text) => [olds[text], news[text]]);
    const anchors = ascending(pairs.sort(([, x], [, y]) => x - y));
    (anchors.length ? [...anchors, [endB, endA]] : []).forEach(([x, y]) => {
      if (y < endA) {
        found[y] = x;
      }
      parts.push([b, x, a, y]);
      [b, a] = [x + 1, y + 1];
    });
  }
  return found;
}

/** The edits that make `after` of `before`; items from `pushed` on were appended, and are nobody's new text. */
export function describe(before, after, pushed = after.length) {
  const edits = { set: map(), gone: [], come: [], push: [] };
  const found = align(before, after);
  let from = 0;
  let fresh = [];
  [...found, before.length].forEach((place, index) => {
    if (place < 0) {
      fresh.push(index);
      return;
    }
    for (; from < place && fresh.length && fresh[0] < pushed; from += 1) {
      const text = after[fresh.shift()];
      if (text !== before[from]) {
        edits.set[from] = text;           // where all are alike none is found again, though it is where it was
      }
    }
    for (; from < place; from += 1) {
      edits.gone.push(from);
    }
    if (fresh.length && place === before.length) {
      edits.push = fresh.map((other) => after[other]);
    } else if (fresh.length) {
      edits.come.push([place, fresh.map((other) => after[other])]);
    }
    from = place + 1;
    fresh = [];
  });
  return edits;
}

/** What went and came between two arrays, from the end: `[index, how many went, how many came]`. */
export function moves(before, after) {
  const { gone, come, push } = describe(before, after);
  const came = push.length ? [...come, [before.length, push]] : come;
  const steps = gone.map((index) => [index, 1, 0]).concat(came.map(([index, texts]) => [index, 0, texts.length]));
  return steps.sort(([a, went], [b, others]) => b - a || others - went);
}

/** Where an item, or the gap before one, is after these moves: `[index, is it an item?]`. What is gone leaves a gap. */
function trace(steps, index, isItem) {
  return steps.reduce(([now, is], [at, gone, come]) => {
    if (now >= at + gone && (is || now > at)) {
      return [now - gone + come, is];
    }
    return now > at || (is && now === at) ? [at, false] : [now, is];
  }, [index, isItem]);
}

/** Edits of one array as edits of what others have made of it. A new text of what is gone is put in where that was. */
export function relocate(edits, steps) {
  const next = { set: map(), gone: [], come: [], push: edits.push };
  const come = (index, texts) => {
    const same = next.come.find(([other]) => other === index);
    if (same) {
      same[1] = same[1].concat(texts);
    } else {
      next.come.push([index, texts]);
    }
  };
  Object.keys(edits.set).forEach((name) => {
    const [index, isItem] = trace(steps, Number(name), true);
    if (isItem) {
      next.set[index] = edits.set[name];
    } else {
      come(index, [edits.set[name]]);
    }
  });
  edits.gone.map((index) => trace(steps, index, true)).filter(([, isItem]) => isItem).forEach(([index]) => next.gone.push(index));
  edits.come.forEach(([gap, texts]) => come(trace(steps, gap, false)[0], texts));
  next.come.sort(([a], [b]) => a - b);
  return next;
}

/** What an array becomes by edits, without what they push. */
export function perform(before, { set, gone, come }) {
  const out = new Set(gone);
  const into = new Map(come.map(([index, texts]) => [Math.min(index, before.length), texts]));
  const behind = Object.keys(set).filter((index) => index >= before.length).map((index) => set[index]);
  const kept = before.map((text, index) => (out.has(index) ? [] : [index in set ? set[index] : text]));
  return kept.concat([behind]).flatMap((texts, index) => (into.get(index) || []).concat(texts));
}
