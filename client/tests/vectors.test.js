/** The rules that the server has, too: djng/state/merge.py is held to the same file. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { apply, compose, map } from '../src/difference.js';
import { arrange, rewrite } from '../src/floating.js';

const vectors = JSON.parse(readFileSync(new URL('../../tests/state/vectors.json', import.meta.url), 'utf8'));

const record = (collection) => ({
  list: Array.isArray(collection), texts: Array.isArray(collection) ? collection : Object.assign(map(), collection),
});

const change = ({ kind, set, delete: gone, length, push }) => ({
  list: kind === 'array', set: Object.assign(map(), set, ...gone.map((name) => Object.assign(map(), { [name]: null }))), length, push,
});

/** An empty object that nobody can tell from an empty array. */
const isNothing = ({ texts }) => Object.keys(texts).length === 0;

test('A name has one text.', () => {
  vectors.names.forEach(({ says, spellings, text }) => spellings.forEach((spelling) => {
    assert.equal(JSON.stringify(JSON.parse(spelling)), text, says);
  }));
});

test('A change makes of a collection what the server makes of it.', () => {
  vectors.apply.filter(({ result }) => result !== null).forEach((vector) => {
    const made = apply(record(vector.collection), change(vector.change));
    assert.deepEqual(made, record(vector.result), vector.says);
  });
});

test('What the server will refuse is shown by itself, until it has.', () => {
  vectors.apply.filter(({ result }) => result === null).forEach((vector) => {
    const refused = change(vector.change);
    assert.deepEqual(apply(record(vector.collection), refused), apply(null, refused), vector.says);
    assert.ok(!isNothing(record(vector.collection)), vector.says);
  });
});

test('Two changes of an object become one.', () => {
  vectors.compose.filter(({ then }) => then.kind === 'object').forEach((vector) => {
    assert.deepEqual(compose(change(vector.first), change(vector.then)), change(vector.result), vector.says);
  });
});

test('Two changes of an array become one, as edits of what it shows.', () => {
  const arrays = vectors.compose.filter(({ then, result }) => then.kind === 'array' && result !== null);
  arrays.forEach((vector) => {
    const base = Array.from({ length: vector.length === null ? 5 : vector.length }, (_, index) => `"base ${index}"`);
    const first = vector.first.kind === 'array' ? { ...change(vector.first), pushed: {}, kept: null } : null;
    const layout = arrange(first ? base : [], [], first);
    const { texts } = apply({ list: true, texts: layout.texts }, change(vector.then));
    const { list, set, length, push } = rewrite(first, layout, layout.texts, texts) || change(vector.result);
    assert.deepEqual({ list, set, length, push }, change(vector.result), vector.says);
  });
});
