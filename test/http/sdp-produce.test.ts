import * as mediasoup from 'mediasoup';
import type { Router, WebRtcTransport, Worker } from 'mediasoup/types';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import { codecOf, originProfile, routerCodecs } from '../../src/media/router-codecs.ts';
import { writePublishAnswer, writeSubscribeAnswer } from '../../src/sdp/answer.ts';
import type { TrackDescription } from '../../src/sdp/model.ts';
import { parseOffer } from '../../src/sdp/offer.ts';
import { planPublish, type PublishPlan } from '../../src/sdp/publish-plan.ts';
import { consumeCapabilities, planSubscribe } from '../../src/sdp/subscribe-plan.ts';
import { corpus, offerText, opusTrack, videoTrack } from '../fixtures/offers/corpus.ts';

let worker: Worker;
let router: Router;

beforeAll(async () => {
  worker = await mediasoup.createWorker();
  router = await worker.createRouter();
});
afterAll(() => {
  worker.close();
});

function planned(name: string, userAgent: string, codecs: readonly ('offer' | 'AV1' | 'VP9')[] | undefined): PublishPlan[] {
  try {
    return [planPublish(parseOffer(offerText(name)), { codecs: codecs ?? ['H264', 'VP8', 'VP9', 'AV1'], userAgent })];
  } catch (error) {
    if (error instanceof GatewayError) return [];
    throw error;
  }
}

async function openTransport(): Promise<WebRtcTransport> {
  return router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }], enableTcp: false });
}

async function produce(transport: WebRtcTransport, { description, rtpParameters }: PublishPlan['tracks'][number]) {
  router.updateMediaCodecs(routerCodecs(originProfile, codecOf(rtpParameters.codecs[0]?.mimeType ?? '')));
  return transport.produce({ kind: description.kind, rtpParameters });
}

const publishers = corpus.flatMap(({ name, userAgent }) =>
  [undefined, ['offer'] as const, ['VP9'] as const, ['AV1'] as const].flatMap((codecs) =>
    planned(name, userAgent, codecs).map((plan) => ({ name, order: codecs?.join() ?? 'default', plan })),
  ),
);

test.for(publishers)(
  'mediasoup connects and produces $name (codecs: $order) as planned, and the answer fits its transport',
  async ({ plan }) => {
    const transport = await openTransport();
    try {
      await transport.connect({ dtlsParameters: plan.remote.dtlsParameters });
      for (const track of plan.tracks) {
        const producer = await produce(transport, track);
        const isSimulcast = track.description.rids.length > 1;
        expect(producer.type).toBe(isSimulcast ? 'simulcast' : track.description.layered ? 'svc' : 'simple');
      }
      const answer = writePublishAnswer(plan, transport);
      expect(answer).toContain(`a=ice-ufrag:${transport.iceParameters.usernameFragment}\r\n`);
      expect(answer).toMatch(/^a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 \d+ typ host\r$/m);
    } finally {
      transport.close();
    }
  },
);

const players = corpus
  .filter(({ name }) => name.includes('whep') && name !== 'rfc9725-example')
  .flatMap(({ name }) => (['H264', 'VP8', 'VP9', 'AV1'] as const).map((codec) => ({ name, codec })));

test.for(players)('mediasoup sends $codec to $name exactly as answered', async ({ name, codec }) => {
  const simulcast: TrackDescription = { kind: 'video', codec, fmtp: {}, rids: ['l', 'h'], layered: true };
  const video = codec === 'VP8' ? simulcast : videoTrack(codec);
  const offer = parseOffer(offerText(name));
  const kinds = new Set(offer.sections.map(({ type }) => type));
  const tracks = [opusTrack, video].filter(({ kind }) => kinds.has(kind));
  const offered = offer.sections.flatMap(({ codecs }) => codecs.map((one) => one.name.toLowerCase()));
  if (!tracks.every((track) => offered.includes(track.codec.toLowerCase()))) {
    expect(() => planSubscribe(offer, { tracks, userAgent: '' })).toThrow(GatewayError);
    return;
  }
  const plan = planSubscribe(offer, { tracks, userAgent: '' });
  const [inward, outward] = await Promise.all([openTransport(), openTransport()]);
  try {
    const senders = [];
    for (const section of plan.sections) {
      const track = tracks.find(({ kind }) => kind === section.kind);
      if (track === undefined) throw new TypeError('no track');
      router.updateMediaCodecs(routerCodecs(plan.profile, track.codec));
      const label = router.rtpCapabilities.codecs?.find(({ mimeType }) => mimeType.toLowerCase().endsWith(track.codec.toLowerCase()));
      const producer = await inward.produce({
        kind: track.kind,
        rtpParameters: {
          codecs: [
            {
              mimeType: label?.mimeType ?? '',
              payloadType: 77,
              clockRate: label?.clockRate ?? 0,
              channels: track.kind === 'audio' ? 2 : 1,
              parameters: label?.parameters ?? {},
            },
          ],
          encodings:
            track.rids.length > 0
              ? track.rids.map((rid) => ({ rid, scalabilityMode: 'L1T3' }))
              : [{ ssrc: track.kind === 'audio' ? 1 : 2 }],
        },
      });
      const rtpCapabilities = consumeCapabilities(section, track);
      expect(router.canConsume({ producerId: producer.id, rtpCapabilities })).toBe(true);
      const { rtpParameters } = await outward.consume({ producerId: producer.id, rtpCapabilities, mid: section.mid, paused: true });
      senders.push({ mid: section.mid, rtpParameters });
      const [codecSent, rtxSent] = rtpParameters.codecs;
      expect(codecSent?.payloadType).toBe(section.codecs[0]?.offered.payloadType);
      expect(rtxSent?.payloadType).toBe(section.codecs[0]?.rtx);
      expect(codecSent?.rtcpFeedback).toEqual(section.codecs[0]?.feedback);
    }
    expect(writeSubscribeAnswer(plan, outward, senders)).toContain('a=sendonly\r\n');
  } finally {
    inward.close();
    outward.close();
  }
});
