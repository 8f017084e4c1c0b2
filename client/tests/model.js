/**
 * The model test: random programs in the built client, each decided by its seed.
 *
 *     npm run model -- 20000 [first seed]      so many programs
 *     MODEL_SEED=7 npm run model               one, with all that happens in it
 *
 * A program that falls short is shortened as far as it still does, and told step by step.
 */
import { fileURLToPath } from 'node:url';
import { makePage } from './page.js';
import { draw, run } from './programs.js';
import { Tab } from './tab.js';

/** How many tabs a program may have. */
const TABS = 4;

/** A window for programs, with one AngularJS and one of the built files in it. */
export function makeModel(options) {
  const page = makePage(options);
  const tabs = Array.from({ length: TABS }, (_, number) => new Tab(page, number));
  return {
    /** Run a program; returns null, or the story of how it falls short. */
    async tryOut(program) {
      return await run(program, tabs) && tell(await shorten(program, (shorter) => run(shorter, tabs)), tabs);
    },
    tell: (program) => tell(program, tabs),
    close: () => page.window.close(),
  };
}

/** Leave out as many steps as can be. */
async function shorten(program, fails) {
  let { steps } = program;
  for (let size = steps.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < steps.length;) {
      const fewer = [...steps.slice(0, at), ...steps.slice(at + size)];
      if (await fails({ ...program, steps: fewer })) {
        steps = fewer;
      } else {
        at += size;
      }
    }
  }
  return { ...program, steps };
}

async function tell(program, tabs) {
  const { steps, ...rest } = program;
  const lines = [];
  const shortfall = await run(program, tabs, (line) => lines.push(`  ${line}`));
  return [`${JSON.stringify(rest)}, ${steps.length} steps:`, ...lines, `  ${shortfall || 'all is well'}`].join('\n');
}

async function main(count, first) {
  const model = makeModel();
  const began = Date.now();
  let failed = 0;
  for (let seed = first; seed < first + count; seed += 1) {
    const story = await model.tryOut(draw(seed));
    if (story) {
      failed += 1;
      process.stdout.write(`${story}\n\n`);
    }
    if ((seed - first + 1) % 1000 === 0) {
      process.stdout.write(`${seed - first + 1} programs, ${Math.round((Date.now() - began) / 1000)} s, ${failed} fell short\n`);
    }
  }
  model.close();
  process.stdout.write(`${failed} of ${count} programs fell short (seeds ${first} to ${first + count - 1})\n`);
  process.exitCode = failed ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { MODEL_SEED } = process.env;
  if (MODEL_SEED) {
    const model = makeModel();
    process.stdout.write(`${await model.tell(draw(Number(MODEL_SEED)))}\n`);
    model.close();
  } else {
    await main(Number(process.argv[2] || 20000), Number(process.argv[3] || 1));
  }
}
