import { expect, test } from 'vitest';
import { AudioLane } from '../../../../src/egress/hls/audio-lane.ts';
import { madeUpFragments } from '../../../fixtures/made-up-fragments.ts';

/** What a lane shows while a picture goes on, by when each fragment of sound, which ends at `endMs`, arrives; `sound`: what is no silence. */
function shown(
  arrivals: (endMs: number) => number,
  untilMs: number,
): { readonly sound: readonly number[]; readonly all: readonly number[] } {
  const sounds = madeUpFragments({ rendition: 'audio', from: 0, until: untilMs });
  const lane = new AudioLane(undefined);
  const sound: number[] = [];
  const all: number[] = [];
  lane.begin(0);
  for (let pictureEndMs = 200; pictureEndMs <= untilMs; pictureEndMs += 200) {
    const arrived = sounds.filter(({ startMs, durationMs }) => {
      const at = arrivals(startMs + durationMs);
      return at > pictureEndMs - 200 && at <= pictureEndMs;
    });
    for (const fragment of arrived) {
      const accepted = lane.accept(fragment);
      all.push(...accepted.map(({ startMs }) => startMs));
      if (accepted.includes(fragment)) sound.push(fragment.startMs);
    }
    all.push(...lane.keepUp(pictureEndMs).map(({ startMs }) => startMs));
  }
  return { sound, all };
}

test.for([0, 100, 200, 300, 400, 600, 900, 1500])(
  'sound that is %i ms behind the picture is heard again soon after it was late for a second',
  (behindMs) => {
    const { sound, all } = shown((endMs) => behindMs + (endMs > 2000 && endMs <= 3200 ? 3200 : endMs), 14_000);
    const later = Array.from({ length: 25 }, (_, index) => 7000 + index * 200);
    expect(sound.filter((startMs) => startMs >= 7000 && startMs < 12_000)).toEqual(later);
    expect(all).toEqual(all.toSorted((a, b) => a - b));
  },
);

test('sound that stops is silence up to the present picture', () => {
  const { all } = shown((endMs) => (endMs > 2000 ? Infinity : endMs), 9000);
  expect(all.at(-1)).toBeGreaterThan(8400);
});
