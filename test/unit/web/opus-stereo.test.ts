import { expect, test } from 'vitest';
import { withStereoOpus } from '../../../src/web/opus-stereo.ts';

const sdp = (...lines: string[]): string => [...lines, ''].join('\r\n');
const opus = 'a=rtpmap:111 opus/48000/2';

test.for([
  ['a=fmtp:111 minptime=10;useinbandfec=1', 'a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1'],
  ['a=fmtp:111 stereo=1;minptime=10', 'a=fmtp:111 stereo=1;minptime=10;sprop-stereo=1'],
  ['a=fmtp:111 sprop-stereo=1', 'a=fmtp:111 sprop-stereo=1;stereo=1'],
  ['a=fmtp:111 stereo=1;sprop-stereo=1', 'a=fmtp:111 stereo=1;sprop-stereo=1'],
] as const)('%s becomes %s', ([before, after]) => {
  expect(withStereoOpus(sdp(opus, before, 'a=ptime:20'))).toBe(sdp(opus, after, 'a=ptime:20'));
});

test('every Opus format is in stereo, and nothing else is touched', () => {
  const before = sdp(
    opus,
    'a=fmtp:111 minptime=10',
    'a=rtpmap:9 G722/8000',
    'a=fmtp:11 x=1',
    'a=rtpmap:112 OPUS/48000/2',
    'a=fmtp:112 a=b',
  );
  expect(withStereoOpus(before)).toBe(
    sdp(
      opus,
      'a=fmtp:111 minptime=10;stereo=1;sprop-stereo=1',
      'a=rtpmap:9 G722/8000',
      'a=fmtp:11 x=1',
      'a=rtpmap:112 OPUS/48000/2',
      'a=fmtp:112 a=b;stereo=1;sprop-stereo=1',
    ),
  );
});

test.for([sdp('a=rtpmap:96 VP8/90000', 'a=fmtp:96 max-fs=12288'), sdp(opus), ''])('%j stays as it is', (text) => {
  expect(withStereoOpus(text)).toBe(text);
});

test('to ask twice changes nothing', () => {
  const once = withStereoOpus(sdp(opus, 'a=fmtp:111 minptime=10'));
  expect(withStereoOpus(once)).toBe(once);
});
