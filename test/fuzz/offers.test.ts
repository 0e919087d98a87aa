import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { corpus } from '../fixtures/offers/corpus.ts';
import { type Slowest, timed } from './measure.ts';
import { mutant, numbers } from './mutations.ts';
import { negotiate, trickle } from './negotiate.ts';

const texts = corpus.map(({ text }) => text);

/** Seeds that once found something stay; the last one is new in every run, and the name of a failing test tells it. */
const seeds = [1, 20_260_622, 9_725, randomInt(2 ** 31)];
const offersPerSeed = 25_000;

const fragments = texts.map((text) => [...text.matchAll(/^(?:a=(?:ice|cand|mid|group|end).*|m=.*)$/gm)].map(([line]) => line).join('\r\n'));
const fragmentsPerSeed = 5_000;

/** Runs one input; an error tells how to get it again. */
function check(seed: number, index: number, pool: readonly string[], run: (text: string) => void): void {
  const text = mutant(pool, numbers(seed, index));
  try {
    run(text);
  } catch (cause) {
    throw new Error(`seed ${seed}, number ${index}: ${JSON.stringify(text.slice(0, 5000))}`, { cause });
  }
}

test.for(seeds)(
  `${offersPerSeed} mutants of offers with seed %d are answered or refused with a code, none slowly`,
  { timeout: 300_000 },
  (seed) => {
    const slowest: Slowest = { ms: 0, name: '' };
    for (let index = 0; index < offersPerSeed; index += 1) {
      check(seed, index, texts, (text) => {
        timed(`number ${index}`, slowest, () => {
          negotiate(text, numbers(seed, -index));
        });
      });
    }
    console.log(`seed ${seed}: slowest offer ${slowest.ms.toFixed(1)} ms (${slowest.name})`);
    expect(slowest.ms).toBeLessThan(50);
  },
);

test.for(seeds)(
  `${fragmentsPerSeed} mutants of fragments with seed %d are read or refused with a code, none slowly`,
  { timeout: 300_000 },
  (seed) => {
    const slowest: Slowest = { ms: 0, name: '' };
    for (let index = 0; index < fragmentsPerSeed; index += 1) {
      check(seed, index, fragments, (text) => {
        timed(`number ${index}`, slowest, () => {
          trickle(text);
        });
      });
    }
    expect(slowest.ms).toBeLessThan(50);
  },
);
