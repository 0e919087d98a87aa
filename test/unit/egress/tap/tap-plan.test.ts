import { expect, test } from 'vitest';
import type { CodecName, TrackDescription } from '../../../../src/sdp/model.ts';
import type { FfmpegAbilities } from '../../../../src/egress/tap/ffmpeg-abilities.ts';
import { tapArguments } from '../../../../src/egress/tap/tap-arguments.ts';
import { feasibilityOf, planTap, type TapPlan, type TapTrack } from '../../../../src/egress/tap/tap-plan.ts';

const abilities: FfmpegAbilities = { path: '/usr/bin/ffmpeg', version: '5.1.9', makesAac: true, encodesH264: true, readsAv1: false };
const terms = { abilities, transcode: false };

function track(codec: CodecName, { rids = [], flows = true }: { rids?: readonly string[]; flows?: boolean } = {}): TapTrack {
  const description: TrackDescription = { kind: codec === 'opus' ? 'audio' : 'video', codec, fmtp: {}, rids, layered: rids.length > 1 };
  return { description, flows };
}

function planned(...args: Parameters<typeof planTap>): TapPlan {
  const plan = planTap(...args);
  if (plan === undefined || 'refused' in plan) throw new TypeError('no plan');
  return plan;
}

const names = ({ renditions }: TapPlan) => renditions.map(({ name, rid }) => (rid === undefined ? name : `${name} ${rid}`));

test('every encoding of H264 is copied into a rendition of its own, the lowest first, and the audio into another', () => {
  const plan = planned([track('opus'), track('H264', { rids: ['q', 'h', 'f'] })], terms);
  expect(names(plan)).toEqual(['video-0 q', 'video-1 h', 'video-2 f', 'audio']);
  expect(plan.legs.map(({ track: index, encoding }) => [index, encoding])).toEqual([
    [1, 0],
    [1, 1],
    [1, 2],
    [0, undefined],
  ]);
  expect(plan).toMatchObject({ container: 'mp4', transcodes: false });
});

test('a track that is silent is left out, because FFmpeg would wait for it', () => {
  expect(names(planned([track('H264'), track('opus', { flows: false })], terms))).toEqual(['video-0']);
  expect(names(planned([track('H264', { flows: false }), track('opus')], terms))).toEqual(['audio']);
  expect(planTap([track('H264', { flows: false })], terms)).toBeUndefined();
});

test('VP8 goes into WebM, its best encoding with the audio, and into H264 where that is wanted', () => {
  const tracks = [track('VP8', { rids: ['l', 'h'] }), track('opus')];
  const webm = planned(tracks, terms);
  expect(names(webm)).toEqual(['webm h']);
  expect(webm).toMatchObject({ container: 'webm', transcodes: false, legs: [{ encoding: 1 }, { kind: 'audio' }] });
  const transcoded = planned(tracks, { ...terms, transcode: true });
  expect(names(transcoded)).toEqual(['video-0 h', 'audio']);
  expect(transcoded).toMatchObject({ container: 'mp4', transcodes: true });
  expect(planned(tracks, { transcode: true, abilities: { ...abilities, encodesH264: false } }).container).toBe('webm');
});

const cases = [
  ['H264', {}, [true, true, true]],
  [undefined, {}, [true, true, true]],
  ['VP8', {}, [false, false, true]],
  ['VP8', { transcode: true }, [true, true, true]],
  ['VP9', {}, [false, false, false]],
  ['VP9', { transcode: true }, [true, true, true]],
  ['VP9', { transcode: true, abilities: { ...abilities, encodesH264: false } }, [false, false, false]],
  ['AV1', {}, [false, false, false]],
  ['AV1', { transcode: true }, [false, false, false]],
  ['AV1', { abilities: { ...abilities, readsAv1: true } }, [true, false, true]],
  ['AV1', { transcode: true, abilities: { ...abilities, readsAv1: true } }, [true, true, true]],
] as const;

test.for(cases)('of %s, with %o, HLS, RTMP and recordings can be made: %o', ([codec, change, expected]) => {
  const { hls, rtmp, record } = feasibilityOf(codec, { ...terms, ...change });
  expect([hls, rtmp, record].map(({ possible }) => possible)).toEqual(expected);
  for (const one of [hls, rtmp, record]) if (!one.possible) expect(one.reason).toMatch(/\.$/);
});

test('what cannot be tapped is refused with a sentence', () => {
  for (const codec of ['VP9', 'AV1'] as const) {
    expect(planTap([track(codec)], terms)).toEqual({ refused: expect.stringMatching(/let the publisher send H264\.$/) as string });
  }
});

test('the argument list maps each rendition to a pipe of its own', () => {
  const args = tapArguments(planned([track('H264', { rids: ['l', 'h'] }), track('opus')], terms), { fragmentMs: 500 });
  const outputs = args.flatMap((arg, index) => (args[index - 1] === '-map' || arg.startsWith('pipe:') ? [arg] : []));
  expect(outputs).toEqual(['pipe:0', '0:v:0', 'pipe:3', '0:v:1', 'pipe:4', '0:a:0', 'pipe:5']);
  expect(args.filter((_arg, index) => args[index - 1] === '-c:v')).toEqual(['copy', 'copy']);
  expect(args.filter((_arg, index) => args[index - 1] === '-frag_duration')).toEqual(['500000', '500000', '500000']);
  expect(args).toContain('-localaddr');
});

test('nothing of a plan makes FFmpeg throw the first key frame away', () => {
  expect(tapArguments(planned([track('H264')], terms)).join(' ')).not.toContain('nobuffer');
});

test('video that is encoded anew has key frames in time; WebM is one pipe', () => {
  const transcoded = tapArguments(planned([track('VP8'), track('opus')], { ...terms, transcode: true }), { keyFrameSeconds: 1 });
  expect(transcoded).toContain('expr:gte(t,n_forced*1)');
  expect(transcoded).not.toContain('-r'); // the frame rate stays what it is
  const webm = tapArguments(planned([track('VP8'), track('opus')], terms));
  expect(webm.filter((arg) => arg.startsWith('pipe:'))).toEqual(['pipe:0', 'pipe:3']);
  expect(webm.filter((_arg, index) => webm[index - 1] === '-map')).toEqual(['0:v:0', '0:a:0']);
});
