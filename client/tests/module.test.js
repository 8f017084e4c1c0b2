import assert from 'node:assert/strict';
import { each, makePage } from './page.js';
import { test } from 'node:test';

each('Both modules have the service, also under ng-strict-di.', (page, start) => {
  for (const modules of [['djng.websocket'], ['djng']]) {
    assert.equal(typeof start({ modules }).djangoWebsocket.connect, 'function');
  }
});

each('The module djng asks for djng.websocket.', (page) => {
  assert.deepEqual([...page.angular.module('djng').requires], ['djng.websocket']);
});

test('The built files add nothing to the window.', () => {
  for (const file of ['django-angular.js', 'django-angular.min.js']) {
    assert.deepEqual(makePage({ file, globals: true }).added, []);
  }
});
