import { GatewayError } from '../../src/errors.ts';
import { writePublishAnswer, writeSubscribeAnswer } from '../../src/sdp/answer.ts';
import { parseFragment } from '../../src/sdp/fragment.ts';
import type { TrackDescription } from '../../src/sdp/model.ts';
import { parseOffer } from '../../src/sdp/offer.ts';
import { planPublish } from '../../src/sdp/publish-plan.ts';
import { consumeCapabilities, planSubscribe, sectionFor } from '../../src/sdp/subscribe-plan.ts';
import { local, opusTrack, sendersOf, videoTrack } from '../fixtures/offers/corpus.ts';
import type { Next } from './mutations.ts';

const streams: readonly (readonly TrackDescription[])[] = [
  [opusTrack, videoTrack('H264', { 'profile-level-id': '640c1f' })],
  [videoTrack('VP8'), opusTrack],
  [opusTrack, { ...videoTrack('VP8'), rids: ['l', 'm', 'h'], layered: true }],
  [videoTrack('VP9', { 'profile-id': 0 })],
  [videoTrack('AV1', { profile: 0 }), opusTrack],
  [opusTrack],
];
const orders = [['H264', 'VP8', 'VP9', 'AV1'], ['offer'], ['AV1', 'offer']] as const;
const agents = ['Mozilla/5.0', 'OBS-Studio/32.1', 'Go-http-client/1.1', ''];

/** Everything that happens to the text of an offer without a worker: both roles. Throws what is not a {@link GatewayError}. */
export function negotiate(text: string, next: Next): void {
  const userAgent = agents[next(agents.length)] ?? '';
  const codecs = orders[next(orders.length)] ?? ['offer'];
  const tracks = streams[next(streams.length)] ?? [];
  unlessRefused(() => {
    const offer = parseOffer(text);
    unlessRefused(() => writePublishAnswer(planPublish(offer, { codecs, userAgent }), local));
    unlessRefused(() => {
      const plan = planSubscribe(offer, { tracks, userAgent });
      writeSubscribeAnswer(plan, local, sendersOf(plan));
      for (const track of tracks) {
        const section = sectionFor(plan, track);
        if (section !== undefined) consumeCapabilities(section, track);
      }
    });
  });
}

/** Reads the text as a fragment. */
export function trickle(text: string): void {
  unlessRefused(() => parseFragment(text));
}

function unlessRefused(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
  }
}
