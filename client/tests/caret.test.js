import assert from 'node:assert/strict';
import { test } from 'node:test';
import { follow } from '../src/caret.js';

test('A caret before the change stays where it is.', () => {
  assert.equal(follow('one three', 'one two three', 3), 3);
  assert.equal(follow('abc', 'abd', 2), 2);
});

test('A caret behind the change moves with what is behind it.', () => {
  assert.equal(follow('one three', 'one two three', 9), 13);
  assert.equal(follow('one two three', 'one three', 10), 6);
});

test('A caret within the change goes to where this ends.', () => {
  assert.equal(follow('abcdef', 'abXYef', 3), 4);
  assert.equal(follow('abcdef', 'abef', 3), 2);
});

test('A caret in another text goes to its end, in no text to its begin.', () => {
  assert.equal(follow('abc', 'xyzxyz', 2), 6);
  assert.equal(follow('abc', '', 3), 0);
  assert.equal(follow('', 'abc', 0), 0);
});

test('Text that repeats is matched once.', () => {
  assert.equal(follow('aaa', 'aa', 3), 2);
  assert.equal(follow('aa', 'aaa', 2), 2);
});
