import { expect, test } from 'vitest';
import { covers, originProfile } from '../../../src/media/router-codecs.ts';
import { counterOfferProfile, planCounterAnswer, writeCounterOffer } from '../../../src/sdp/counter-offer.ts';
import type { TrackDescription } from '../../../src/sdp/model.ts';
import { parseOffer } from '../../../src/sdp/offer.ts';
import { consumeCapabilities, sectionFor } from '../../../src/sdp/subscribe-plan.ts';
import { local, opusTrack, videoTrack } from '../../fixtures/offers/corpus.ts';

const simulcast: TrackDescription = { ...videoTrack('VP8'), rids: ['l', 'm', 'h'], layered: true };

/** What a player that takes everything answers. */
function mirrored(offer: string): string {
  return offer.replaceAll('a=sendonly', 'a=recvonly').replaceAll('a=setup:actpass', 'a=setup:active').replaceAll('a=ice-lite\r\n', '');
}

test('a counter-offer has the numbers that the origin router can send', () => {
  expect(covers(originProfile, counterOfferProfile)).toBe(true);
});

test.for(['H264', 'VP8', 'VP9', 'AV1'] as const)(
  'a counter-offer for %s lists it first, with RTX, and the other codecs behind it',
  (codec) => {
    const [video, audio] = parseOffer(writeCounterOffer([videoTrack(codec), opusTrack], local)).sections;
    expect(video?.codecs[0]).toMatchObject({ name: codec, ...counterOfferProfile.video[codec] });
    expect(video?.codecs.filter(({ name }) => name !== 'rtx')).toHaveLength(4);
    expect(audio?.codecs.map(({ name, payloadType }) => [name, payloadType])).toEqual([['opus', 111]]);
  },
);

test('bandwidth estimation is offered where there are layers only, with the numbers of mediasoup', () => {
  const extensionsOf = (track: TrackDescription) =>
    parseOffer(writeCounterOffer([track], local)).sections[0]?.extensions.map(({ id }) => id);
  expect(extensionsOf(simulcast)).toEqual([1, 5]);
  expect(extensionsOf(videoTrack('VP8'))).toEqual([1]);
});

test('an answer that takes everything is planned with RTX, transport-cc and no named SSRCs', () => {
  const tracks = [simulcast, opusTrack];
  const plan = planCounterAnswer(mirrored(writeCounterOffer(tracks, local)), { tracks, userAgent: 'GStreamer' });
  const section = sectionFor(plan, simulcast);
  if (section === undefined) throw new Error('the section is missing');
  const { codecs = [], headerExtensions = [] } = consumeCapabilities(section, simulcast);
  expect(codecs.map(({ mimeType }) => mimeType)).toEqual(['video/VP8', 'video/rtx']);
  expect(headerExtensions.map(({ preferredId }) => preferredId)).toEqual([1, 5]);
  expect(plan).toMatchObject({ namesSsrcs: false, takesPadding: false });
  expect(plan.remote.dtlsParameters.role).toBe('client');
});

test('an answer with numbers of its own is refused', () => {
  const text = mirrored(writeCounterOffer([videoTrack('VP8')], local)).replaceAll(/\b96\b/g, '120');
  expect(() => planCounterAnswer(text, { tracks: [videoTrack('VP8')], userAgent: '' })).toThrow(
    expect.objectContaining({ code: 'ERR_ANSWER_MISMATCH' }) as Error,
  );
});
