import { expect, test } from 'vitest';
import { writePublishAnswer } from '../../../src/sdp/answer.ts';
import { parseOffer } from '../../../src/sdp/offer.ts';
import { planPublish, type PublishOptions, type PublishPlan } from '../../../src/sdp/publish-plan.ts';
import { local, offerText } from '../../fixtures/offers/corpus.ts';

const defaultOrder = ['H264', 'VP8', 'VP9', 'AV1'] as const;

function plan(text: string, codecs: PublishOptions['codecs'] = defaultOrder, userAgent = ''): PublishPlan {
  return planPublish(parseOffer(text), { codecs, userAgent });
}

function video({ tracks }: PublishPlan): PublishPlan['tracks'][number] {
  const track = tracks.find(({ description }) => description.kind === 'video');
  if (track === undefined) throw new TypeError('no video track');
  return track;
}

function refusal(code: string): Error {
  return expect.objectContaining({ name: 'GatewayError', code }) as Error;
}

test.for([
  ['the default order', defaultOrder, 'H264'],
  ['another order', ['VP9', 'H264'], 'VP9'],
  ['one codec', ['AV1'], 'AV1'],
  ["the publisher's order", ['offer'], 'VP8'],
  ["a codec that is not offered, then the publisher's order", ['offer', 'H264'], 'VP8'],
] as const)('under %s one video codec is answered', ([, codecs, expected]) => {
  const planned = plan(offerText('chromium-plain'), codecs);
  expect(video(planned).description.codec).toBe(expected);
  expect(video(planned).rtpParameters.codecs.filter(({ mimeType }) => mimeType !== 'video/rtx')).toHaveLength(1);
});

test('codecs that the policy does not name are refused', () => {
  expect(() => plan(offerText('chromium-av1'), ['H264', 'VP8'])).toThrow(refusal('ERR_CODEC_UNSUPPORTED'));
  expect(() => plan(offerText('chromium-av1'), [])).toThrow(refusal('ERR_CODEC_UNSUPPORTED'));
});

const profiles = [
  '42001f',
  '42e01f',
  '42c01f',
  '4d001f',
  '640c1f',
  '64001f',
  '42e034',
  '640029',
  '42E01F',
  '242c01f',
  '42e01f0',
  'zz',
  '58001f',
];

test.for(profiles)('H264 %s is accepted, answered unchanged and labelled canonically (C21)', (profile) => {
  const planned = plan(offerText('obs32').replace('profile-level-id=42e01f', `profile-level-id=${profile}`));
  expect(writePublishAnswer(planned, local)).toContain(
    `a=fmtp:96 profile-level-id=${profile};packetization-mode=1;level-asymmetry-allowed=1\r\n`,
  );
  expect(video(planned).rtpParameters.codecs[0]?.parameters).toMatchObject({ 'packetization-mode': 1, 'profile-level-id': '42e01f' });
});

test('H264 without any fmtp is accepted as what it is: packetization-mode 0', () => {
  const answer = writePublishAnswer(plan(offerText('obs32').replace(/a=fmtp:96.*\r\n/, '')), local);
  expect(answer).toContain('a=rtpmap:96 H264/90000\r\n');
  expect(answer).not.toContain('a=fmtp:96');
});

test("packetization-mode 1 wins over the publisher's order of H264 entries", () => {
  const text = offerText('chromium-h264only').replace(
    'packetization-mode=1;profile-level-id=42001f',
    'packetization-mode=0;profile-level-id=42001f',
  );
  expect(video(plan(text)).rtpParameters.codecs[0]?.payloadType).toBe(108);
});

test('profile 0 of VP9 wins over profile 2', () => {
  const text = offerText('chromium-plain').replace('98 99 100 101', '100 101 98 99');
  expect(video(plan(text, ['VP9'])).rtpParameters.codecs[0]?.payloadType).toBe(98);
});

test.for([
  ['recvonly', 'chromium-whep', 'ERR_OFFER_DIRECTION'],
  ['inactive', undefined, 'ERR_OFFER_DIRECTION'],
  ['two video sections', 'chromium-two-videos', 'ERR_OFFER_TRACKS'],
  ['two streams', 'chromium-two-streams', 'ERR_OFFER_TRACKS'],
  ['a data channel', 'chromium-datachannel', 'ERR_OFFER_TRACKS'],
  ['H265 only', 'hevc-only', 'ERR_CODEC_H265_UNSUPPORTED'],
  ['AV1 simulcast of OBS', 'obs32-simulcast3-av1', 'ERR_OFFER_SIMULCAST'],
] as const)('an offer with %s is refused whole', ([direction, name, code]) => {
  const text = name === undefined ? offerText('obs32').replaceAll('a=sendonly', `a=${direction}`) : offerText(name);
  expect(() => plan(text)).toThrow(refusal(code));
});

test('sendrecv and a missing direction are accepted (C01)', () => {
  expect(plan(offerText('chromium-sendrecv')).tracks).toHaveLength(2);
  expect(plan(offerText('obs32').replaceAll('a=sendonly\r\n', '')).tracks).toHaveLength(2);
});

test('opus with an unknown video codec is refused, not halved (C10)', () => {
  expect(() => plan(offerText('obs32').replace('H264/90000', 'JPEG/90000'))).toThrow(refusal('ERR_CODEC_UNSUPPORTED'));
});

test('audio other than opus is refused (C22)', () => {
  expect(() => plan(offerText('obs32').replace('opus/48000/2', 'PCMU/8000'))).toThrow(refusal('ERR_CODEC_UNSUPPORTED'));
});

test('payload types that collide with RTCP are not usable', () => {
  expect(() => plan(offerText('obs32').replaceAll(/(SAVPF |:)96/g, '$172'))).toThrow(refusal('ERR_CODEC_UNSUPPORTED'));
});

test('an RTX number that collides with RTCP is left out', () => {
  const text = offerText('ffmpeg9').replaceAll(/(SAVPF 106 |:)105/g, '$172');
  expect(video(plan(text)).rtpParameters.codecs.map(({ payloadType }) => payloadType)).toEqual([106]);
});

test('the same SSRC in two sections is refused', () => {
  const text = offerText('obs32').replaceAll('663918054', '663918053');
  expect(() => plan(text)).toThrow(refusal('ERR_OFFER_TRACKS'));
});

test('a section that no packet could be routed to is refused', () => {
  const text = offerText('obs30').replaceAll(/a=ssrc:.*\r\n/g, '');
  expect(() => plan(text)).toThrow(refusal('ERR_OFFER_TRACKS'));
});

test('a section without SSRC is routed by its mid', () => {
  const [audio, picture] = plan(offerText('rfc9725-example')).tracks;
  expect(audio?.rtpParameters).toMatchObject({ mid: '0', encodings: [{}], headerExtensions: [{ id: 4 }] });
  expect(picture?.rtpParameters.encodings).toEqual([{}]);
});

test('extensions keep their numbers; rotation and what only costs bytes stay out', () => {
  const uris = video(plan(offerText('chromium-plain'))).rtpParameters.headerExtensions?.map(({ id, uri }) => `${id} ${uri}`);
  expect(uris).toEqual([
    '3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
    '4 urn:ietf:params:rtp-hdrext:sdes:mid',
  ]);
});

test('an extension that the publisher only receives is not expected from it', () => {
  const text = offerText('firefox-plain').replaceAll('a=extmap:7 ', 'a=extmap:7/recvonly ');
  expect(video(plan(text)).rtpParameters.codecs[0]?.rtcpFeedback).not.toContainEqual({ type: 'transport-cc', parameter: '' });
});

test('without transport-cc the older bandwidth feedback is answered', () => {
  const text = offerText('chromium-plain').replaceAll(/a=rtcp-fb:\d+ transport-cc\r\n/g, '');
  const { codecs, headerExtensions } = video(plan(text)).rtpParameters;
  expect(codecs[0]?.rtcpFeedback).toContainEqual({ type: 'goog-remb', parameter: '' });
  expect(headerExtensions?.map(({ id }) => id)).toEqual([2, 4]);
});

test('feedback that nobody would send is not answered', () => {
  expect(video(plan(offerText('obs32'))).rtpParameters.codecs[0]?.rtcpFeedback).toEqual([
    { type: 'nack', parameter: '' },
    { type: 'nack', parameter: 'pli' },
  ]);
});

test.for([
  ['chromium-plain', 103],
  ['firefox-plain', 124],
  ['ffmpeg9', 105],
  ['chromium-simulcast3-vp8', 97],
  ['obs32', undefined],
  ['gst-webrtcbin-h264', undefined],
] as const)('%s repairs losses with RTX %s', ([name, rtx]) => {
  const { codecs, encodings } = video(plan(offerText(name))).rtpParameters;
  expect(codecs.find(({ mimeType }) => mimeType === 'video/rtx')?.payloadType).toBe(rtx);
  const isSimulcast = name.includes('simulcast');
  expect(encodings?.every((encoding) => (encoding.rtx === undefined) === (rtx === undefined || isSimulcast))).toBe(true);
});

test('RTX whose SSRC is not named beside a named media SSRC is left out, because mediasoup would drop it', () => {
  const text = offerText('chromium-plain')
    .replace(/a=ssrc-group:FID.*\r\n/, '')
    .replaceAll(/a=ssrc:508499137.*\r\n/g, '');
  expect(video(plan(text)).rtpParameters.codecs).toHaveLength(1);
});

test.for([
  ['OBS by its User-Agent, largest first', '0;1;2', 'OBS-Studio/32.2', '2 1 0'],
  ['OBS by its o= line', '0;1;2', '', '2 1 0'],
  ['q/h/f as written', 'q;h;f', '', 'q h f'],
  ['q/h/f backwards', 'f;h;q', '', 'q h f'],
  ['h/m/l', 'h;m;l', '', 'l m h'],
  ['low/medium/high', 'high;medium;low', '', 'low medium high'],
  ['names that mean nothing, as listed', 'x;y;z', '', 'x y z'],
  ['two of q/h/f', 'f;h', '', 'h f'],
] as const)('simulcast order: %s', ([, list, userAgent, expected]) => {
  const text = offerText('obs32-simulcast3').replace('send 0;1;2', `send ${list}`);
  const { description, rtpParameters } = video(plan(text, defaultOrder, userAgent));
  expect(description.rids.join(' ')).toBe(expected);
  expect(description.layered).toBe(true);
  expect(rtpParameters.encodings).toEqual(description.rids.map((rid) => ({ rid, scalabilityMode: 'L1T3' })));
});

test('other publishers with rids 0;1;2 are taken as listed, lowest first', () => {
  const text = offerText('chromium-simulcast3-vp8').replace('send h;m;l', 'send 0;1;2');
  expect(video(plan(text)).description.rids).toEqual(['0', '1', '2']);
});

test('a simulcast answer repeats all rids in the offered order, with CRLF (M03, M04)', () => {
  const answer = writePublishAnswer(plan(offerText('obs32-simulcast3'), defaultOrder, 'OBS-Studio/32.2'), local);
  expect(answer).toContain('a=rid:0 recv\r\na=rid:1 recv\r\na=rid:2 recv\r\na=simulcast:recv 0;1;2\r\n');
});

test('simulcast prefers a codec that can be forwarded so', () => {
  expect(video(plan(offerText('chromium-simulcast3-qhf'), ['AV1', 'VP9', 'VP8'])).description).toMatchObject({
    codec: 'VP8',
    rids: ['q', 'h', 'f'],
  });
});

test('of VP9 simulcast only the highest encoding is kept', () => {
  const planned = plan(offerText('chromium-simulcast3-vp9'));
  expect(writePublishAnswer(planned, local)).toContain('a=rid:f recv\r\na=simulcast:recv f\r\n');
  expect(video(planned).rtpParameters.encodings).toEqual([{ rid: 'f', scalabilityMode: 'L3T3' }]);
});

test('simulcast without the rid extension is refused', () => {
  const text = offerText('obs32-simulcast3').replace(/a=extmap:2.*\r\n/, '');
  expect(() => plan(text)).toThrow(refusal('ERR_OFFER_SIMULCAST'));
});

test.for([
  ['chromium-vp9svc-L3T3_KEY', 'L3T3'],
  ['chromium-av1', undefined],
  ['chromium-plain', undefined],
  ['rfc9725-example', undefined],
] as const)('a single encoding of %s is declared as %s', ([name, mode]) => {
  const { rtpParameters, description } = video(plan(offerText(name)));
  expect(rtpParameters.encodings?.[0]?.scalabilityMode).toBe(mode);
  expect(description.layered).toBe(mode !== undefined);
});

test('AV1 has layers only where the publisher describes them in a header extension', () => {
  const descriptor = 'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension';
  const text = offerText('chromium-av1').replace('a=sendonly', `a=extmap:12 ${descriptor}\r\na=sendonly`);
  const { rtpParameters, description } = video(plan(text));
  expect(rtpParameters.encodings?.[0]?.scalabilityMode).toBe('L3T3');
  expect(rtpParameters.headerExtensions).toContainEqual({ id: 12, uri: descriptor });
  expect(description.layered).toBe(true);
});

test.for([
  ['stereo=1;sprop-stereo=1;useinbandfec=1;usedtx=1', 'stereo=1;sprop-stereo=1;useinbandfec=1;usedtx=1'],
  ['minptime=10;sprop-stereo=1', 'sprop-stereo=1;stereo=1'],
  ['minptime=10;useinbandfec=1', 'useinbandfec=1'],
  ['cbr=1', undefined],
] as const)('opus %s is answered %s (C22)', ([offered, answered]) => {
  const text = offerText('chromium-audio-stereo').replace(/a=fmtp:111.*/, `a=fmtp:111 ${offered}`);
  const answer = writePublishAnswer(plan(text), local);
  expect(/^a=fmtp:111 (.*)\r$/m.exec(answer)?.[1]).toBe(answered);
});
