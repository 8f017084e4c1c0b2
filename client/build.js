/**
 * Bundle src/ into the two files that Django serves, and their source maps.
 *
 *     node build.js [directory]
 *
 * The version comes from djng/__init__.py alone. No output depends on where the checkout lies or where it is written to.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const served = join(here, '../djng/static/djng/js');

/** The release, as Python has it. */
export function version() {
  const source = readFileSync(join(here, '../djng/__init__.py'), 'utf8');
  return /^__version__ = '([^']+)'$/m.exec(source)[1];
}

/**
 * esbuild puts the directive before the function, where it would make everything strict that is joined to this file.
 * Both texts are equally long and have equally many lines, so the source map stays true.
 */
function keepStrictnessInside(text) {
  return text.replace(/"use strict";(\n?)(\(\(\) ?=> ?\{)(\n?)/, '$2$1"use strict";$3');
}

/** Build into memory: the text of each file by its name. */
export async function build() {
  const files = {};
  for (const minify of [false, true]) {
    const result = await esbuild.build({
      absWorkingDir: here,
      entryPoints: ['src/index.js'],
      outfile: join(served, minify ? 'django-angular.min.js' : 'django-angular.js'),
      banner: { js: `/*! djng ${version()}: three-way data-binding for Django and AngularJS. MIT licence. */` },
      bundle: true,
      charset: 'utf8',
      format: 'iife',
      minify,
      sourcemap: true,
      target: 'es2017',
      tsconfigRaw: { compilerOptions: { alwaysStrict: true } },
      write: false,
    });
    for (const file of result.outputFiles) {
      files[basename(file.path)] = keepStrictnessInside(file.text);
    }
  }
  return files;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const directory = process.argv[2] || served;
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(await build())) {
    writeFileSync(join(directory, name), text);
    process.stdout.write(`${name}: ${Buffer.byteLength(text)} bytes\n`);
  }
}
