import { expect, test } from 'vitest';
import { ReplayClock } from '../../../../src/media/replay/replay-clock.ts';

const rates = { picture: 90_000, sound: 48_000 };

/** What a sender report says; `ms` on the publisher's clock. */
const report = (timestamp: number, ms: number) => {
  const ntpSec = 3_900_000_000 + Math.floor(ms / 1000);
  return { ntpSec, ntpFrac: ((ms % 1000) / 1000) * 2 ** 32, timestamp, arrivedMs: 0 };
};

/** A clock whose picture begins with timestamp 90 000 at 5000 ms, and whose sound of timestamp 1000 arrived then. */
function begun(): ReplayClock {
  const clock = new ReplayClock(rates);
  clock.begin({ timestamp: 90_000, arrivedMs: 5000 });
  clock.picture.arrival.hear({ timestamp: 90_000, arrivedMs: 5000 });
  clock.sound.arrival.hear({ timestamp: 1000, arrivedMs: 5000 });
  return clock;
}

test('nothing has a time before the picture has begun', () => {
  const clock = new ReplayClock(rates);
  clock.sound.arrival.hear({ timestamp: 1, arrivedMs: 1 });
  expect([clock.beganMs, clock.pictureMoment, clock.soundMoment]).toEqual([undefined, undefined, undefined]);
});

test('the picture keeps the distances of its timestamps, across a wrap-around', () => {
  const clock = new ReplayClock(rates);
  const first = 2 ** 32 - 90_000;
  clock.begin({ timestamp: first, arrivedMs: 5000 });
  for (let second = 1; second <= 100_000; second += 10_000) clock.advance((first + second * 90_000) % 2 ** 32);
  expect(clock.pictureMoment).toEqual({ timestamp: (first + 90_001 * 90_000) % 2 ** 32, ms: 5000 + 90_001_000 });
});

test('a picture that is sent again does not put the clock back', () => {
  const clock = begun();
  clock.advance(180_000);
  clock.advance(90_000);
  expect(clock.pictureMoment).toEqual({ timestamp: 180_000, ms: 6000 });
});

test('sound is put where it arrives while the publisher has not reported of both', () => {
  const clock = begun();
  clock.picture.report(report(90_000, 0));
  expect(clock.soundTimeOf(1000 + 4800)).toBeCloseTo(5100);
});

test('sound is put where the publisher says that it belongs, once it has', () => {
  const clock = begun();
  clock.picture.report(report(90_000, 1000));
  clock.sound.report(report(1000, 1040)); // arrives 40 ms too early
  expect(clock.soundTimeOf(1000)).toBeCloseTo(5040, 1);
  clock.advance(90_000 * 11);
  expect(clock.soundTimeOf(1000)).toBeCloseTo(5040, 1);
});

test('reports of two clocks that have nothing to do with each other do not count', () => {
  const clock = begun();
  clock.picture.report(report(90_000, 1000));
  clock.sound.report(report(1000, 3_600_000));
  expect(clock.soundTimeOf(1000)).toBeCloseTo(5000);
});
