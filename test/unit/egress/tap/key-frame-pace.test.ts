import { expect, test } from 'vitest';
import { KeyFramePace } from '../../../../src/egress/tap/key-frame-pace.ts';

/** When a publisher is asked within `seconds`; `answer` says when it sends key frames, of the time and the last request. */
function requests(seconds: number, answer: (now: number, request: number | undefined) => boolean): number[] {
  const pace = new KeyFramePace(2_000, 0);
  const asked: number[] = [];
  for (let now = 0; now <= seconds * 1_000; now += 50) {
    if (answer(now, asked.at(-1))) pace.keyFrame(now);
    if (pace.wants(now)) asked.push(now);
  }
  return asked;
}

test('a publisher that obeys is asked once an interval', () => {
  expect(requests(10, (now, request) => request !== undefined && now === request + 50)).toEqual([1_950, 3_950, 5_950, 7_950, 9_950]);
});

test('the second key frame may be wanted earlier than those that follow', () => {
  const pace = new KeyFramePace(2_000, 0, 1_000);
  const asked: number[] = [];
  for (let now = 0; now <= 6_000; now += 50) {
    if (now === (asked.at(-1) ?? Infinity) + 50) pace.keyFrame(now);
    if (pace.wants(now)) asked.push(now);
  }
  expect(asked).toEqual([950, 2_950, 4_950]);
});

test.for([400, 800, 1_200, 1_400])('a key frame that somebody else asked for after %i ms puts off none', (extra) => {
  expect(requests(6, (now, request) => now === extra || (request !== undefined && now === request + 50))).toEqual([1_950, 3_950, 5_950]);
});

test('an encoder whose own key frames are frequent enough is never asked', () => {
  expect(requests(10, (now) => now % 1_000 === 0)).toEqual([]);
});

test('one that does not obey is asked three times, and then now and then', () => {
  expect(requests(30, () => false)).toEqual([1_950, 2_950, 3_950, 13_950, 23_950]);
});

test('one that begins to obey is asked as often as any other from then on', () => {
  const asked = requests(31, (now, request) => now > 23_000 && request !== undefined && now === request + 100);
  expect(asked.filter((at) => at > 23_000)).toEqual([23_950, 26_000, 28_050, 30_100]);
});
