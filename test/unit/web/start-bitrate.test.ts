import { expect, test } from 'vitest';
import { withStartBitrate } from '../../../src/web/start-bitrate.ts';

const sdp = (...lines: string[]): string => [...lines, ''].join('\r\n');

test.for(['H264', 'VP8', 'VP9', 'AV1', 'vp8'])('%s starts at 1.5 Mbit/s, whether it has a format line or not', (codec) => {
  const rtpmap = `a=rtpmap:96 ${codec}/90000`;
  const fmtp = 'a=fmtp:96 x-google-start-bitrate=1500';
  expect(withStartBitrate(sdp(rtpmap, 'a=mid:1'))).toBe(sdp(rtpmap, fmtp, 'a=mid:1'));
  expect(withStartBitrate(sdp(rtpmap, 'a=fmtp:96 profile-id=0', 'a=mid:1'))).toBe(
    sdp(rtpmap, 'a=fmtp:96 profile-id=0;x-google-start-bitrate=1500', 'a=mid:1'),
  );
});

test.for([
  [500_000, 500],
  [1_500_000, 1500],
  [8_000_000, 1500],
  [undefined, 1500],
] as const)('a limit of %s bit/s makes a start at %i kbit/s', ([maxBitrate, kilobits]) => {
  const answer = sdp('a=rtpmap:96 VP8/90000');
  expect(withStartBitrate(answer, maxBitrate)).toContain(`x-google-start-bitrate=${kilobits}\r\n`);
});

test.for(['a=rtpmap:111 opus/48000/2', 'a=rtpmap:97 rtx/90000', 'm=video 9 UDP/TLS/RTP/SAVPF 96'])('%s gets no start', (line) => {
  expect(withStartBitrate(sdp(line, 'a=fmtp:97 apt=96'))).toBe(sdp(line, 'a=fmtp:97 apt=96'));
});

test('payload types whose digits begin alike are told apart', () => {
  const answer = sdp('a=rtpmap:9 G722/8000', 'a=rtpmap:96 VP8/90000', 'a=fmtp:9 a=1', 'a=fmtp:96 b=1', 'a=fmtp:961 c=1');
  expect(withStartBitrate(answer)).toBe(
    sdp('a=rtpmap:9 G722/8000', 'a=rtpmap:96 VP8/90000', 'a=fmtp:9 a=1', 'a=fmtp:96 b=1;x-google-start-bitrate=1500', 'a=fmtp:961 c=1'),
  );
});
