import { expect, test } from 'vitest';
import { writeLocalDescription } from '../../../src/sdp/local-description.ts';

test('a description for FFmpeg names ports, numbers and codecs, and nobody but this machine', () => {
  const text = writeLocalDescription([
    { kind: 'video', codec: 'H264', payloadType: 108, port: 30_000, fmtp: { 'profile-level-id': '640c1f' } },
    { kind: 'video', codec: 'VP8', payloadType: 96, port: 30_002, fmtp: {} },
    { kind: 'audio', codec: 'opus', payloadType: 111, port: 30_004, fmtp: { stereo: 1 } },
  ]);
  expect(text.split('\r\n')).toEqual([
    'v=0',
    'o=- 0 0 IN IP4 127.0.0.1',
    's=sluice',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    'm=video 30000 RTP/AVP 108',
    'a=rtpmap:108 H264/90000',
    'a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640c1f',
    'a=recvonly',
    'm=video 30002 RTP/AVP 96',
    'a=rtpmap:96 VP8/90000',
    'a=recvonly',
    'm=audio 30004 RTP/AVP 111',
    'a=rtpmap:111 opus/48000/2',
    'a=fmtp:111 minptime=10;useinbandfec=1',
    'a=recvonly',
    '',
  ]);
});
