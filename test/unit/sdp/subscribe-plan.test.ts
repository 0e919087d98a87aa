import { expect, test } from 'vitest';
import { paddingPayloadType as sentPayloadType } from '../../../src/media/padding.ts';
import { type AnswerablePlan, withoutOffer } from '../../../src/sdp/answerable-plan.ts';
import { writeSubscribeAnswer } from '../../../src/sdp/answer.ts';
import type { TrackDescription } from '../../../src/sdp/model.ts';
import { parseOffer } from '../../../src/sdp/offer.ts';
import { consumeCapabilities, paddingPayloadType, planSubscribe, sectionFor } from '../../../src/sdp/subscribe-plan.ts';
import { heldBy } from '../../fixtures/held-memory.ts';
import { local, offerText, opusTrack, videoTrack } from '../../fixtures/offers/corpus.ts';

function plan(text: string, tracks: readonly TrackDescription[] = [opusTrack, videoTrack('H264')], userAgent = ''): AnswerablePlan {
  return planSubscribe(parseOffer(text), { tracks, userAgent });
}

function refusal(code: string): Error {
  return expect.objectContaining({ name: 'GatewayError', code }) as Error;
}

const simulcastTrack: TrackDescription = { kind: 'video', codec: 'VP8', fmtp: {}, rids: ['l', 'm', 'h'], layered: true };

test("the profile holds the player's own numbers, RTX only where a router can have it", () => {
  expect(plan(offerText('chromium-whep')).profile).toEqual({
    audio: { opus: 111 },
    video: {
      H264: { payloadType: 108, rtx: 109 },
      VP8: { payloadType: 96, rtx: 97 },
      VP9: { payloadType: 98, rtx: 99 },
      AV1: { payloadType: 45, rtx: undefined },
    },
  });
});

test.for(['firefox-whep', 'firefox-whep-esr153'])(
  '%s is answered without RTX, which Firefox only finds by SSRCs that an answer names',
  (name) => {
    const planned = plan(offerText(name), [opusTrack, videoTrack('VP8')]);
    expect(planned).toMatchObject({
      namesSsrcs: false,
      swapsSsrcs: false,
      profile: { video: { VP8: { payloadType: 120, rtx: undefined } } },
    });
    for (const section of planned.sections) {
      for (const { rtx, feedback } of section.codecs) {
        expect(rtx).toBeUndefined();
        if (section.kind === 'video') expect(feedback).toContainEqual({ type: 'nack', parameter: '' });
      }
    }
    const video = sectionFor(planned, videoTrack('VP8'));
    expect(video && consumeCapabilities(video, videoTrack('VP8')).codecs?.map(({ mimeType }) => mimeType)).toEqual(['video/VP8']);
  },
);

test("the stream's present codec comes first, the others in the player's order", () => {
  const sections = plan(offerText('chromium-whep'), [opusTrack, videoTrack('VP9')]).sections;
  expect(sections[0]?.codecs.map(({ name }) => name)).toEqual(['VP9', 'VP8', 'H264', 'AV1']);
});

test.for([
  ['the same profile', '4d001f', 116],
  ['the same profile, whatever the level', '42c028', 108],
  ['the best lesser profile, rather than 4:4:4,', '640028', 116],
  ['baseline', '420033', 102],
  ['no known profile', undefined, 108],
] as const)('of several H264 entries the one with %s is answered', ([, profile, payloadType]) => {
  const fmtp = profile === undefined ? {} : { 'profile-level-id': profile };
  expect(plan(offerText('chromium-whep'), [videoTrack('H264', fmtp)]).profile.video.H264?.payloadType).toBe(payloadType);
});

test('Safari gets High as constrained high', () => {
  const planned = plan(offerText('safari-whep'), [videoTrack('H264', { 'profile-level-id': '640028' })]);
  expect(planned.profile.video.H264?.payloadType).toBe(96);
});

test('H264 is never refused for its profile', () => {
  const planned = plan(offerText('libdatachannel-whep'), [videoTrack('H264', { 'profile-level-id': 'f4001f' })]);
  expect(planned.profile.video.H264).toEqual({ payloadType: 102, rtx: undefined });
});

test('packetization-mode 1 counts more than the profile', () => {
  const text = offerText('chromium-whep').replaceAll(
    /packetization-mode=1;profile-level-id=42e01f/g,
    'packetization-mode=0;profile-level-id=42e01f',
  );
  expect(plan(text, [videoTrack('H264', { 'profile-level-id': '42e01f' })]).profile.video.H264?.payloadType).toBe(102);
});

test('VP9 is answered in its own profile, and not at all without it', () => {
  const ten = videoTrack('VP9', { 'profile-id': 2 });
  expect(plan(offerText('chromium-whep'), [ten]).profile.video.VP9).toEqual({ payloadType: 100, rtx: 101 });
  expect(() => plan(offerText('firefox-whep'), [ten])).toThrow(refusal('ERR_NO_COMMON_CODEC'));
});

test('a player that offers a kind without its codec is refused with both lists (C23)', () => {
  expect(() => plan(offerText('chromium-whep-vp8-only'))).toThrow(/audio opus and video H264.*video VP8, rtx; audio opus/);
  expect(() => plan(offerText('chromium-whep-vp8-only'))).toThrow(refusal('ERR_NO_COMMON_CODEC'));
});

test('a player that offers no video section gets audio only', () => {
  const planned = plan(offerText('chromium-whep-audio-only'));
  expect(planned.sections.map(({ kind }) => kind)).toEqual(['audio']);
  expect(sectionFor(planned, videoTrack('H264'))).toBeUndefined();
});

test('a player that can take nothing is refused', () => {
  expect(() => plan(offerText('chromium-whep-audio-only'), [videoTrack('H264')])).toThrow(refusal('ERR_NO_COMMON_CODEC'));
  expect(() => plan(offerText('chromium-whep'), [])).toThrow(refusal('ERR_NO_COMMON_CODEC'));
});

test.for(['sendonly', 'inactive'])('a %s offer is refused (C03)', (direction) => {
  expect(() => plan(offerText('chromium-whep').replaceAll('a=recvonly', `a=${direction}`))).toThrow(refusal('ERR_OFFER_DIRECTION'));
});

test('sendrecv and a missing direction are accepted (C03)', () => {
  expect(plan(offerText('chromium-whep').replaceAll('a=recvonly', 'a=sendrecv')).sections).toHaveLength(2);
  expect(plan(offerText('chromium-whep').replaceAll('a=recvonly\r\n', '')).sections).toHaveLength(2);
});

test('of two video sections the first that can carry the track is served', () => {
  const second =
    offerText('chromium-whep')
      .split(/(?=^m=)/m)[1]
      ?.replace('a=mid:0', 'a=mid:2') ?? '';
  const text = offerText('chromium-whep-vp8-only').replace('BUNDLE 0 1', 'BUNDLE 0 1 2') + second;
  expect(plan(text).sections.map(({ mid }) => mid)).toEqual(['1', '2']);
});

test('one number for two codecs of a bundle is refused', () => {
  const text = offerText('libdatachannel-whep').replaceAll(/(SAVPF |:)111/g, '$196');
  expect(() => plan(text)).toThrow(refusal('ERR_OFFER_BUNDLE'));
});

test('a changed codec finds its section as long as it was answered', () => {
  const planned = plan(offerText('libdatachannel-whep'));
  expect(sectionFor(planned, videoTrack('VP8'))?.mid).toBe('video');
  expect(sectionFor(planned, videoTrack('AV1'))).toBeUndefined();
});

test('a changed profile of VP9 is no longer carried by the section that answered another', () => {
  const planned = plan(offerText('chromium-whep'), [videoTrack('VP9', { 'profile-id': 2 })]);
  expect(sectionFor(planned, videoTrack('VP9', { 'profile-id': 2 }))?.mid).toBe('0');
  expect(sectionFor(planned, videoTrack('VP9'))).toBeUndefined();
});

test.for([
  ['chromium-whep', '', false],
  ['safari-whep', '', false],
  ['firefox-whep', '', false],
  ['firefox-whep-esr153', '', false],
  ['chromium-whep-audio-only', '', false],
  ['pion-whep', 'Mozilla/5.0 (X11)', false],
  ['pion-whep', 'Go-http-client/1.1', true],
  ['libdatachannel-whep', '', true],
  ['werift-whep', '', true],
  ['gst-whepclientsrc', '', true],
] as const)('%s with User-Agent "%s" is told its SSRCs: %s', ([name, userAgent, expected]) => {
  const tracks = name.includes('audio') ? [opusTrack] : [opusTrack, videoTrack(name.includes('esr') ? 'VP8' : 'H264')];
  const takesPadding = !expected || name.startsWith('libdatachannel');
  expect(plan(offerText(name), tracks, userAgent)).toMatchObject({ namesSsrcs: expected, takesPadding });
});

test('a player that knows the number of padding is sent none', () => {
  expect(sentPayloadType).toBe(paddingPayloadType);
  const text = offerText('chromium-whep').replace(/^(m=audio.*)$/m, `$1 ${paddingPayloadType}`);
  const known = text.replace(/^(a=rtpmap:111 .*)$/m, `$1\r\na=rtpmap:${paddingPayloadType} L8/8000`);
  expect(plan(known, [opusTrack, videoTrack('VP8')])).toMatchObject({ namesSsrcs: false, takesPadding: false });
});

test('an extension whose number means something else to the player is left out', () => {
  const planned = plan(offerText('chromium-whep'), [opusTrack, simulcastTrack]);
  expect(planned.sections.flatMap(({ extensions }) => extensions)).toEqual([]);
  expect(planned.sections[0]?.codecs[0]?.feedback.map(({ type }) => type)).toEqual(['nack', 'nack', 'ccm']);
});

test('libwebrtc takes our numbers where its own bundle leaves them free', () => {
  const [video, audio] = plan(offerText('chromium-whep-minimal-extensions'), [opusTrack, simulcastTrack]).sections;
  expect(video?.extensions.map(({ id, uri }) => `${id} ${uri}`)).toEqual([
    '1 urn:ietf:params:rtp-hdrext:sdes:mid',
    '5 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  ]);
  expect(video?.codecs[0]?.feedback).toContainEqual({ type: 'transport-cc', parameter: '' });
  expect(audio?.extensions.map(({ id }) => id)).toEqual([1]);
});

test('nobody else is asked to renumber', () => {
  const text = offerText('pion-whep').replaceAll('a=extmap:1 ', 'a=extmap:9 ');
  expect(plan(text).sections.flatMap(({ extensions }) => extensions)).toEqual([]);
});

test('a track without layers gets no bandwidth estimation', () => {
  const [video] = plan(offerText('chromium-whep-minimal-extensions'), [opusTrack, videoTrack('VP8')]).sections;
  expect(video?.extensions.map(({ id }) => id)).toEqual([1]);
  expect(video?.codecs[0]?.feedback.map(({ type }) => type)).toEqual(['nack', 'nack', 'ccm']);
});

test('numbers that agree are used: abs-send-time for Firefox, mid for pion', () => {
  const [, video] = plan(offerText('firefox-whep'), [opusTrack, simulcastTrack]).sections;
  expect(video?.extensions.map(({ id }) => id)).toEqual([4]);
  expect(video?.codecs[0]?.feedback).toContainEqual({ type: 'goog-remb', parameter: '' });
  expect(plan(offerText('pion-whep')).sections.map(({ extensions }) => extensions.map(({ id }) => id))).toEqual([[1], [1]]);
});

test('a mid that does not fit into the packets of mediasoup is not announced', () => {
  const text = offerText('pion-whep').replace('BUNDLE 0 1', 'BUNDLE transceiver0 1').replace('a=mid:0', 'a=mid:transceiver0');
  expect(plan(text).sections[0]?.extensions).toEqual([]);
});

test('what mediasoup is told of the player: one codec, its RTX, its feedback, its extensions', () => {
  const planned = plan(offerText('chromium-whep-minimal-extensions'), [opusTrack, simulcastTrack]);
  const [section] = planned.sections;
  if (section === undefined) throw new TypeError('no section');
  expect(consumeCapabilities(section, simulcastTrack)).toMatchObject({
    codecs: [
      { kind: 'video', mimeType: 'video/VP8', preferredPayloadType: 96, clockRate: 90_000 },
      { kind: 'video', mimeType: 'video/rtx', preferredPayloadType: 97, parameters: { apt: 96 } },
    ],
    headerExtensions: [
      { kind: 'video', uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', preferredId: 1 },
      { kind: 'video', preferredId: 5 },
    ],
  });
  expect(consumeCapabilities(section, videoTrack('AV1')).codecs).toHaveLength(1);
  expect(() => consumeCapabilities(section, opusTrack)).toThrow(TypeError);
});

test.for([
  ['a stereo publisher and a player that asks for it', 'chromium-whep-stereo', opusTrack, 'useinbandfec=1;sprop-stereo=1;stereo=1'],
  ['a stereo publisher and a player that does not', 'chromium-whep', opusTrack, 'useinbandfec=1;sprop-stereo=1'],
  ['a publisher with DTX', 'chromium-whep', { ...opusTrack, fmtp: { usedtx: 1 } }, 'usedtx=1'],
  ['a publisher without anything', 'chromium-whep', { ...opusTrack, fmtp: {} }, undefined],
] as const)('opus parameters for %s (C22)', ([, name, track, expected]) => {
  const answer = writeSubscribeAnswer(plan(offerText(name), [track, videoTrack('H264')]), local, []);
  expect(/^a=fmtp:111 (.*)\r$/m.exec(answer)?.[1]).toBe(expected);
});

test.for(['chromium-whep', 'firefox-whep', 'libdatachannel-whep'])(
  'what is kept of the plan for %s keeps nothing else of its offer',
  async (name) => {
    const bytes = Buffer.from(offerText(name) + `a=x-long:${'x'.repeat(3900)}\r\n`.repeat(12));
    expect(await heldBy(() => plan(bytes.toString()))).toBeGreaterThan(bytes.length);
    expect(await heldBy(() => withoutOffer(plan(bytes.toString())))).toBeLessThan(10_000);
  },
);
