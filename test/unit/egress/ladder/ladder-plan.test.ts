import { expect, test } from 'vitest';
import { parseRung } from '../../../../src/config/transcode-config.ts';
import { ladderArguments } from '../../../../src/egress/ladder/ladder-arguments.ts';
import { originalName, planLadder, takesLadder, withLadder } from '../../../../src/egress/ladder/ladder-plan.ts';
import { madeUpRun } from '../../../fixtures/made-up-fragments.ts';

const usual = ['720p', '480p', '360p'].map(parseRung);
const sizesOf = (...args: Parameters<typeof planLadder>) =>
  planLadder(...args).map(({ encoded: { width, height } }) => `${width}x${height}`);

const sources = [
  [1920, 1080, ['640x360', '854x480', '1280x720']],
  [1280, 720, ['640x360', '854x480']],
  [854, 480, ['640x360']],
  [640, 360, []],
  [320, 180, []],
  [720, 1280, ['360x640', '480x854']], // upright
  [800, 600, ['480x360', '640x480']],
  [1024, 500, ['738x360']], // 480p would be nearly the same
] as const;

test.for(sources)('below %i x %i the usual ladder has %o', ([width, height, expected]) => {
  expect(sizesOf({ width, height }, usual)).toEqual(expected);
});

test('sides are even, and a ladder is sorted', () => {
  expect(sizesOf({ width: 1366, height: 768 }, ['481p', '101p'].map(parseRung))).toEqual(['180x102', '856x482']);
});

const rates = [
  ['720p', 2_500_000],
  ['480p', 1_200_000],
  ['360p', 700_000],
  ['1080p', 5_200_000],
  ['10p', 50_000],
  ['480p:900k', 900_000],
] as const;

test.for(rates)('%s may take %i bit/s', ([text, bitrate]) => {
  expect(parseRung(text)).toEqual({ lines: Number.parseInt(text, 10), bitrate });
});

test('a run of one picture as H264 is for a ladder; WebM, sound alone and simulcast are not', () => {
  expect(takesLadder(madeUpRun(['video-0', 'audio']))).toBe(true);
  for (const names of [['webm'], ['audio'], ['video-0', 'video-1', 'audio']]) expect(takesLadder(madeUpRun(names))).toBe(false);
});

test('the smaller pictures come before the original, which is called the highest, and the sound last', () => {
  const ladder = planLadder({ width: 1280, height: 720 }, usual);
  const run = withLadder(madeUpRun(['video-0', 'audio']), ladder, originalName(usual));
  expect(run.renditions.map(({ name, encoded }) => [name, encoded?.height])).toEqual([
    ['video-0', 360],
    ['video-1', 480],
    ['video-3', undefined],
    ['audio', undefined],
  ]);
});

test('the argument list decodes once, and encodes each picture with the clock and the key frames of the original', () => {
  const pictures = planLadder({ width: 1280, height: 720 }, usual).map(({ encoded }) => encoded);
  const args = ladderArguments(pictures, { preset: 'fast', framesPerSecond: 60 });
  const after = (option: string) => args.filter((_arg, index) => args[index - 1] === option);
  expect(after('-i')).toEqual(['pipe:0']);
  expect(after('-map')).toEqual(['0:v:0', '0:v:0']);
  expect(args.filter((arg) => /^pipe:[^0]/.test(arg))).toEqual(['pipe:3', 'pipe:4']);
  expect(after('-maxrate')).toEqual(['700000', '1200000']);
  expect(after('-force_key_frames')).toEqual(['source', 'source']);
  expect(after('-preset')).toEqual(['fast', 'fast']);
  expect(after('-x264-params')[0]).toContain('fps=60');
  expect(args).not.toContain('-r'); // the frame rate stays what it is
  expect(args.indexOf('-copyts')).toBeLessThan(args.indexOf('-i'));
});
