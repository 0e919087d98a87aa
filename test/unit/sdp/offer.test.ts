import { expect, test } from 'vitest';
import { parseOffer } from '../../../src/sdp/offer.ts';
import { corpus, offerText } from '../../fixtures/offers/corpus.ts';

test.for(corpus)('$name is read', ({ text }) => {
  const offer = parseOffer(text);
  expect(offer.sections.length).toBeGreaterThan(0);
  expect(offer.fingerprints).toHaveLength(1);
});

test('line ends may be LF, and the last one may be missing', () => {
  const text = offerText('obs30');
  expect(parseOffer(text.replaceAll('\r\n', '\n').trimEnd())).toEqual(parseOffer(text));
});

test('port 0 with bundle-only is an active section (C17)', () => {
  const { sections } = parseOffer(offerText('rfc9725-example'));
  expect(sections.map(({ rejected }) => rejected)).toEqual([false, false]);
});

test('port 0 without bundle-only is a rejected section', () => {
  const { sections } = parseOffer(offerText('rfc9725-example').replaceAll('a=bundle-only\r\n', ''));
  expect(sections.map(({ rejected }) => rejected)).toEqual([false, true]);
});

test('ICE and DTLS attributes are found in the session part (C18)', () => {
  const { ice, setup } = parseOffer(offerText('obs30'));
  expect(ice).toEqual({ usernameFragment: 'Uh6X', password: 'iARZwMQLP89pwrXQ9nUXMV' });
  expect(setup).toBe('actpass');
});

test('attributes of the offerer-tagged section win over those of the session and of other sections (C18)', () => {
  const text = offerText('obs30')
    .replace('a=mid:0', 'a=mid:0\r\na=ice-ufrag:first\r\na=setup:active')
    .replace('a=mid:1', 'a=mid:1\r\na=ice-ufrag:second\r\na=setup:passive');
  expect(parseOffer(text).ice.usernameFragment).toBe('first');
  expect(parseOffer(text).setup).toBe('active');
  expect(parseOffer(text.replace('BUNDLE 0 1', 'BUNDLE 1 0')).ice.usernameFragment).toBe('second');
});

test('credentials that look like numbers stay text', () => {
  const text = offerText('obs30')
    .replace('ice-ufrag:Uh6X', 'ice-ufrag:1234')
    .replace('ice-pwd:iARZwMQLP89pwrXQ9nUXMV', 'ice-pwd:0012345678901234567890');
  expect(parseOffer(text).ice).toEqual({ usernameFragment: '1234', password: '0012345678901234567890' });
});

test('BUNDLE mids without a section, other groups and strange o= and s= lines are tolerated (C19)', () => {
  const text = offerText('ffmpeg9').split('m=video')[0] ?? '';
  const offer = parseOffer(text.replace('s=FFmpegPublishSession', 's=Grüße – 直播').replace('a=group:', 'a=group:LS 0 1\r\na=group:'));
  expect(offer.bundleMids).toEqual(['0']);
  expect(offer.originUser).toBe('FFmpeg');
});

test('a missing setup line counts as actpass (C13)', () => {
  expect(parseOffer(offerText('obs30').replace('a=setup:actpass\r\n', '')).setup).toBe('actpass');
});

test('a fingerprint is written in capitals, because mediasoup compares text', () => {
  const offer = parseOffer(offerText('obs30').replace('sha-256 53:88:0A', 'SHA-256 53:88:0a'));
  expect(offer.fingerprints[0]).toMatchObject({ algorithm: 'sha-256', value: expect.stringMatching(/^53:88:0A:/) as string });
});

test('a stereo track is known from fmtp, H264 profiles stay hexadecimal text', () => {
  const { sections } = parseOffer(offerText('obs30').replace('42e01f', '640029'));
  expect(sections[0]?.codecs[0]?.fmtp).toMatchObject({ stereo: 1, 'sprop-stereo': 1 });
  expect(sections[1]?.codecs[0]?.fmtp['profile-level-id']).toBe('640029');
});

test('simulcast lists with alternatives, paused rids and dashes are read (M05)', () => {
  const text = offerText('obs32-simulcast3').replace('a=simulcast:send 0;1;2', 'a=simulcast:recv x send ~hi-1,spare;mid_2;0');
  expect(parseOffer(text).sections[1]?.simulcastRids).toEqual(['hi-1', 'mid_2', '0']);
});

test('MediaStream ids with braces are read, and `-` is none', () => {
  expect(parseOffer(offerText('firefox-plain')).sections[0]?.msidStreams).toEqual(['{9fd7f7f0-4470-4e26-b0fb-7b7194bfcf76}']);
  expect(parseOffer(offerText('rfc9725-example')).sections[0]?.msidStreams).toEqual([]);
});

test('an FID group tells the RTX SSRC, named by itself or not', () => {
  expect(parseOffer(offerText('ffmpeg9')).sections[1]?.ssrcs).toEqual([{ ssrc: 116768168, rtxSsrc: 116768169 }]);
  expect(parseOffer(offerText('firefox-plain')).sections[1]?.ssrcs).toEqual([{ ssrc: 317175357, rtxSsrc: 3003506987 }]);
});

test.for([
  ['chromium-whep', true],
  ['chromium-whep-minimal-extensions', true],
  ['safari-whep', true],
  ['firefox-whep', false],
  ['pion-whep', false],
  ['libdatachannel-whep', false],
  ['werift-whep', false],
  ['gst-whepclientsrc', false],
  ['ffmpeg9', false],
  ['whep-draft-example', false],
] as const)('%s comes from libwebrtc: %s', ([name, expected]) => {
  expect(parseOffer(offerText(name)).libwebrtc).toBe(expected);
});

const plain = offerText('chromium-plain');

test.for([
  ['an empty body', '', 'ERR_OFFER_MALFORMED'],
  ['text that is not SDP', 'hello', 'ERR_OFFER_MALFORMED'],
  ['JSON', '{"type":"offer","sdp":"v=0"}', 'ERR_OFFER_MALFORMED'],
  ['a line that is not x=value', plain.replace('t=0 0', 'surprise'), 'ERR_OFFER_MALFORMED'],
  ['an unreadable m= line', plain.replace('m=video 9 ', 'm=video nine '), 'ERR_OFFER_MALFORMED'],
  ['two equal mids', plain.replace('a=mid:1', 'a=mid:0'), 'ERR_OFFER_MALFORMED'],
  ['SDP cut off in the middle', plain.slice(0, plain.length / 2), 'ERR_OFFER_MALFORMED'],
  ['no m= section', plain.split('m=')[0] ?? '', 'ERR_OFFER_TRACKS'],
  ['no section that is switched on', plain.replaceAll(/^m=(\w+) \d+/gm, 'm=$1 0'), 'ERR_OFFER_TRACKS'],
  ['no fingerprint', plain.replaceAll(/^a=fingerprint.*\r\n/gm, ''), 'ERR_OFFER_FINGERPRINT'],
  ['a fingerprint that is too short', plain.replaceAll(/^(a=fingerprint:sha-256 ..):.*$/gm, '$1'), 'ERR_OFFER_FINGERPRINT'],
  ['an unknown hash', plain.replaceAll('sha-256', 'md5'), 'ERR_OFFER_FINGERPRINT'],
  ['no ICE user name', plain.replaceAll(/^a=ice-ufrag.*\r\n/gm, ''), 'ERR_OFFER_ICE'],
  ['no ICE password', plain.replaceAll(/^a=ice-pwd.*\r\n/gm, ''), 'ERR_OFFER_ICE'],
  ['setup:holdconn', plain.replaceAll('setup:actpass', 'setup:holdconn'), 'ERR_OFFER_SETUP'],
  ['no rtcp-mux', plain.replace('a=rtcp-mux\r\n', ''), 'ERR_OFFER_RTCP_MUX'],
  ['two sections without BUNDLE', plain.replace('a=group:BUNDLE 0 1\r\n', ''), 'ERR_OFFER_BUNDLE'],
  ['a section outside of BUNDLE', plain.replace('BUNDLE 0 1', 'BUNDLE 0'), 'ERR_OFFER_BUNDLE'],
  ['a section without mid', plain.replace('a=mid:1\r\n', ''), 'ERR_OFFER_BUNDLE'],
  ['a protocol that is not RTP', plain.replaceAll('UDP/TLS/RTP/SAVPF', 'udp'), 'ERR_OFFER_PROTOCOL'],
  ['seventeen sections', plain + 'm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n'.repeat(15), 'ERR_OFFER_TOO_LARGE'],
  ['too many candidates', plain + 'a=candidate:1 1 udp 1 192.0.2.2 1 typ host\r\n'.repeat(260), 'ERR_OFFER_TOO_LARGE'],
  ['too many extensions', plain + 'a=extmap:3 urn:x\r\n'.repeat(70), 'ERR_OFFER_TOO_LARGE'],
  ['too many SSRCs', plain + Array.from({ length: 40 }, (_, index) => `a=ssrc:${index + 1} cname:x\r\n`).join(''), 'ERR_OFFER_TOO_LARGE'],
  ['too many rids', `${plain}a=simulcast:send 1;2;3;4;5;6;7;8;9\r\n`, 'ERR_OFFER_TOO_LARGE'],
  ['too many lines', plain + 'a=x\r\n'.repeat(5000), 'ERR_OFFER_TOO_LARGE'],
  ['an endless line', `${plain}a=x:${'y'.repeat(5000)}\r\n`, 'ERR_OFFER_TOO_LARGE'],
] as const)('%s is refused', ([, text, code]) => {
  expect(() => parseOffer(text)).toThrow(expect.objectContaining({ name: 'GatewayError', code }) as Error);
});

test.for([
  ['m= sections', { sections: 1, candidates: 256, codecs: 128 }],
  ['candidates', { sections: 16, candidates: 3, codecs: 128 }],
  ['codecs in one section', { sections: 16, candidates: 256, codecs: 30 }],
] as const)('an offer with more %s than the bounds allow is refused', ([what, bounds]) => {
  expect(() => parseOffer(offerText('chromium-whep'), bounds)).toThrow(
    expect.objectContaining({ code: 'ERR_OFFER_TOO_LARGE', message: expect.stringContaining(what) as string }) as Error,
  );
});
