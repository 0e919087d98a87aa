import { expect, test } from 'vitest';
import { codecsToOffer, type EncodingRequest, planEncodings } from '../../../src/web/encoding-plan.ts';

const plain: EncodingRequest = { codec: undefined, simulcast: false, scalabilityMode: undefined, maxBitrate: undefined };

test.for<[string, Partial<EncodingRequest>, RTCRtpEncodingParameters & { scalabilityMode?: string }]>([
  ['nothing is asked for', {}, {}],
  ['a codec is', { codec: 'VP8' }, {}],
  ['a bit rate is', { maxBitrate: 2_500_000 }, { maxBitrate: 2_500_000 }],
  ['layers are', { codec: 'VP9', scalabilityMode: 'L3T3_KEY' }, { scalabilityMode: 'L3T3_KEY' }],
])('there is one encoding when %s', ([, request, encoding]) => {
  expect(planEncodings({ ...plain, ...request })).toEqual([encoding]);
});

test('simulcast has three sizes, smallest first, which share the bit rate', () => {
  const encodings = planEncodings({ ...plain, simulcast: true, maxBitrate: 2_500_000 });
  expect(encodings).toEqual([
    { rid: 'l', scaleResolutionDownBy: 4, maxBitrate: 200_000 },
    { rid: 'm', scaleResolutionDownBy: 2, maxBitrate: 600_000 },
    { rid: 'h', scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
  ]);
});

test.for([
  ['VP8', 'L1T3'],
  ['VP9', 'L1T3'],
  ['AV1', 'L1T3'],
  ['H264', undefined],
  [undefined, undefined],
] as const)('simulcast with the codec %s has the scalability mode %s', ([codec, scalabilityMode]) => {
  const encodings: (RTCRtpEncodingParameters & { scalabilityMode?: string })[] = planEncodings({ ...plain, codec, simulcast: true });
  expect(encodings.map((encoding) => encoding.scalabilityMode)).toEqual([scalabilityMode, scalabilityMode, scalabilityMode]);
});

test('encodings of one’s own are taken as they are', () => {
  const own = [{ rid: 'a', maxBitrate: 100_000 }, { rid: 'b' }];
  expect(planEncodings({ ...plain, codec: 'VP8', simulcast: own, maxBitrate: 1 })).toEqual(own);
});

const codec = (name: string, sdpFmtpLine?: string): RTCRtpCodec => ({
  mimeType: `video/${name}`,
  clockRate: 90_000,
  ...(sdpFmtpLine === undefined ? {} : { sdpFmtpLine }),
});

/** What Chromium on Linux can send. */
const available = [
  codec('VP8'),
  codec('rtx'),
  codec('H264', 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f'),
  codec('H264', 'level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f'),
  codec('H264', 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f'),
  codec('H264', 'level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f'),
  codec('H264', 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f'),
  codec('AV1', 'level-idx=5;profile=0;tier=0'),
  codec('AV1', 'level-idx=5;profile=1;tier=0'),
  codec('VP9', 'profile-id=0'),
  codec('VP9', 'profile-id=2'),
  codec('red'),
  codec('ulpfec'),
];

test.for([
  ['VP8', ['VP8', 'rtx']],
  ['H264', ['H264 42e01f', 'H264 42001f', 'H264 64001f', 'rtx']],
  ['VP9', ['VP9 0', 'rtx']],
  ['AV1', ['AV1 0', 'rtx']],
] as const)('%s is offered as %j', ([wanted, offered]) => {
  const nameOf = ({ mimeType, sdpFmtpLine = '' }: RTCRtpCodec): string =>
    [mimeType.slice('video/'.length), /\b(?:profile-level-id|profile-id|profile)=(\w+)/.exec(sdpFmtpLine)?.[1] ?? ''].join(' ').trim();
  expect(codecsToOffer(available, wanted).map(nameOf)).toEqual(offered);
});

test('a codec that the browser does not have is not offered at all', () => {
  expect(codecsToOffer([codec('VP8'), codec('rtx')], 'AV1')).toEqual([]);
});
