import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { version } from '../build.js';

const client = fileURLToPath(new URL('..', import.meta.url));
const served = join(client, '../djng/static/djng/js');
const FILES = ['django-angular.js', 'django-angular.js.map', 'django-angular.min.js', 'django-angular.min.js.map'];
const read = (directory, name) => readFileSync(join(directory, name), 'utf8');

test('The committed files are those of a fresh build, byte for byte.', () => {
  const directory = mkdtempSync(join(tmpdir(), 'djng-'));
  try {
    execFileSync(process.execPath, [join(client, 'build.js'), directory], { cwd: tmpdir() });
    assert.deepEqual(readdirSync(directory).sort(), FILES);
    FILES.forEach((name) => assert.ok(read(directory, name) === read(served, name), `${name} is stale: npm run build`));
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('The built files name the version that Python names.', () => {
  const python = /__version__ = '(.+)'/.exec(read(client, '../djng/__init__.py'))[1];
  assert.equal(version(), python);
  for (const name of ['django-angular.js', 'django-angular.min.js']) {
    assert.ok(read(served, name).startsWith(`/*! djng ${python}:`), name);
  }
});

test('Each file names its own map, and the maps name no machine\'s paths.', () => {
  for (const name of ['django-angular.js', 'django-angular.min.js']) {
    assert.ok(read(served, name).endsWith(`//# sourceMappingURL=${name}.map\n`));
    const { sources, sourcesContent } = JSON.parse(read(served, `${name}.map`));
    assert.deepEqual(sources.map((source) => /^(\.\.\/){4}client\/src\/\w+\.js$/.test(source)), sources.map(() => true));
    sources.forEach((source, index) => assert.equal(sourcesContent[index], read(join(served, source, '..'), source.split('/').at(-1))));
  }
});

test('Strictness stays inside, for files that are joined to this one.', () => {
  for (const name of ['django-angular.js', 'django-angular.min.js']) {
    assert.match(read(served, name), /^\/\*![^\n]*\n\(\(\) ?=> ?\{\n?"use strict";/);
    assert.equal(read(served, name).split('"use strict"').length, 2);
  }
});

test('The lock file names no registry.', () => {
  assert.ok(!read(client, 'package-lock.json').includes('"resolved"'));
});
