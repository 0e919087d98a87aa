import { expect, test } from 'vitest';
import { RecentReadings } from '../../../src/web/recent-readings.ts';

test('rates are taken from the oldest reading of the last three seconds', () => {
  const readings = new RecentReadings<{ readonly at: number }>();
  const earlier: (number | undefined)[] = [];
  for (const at of [0, 1000, 2000, 3000, 4000, 9000]) {
    readings.add({ at });
    earlier.push(readings.earlier?.at);
  }
  expect(earlier).toEqual([0, 0, 0, 1000, 2000, 9000]);
});

test('before the first reading and after a new start there is none', () => {
  const readings = new RecentReadings<{ readonly at: number }>();
  expect(readings.earlier).toBeUndefined();
  readings.add({ at: 1 });
  readings.clear();
  expect(readings.earlier).toBeUndefined();
});
