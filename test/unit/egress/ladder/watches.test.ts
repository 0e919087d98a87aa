import { expect, test } from 'vitest';
import { LadderLag } from '../../../../src/egress/ladder/ladder-lag.ts';
import { SizeWatch } from '../../../../src/egress/ladder/size-watch.ts';
import { madeUpFragments, madeUpInit } from '../../../fixtures/made-up-fragments.ts';

const sized = (width: number, height: number, from: number, until: number) =>
  madeUpFragments({ init: madeUpInit({ size: { width, height } }), from, until });

test('an encoder that is behind for five seconds cannot keep up; one that catches up can', () => {
  const lag = new LadderLag();
  expect([lag.isTooLong(6_000, 0), lag.isTooLong(6_000, 5_000), lag.isTooLong(3_900, 5_001)]).toEqual([false, false, false]);
  expect([lag.isTooLong(4_100, 5_002), lag.isTooLong(4_100, 10_002), lag.isTooLong(4_100, 10_003)]).toEqual([false, false, true]);
});

test('an encoder that was given much at once may take its time as long as it catches up', () => {
  const lag = new LadderLag();
  const at = (seconds: number) => lag.isTooLong(10_000 - 300 * seconds, seconds * 1_000);
  expect(Array.from({ length: 27 }, (_, seconds) => at(seconds))).not.toContain(true);
});

test('an original that stays at another size for five seconds is outgrown, with a key frame', () => {
  const watch = new SizeWatch({ width: 640, height: 360 });
  expect(sized(640, 360, 0, 1000).some((fragment) => watch.isOutgrownBy(fragment))).toBe(false);
  const outgrown = sized(1280, 720, 1000, 8000).find((fragment) => watch.isOutgrownBy(fragment));
  expect(outgrown).toMatchObject({ startMs: 6000, independent: true });
});

test('sizes that come and go are none that stay', () => {
  const watch = new SizeWatch({ width: 640, height: 360 });
  const steps = [
    ...sized(320, 180, 0, 4000),
    ...sized(480, 270, 4000, 8000),
    ...sized(640, 360, 8000, 9000),
    ...sized(320, 180, 9000, 13_000),
  ];
  expect(steps.some((fragment) => watch.isOutgrownBy(fragment))).toBe(false);
});
