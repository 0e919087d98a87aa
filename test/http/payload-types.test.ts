import * as fc from 'fast-check';
import * as mediasoup from 'mediasoup';
import type { RtpCodecCapability } from 'mediasoup/types';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PayloadProfile } from '../../src/media/engine.ts';
import { codecLabel, originProfile, routerCodecs } from '../../src/media/router-codecs.ts';

type Worker = Awaited<ReturnType<typeof mediasoup.createWorker>>;
type Codec = 'H264' | 'VP8' | 'VP9' | 'AV1';
const codecNames = ['H264', 'VP8', 'VP9', 'AV1'] as const;
let worker: Worker;

beforeAll(async () => {
  worker = await mediasoup.createWorker();
});
afterAll(() => {
  worker.close();
});

/** Publishes at an origin router, pipes to a router with the profile, and gives the numbers that a consumer there sends with. */
async function numbersSent(profile: PayloadProfile, codec: Codec): Promise<{ payloadType: number | undefined; rtx: number | undefined }> {
  const [origin, edge] = await Promise.all([worker.createRouter(), worker.createRouter()]);
  try {
    const inward = await origin.createPlainTransport({ listenInfo: { protocol: 'udp', ip: '127.0.0.1' } });
    origin.updateMediaCodecs(routerCodecs(originProfile, codec));
    const { parameters = {} } = codecLabel(codec);
    const producer = await inward.produce({
      kind: 'video',
      rtpParameters: {
        codecs: [{ mimeType: `video/${codec}`, clockRate: 90_000, payloadType: 77, parameters, rtcpFeedback: [{ type: 'nack' }] }],
        encodings: [{ ssrc: 1234 }],
      },
    });
    edge.updateMediaCodecs(routerCodecs(profile, codec));
    const { pipeProducer } = await origin.pipeToRouter({ producerId: producer.id, router: edge, keepId: false, enableSctp: false });
    const outward = await edge.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] });
    const rtx: RtpCodecCapability = {
      kind: 'video',
      mimeType: 'video/rtx',
      clockRate: 90_000,
      preferredPayloadType: 1,
      parameters: { apt: 2 },
    };
    const label = { ...codecLabel(codec), preferredPayloadType: 2, rtcpFeedback: [{ type: 'nack' }] };
    const codecs = profile.video[codec]?.rtx === undefined ? [label] : [label, rtx];
    const consumer = await outward.consume({
      producerId: pipeProducer?.id ?? '',
      rtpCapabilities: { codecs, headerExtensions: [] },
      paused: true,
    });
    const sent = (await consumer.dump()).rtpParameters.codecs;
    return { payloadType: sent[0]?.payloadType, rtx: sent.find(({ mimeType }) => mimeType === 'video/rtx')?.payloadType };
  } finally {
    origin.close();
    edge.close();
  }
}

test.for([
  ['Firefox', { audio: { opus: 109 }, video: { VP8: { payloadType: 120, rtx: 124 } } }, 'VP8'],
  ['Chromium with AV1', { audio: { opus: 111 }, video: { AV1: { payloadType: 45, rtx: undefined } } }, 'AV1'],
  ['a player that takes no RTX', { audio: { opus: 111 }, video: { VP9: { payloadType: 98, rtx: undefined } } }, 'VP9'],
  ['a player whose RTX is the first of the pool', { audio: {}, video: { H264: { payloadType: 127, rtx: 100 } } }, 'H264'],
  ['a player whose RTX is the last of the pool', { audio: { opus: 98 }, video: { H264: { payloadType: 97, rtx: 99 } } }, 'H264'],
  ['a player whose media number is in the way of its RTX', { audio: { opus: 100 }, video: { VP8: { payloadType: 101, rtx: 102 } } }, 'VP8'],
] as const)('%s gets its own media and RTX numbers through a pipe', async ([, profile, codec]) => {
  expect(await numbersSent(profile, codec)).toEqual((profile.video as PayloadProfile['video'])[codec]);
});

test('any payload profile is sent exactly as the player numbered it', async () => {
  const profiles = fc
    .record({
      media: fc.shuffledSubarray([...range(96, 111), ...range(35, 63)], { minLength: 5, maxLength: 5 }),
      rtx: fc.shuffledSubarray(range(112, 127), { minLength: 4, maxLength: 4 }),
      swapped: fc.boolean(),
      codecs: fc.subarray([...codecNames], { minLength: 1 }),
      withRtx: fc.boolean(),
    })
    .map(({ media: [opus = 0, ...media], rtx, swapped, codecs, withRtx }): { profile: PayloadProfile; codecs: readonly Codec[] } => ({
      codecs,
      profile: {
        audio: { opus },
        video: Object.fromEntries(
          codecs.map((codec, index) => {
            const [a = 0, b = 0] = swapped && (media[index] ?? 0) >= 96 ? [rtx[index], media[index]] : [media[index], rtx[index]];
            return [codec, { payloadType: a, rtx: withRtx ? b : undefined }];
          }),
        ),
      },
    }));
  await fc.assert(
    fc.asyncProperty(profiles, async ({ profile, codecs }) => {
      for (const codec of codecs) expect(await numbersSent(profile, codec)).toEqual(profile.video[codec]);
    }),
    { numRuns: 25 },
  );
});

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
