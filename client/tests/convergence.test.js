import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeModel } from './model.js';
import { draw } from './programs.js';

/** Which programs run in which window; `npm run model` runs as many as are wanted. */
const PARTS = [
  { ng: '1.8', file: 'django-angular.js', from: 1, count: 300 },
  { ng: '1.5', file: 'django-angular.min.js', strictDi: true, from: 301, count: 100 },
  { ng: '1.3', file: 'django-angular.min.js', strictDi: true, from: 401, count: 100 },
];

for (const { from, count, ...options } of PARTS) {
  test(`Whatever happens, all show the same in the end, and each edit is accounted for [${options.ng}, seeds from ${from}]`, async () => {
    const model = makeModel(options);
    try {
      for (let seed = from; seed < from + count; seed += 1) {
        const story = await model.tryOut(draw(seed));
        assert.equal(story, null, `\n${story}\nMODEL_SEED=${seed} npm run model\n`);
      }
    } finally {
      model.close();
    }
  });
}
