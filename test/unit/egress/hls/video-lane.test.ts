import { expect, test } from 'vitest';
import { VideoLane } from '../../../../src/egress/hls/video-lane.ts';
import { madeUpFragments } from '../../../fixtures/made-up-fragments.ts';

test.for([0, 200, 400, 600, 900])(
  'a picture that is %i ms behind the sound is seen again soon after it was late for seconds',
  (behindMs) => {
    const untilMs = 16_000;
    const keys = Array.from({ length: 8 }, (_, index) => index * 2000);
    const pictures = madeUpFragments({ from: 0, until: untilMs, keys });
    const arrives = (endMs: number): number => behindMs + (endMs > 4000 && endMs <= 7200 ? 7200 : endMs);
    const lane = new VideoLane({ stillMs: 200, key: undefined, isExpected: true });
    const seen: number[] = [];
    let shownUntilMs = 0;
    const holes: number[] = [];
    for (let soundEndMs = 200; soundEndMs <= untilMs; soundEndMs += 200) {
      const arrived = pictures.filter(({ startMs, durationMs }) => {
        const at = arrives(startMs + durationMs);
        return at > soundEndMs - 200 && at <= soundEndMs;
      });
      const shown = [...arrived.flatMap((picture) => lane.accept(picture)), ...lane.keepUp(soundEndMs)];
      for (const { startMs, durationMs } of shown) {
        if (Math.abs(startMs - shownUntilMs) > 50) holes.push(startMs);
        shownUntilMs = startMs + durationMs;
      }
      seen.push(...shown.filter((each) => pictures.includes(each)).map(({ startMs }) => startMs));
    }
    expect(seen.filter((startMs) => startMs >= 8000 && startMs < 15_000)).toEqual(
      Array.from({ length: 35 }, (_, index) => 8000 + index * 200),
    );
    expect(holes).toEqual([]);
  },
);
