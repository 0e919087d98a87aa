import { expect, test } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { writePublishAnswer, writeSubscribeAnswer } from '../../../src/sdp/answer.ts';
import { parseOffer } from '../../../src/sdp/offer.ts';
import { planPublish } from '../../../src/sdp/publish-plan.ts';
import { planSubscribe } from '../../../src/sdp/subscribe-plan.ts';
import { corpus, local, offerText, opusTrack, sendersOf, videoTrack, type CorpusOffer } from '../../fixtures/offers/corpus.ts';

const folder = new URL('../../fixtures/offers/', import.meta.url).pathname;

function publishAnswer({ text, userAgent }: CorpusOffer): string {
  return writePublishAnswer(planPublish(parseOffer(text), { codecs: ['H264', 'VP8', 'VP9', 'AV1'], userAgent }), local);
}

function subscribeAnswer({ text, userAgent }: CorpusOffer): string {
  const tracks = [opusTrack, videoTrack(text.includes('H264/90000') ? 'H264' : 'VP8', { 'profile-level-id': '42c01f' })];
  const plan = planSubscribe(parseOffer(text), { tracks, userAgent });
  return writeSubscribeAnswer(plan, local, sendersOf(plan));
}

/** The answer with LF, or the code of the refusal: what is kept beside the offer. */
function outcome(answer: () => string): string {
  try {
    return answer().replaceAll('\r\n', '\n');
  } catch (error) {
    if (error instanceof GatewayError) return `${error.code}\n${error.message}\n`;
    throw error;
  }
}

test.for(corpus)('$name is answered as recorded beside it', async (offer) => {
  const both = `# as a publisher\n${outcome(() => publishAnswer(offer))}# as a player\n${outcome(() => subscribeAnswer(offer))}`;
  await expect(both).toMatchFileSnapshot(`${folder}${offer.name}.answers.txt`);
});

const publishers = corpus.filter((offer) => outcome(() => publishAnswer(offer)).startsWith('v=0'));
const players = corpus.filter((offer) => outcome(() => subscribeAnswer(offer)).startsWith('v=0'));
const answers = [
  ...publishers.map((offer) => ({ ...offer, role: 'publisher', answer: publishAnswer(offer) })),
  ...players.map((offer) => ({ ...offer, role: 'player', answer: subscribeAnswer(offer) })),
];

test('the corpus has publishers and players', () => {
  expect(publishers.length).toBeGreaterThan(15);
  expect(players.length).toBeGreaterThan(10);
});

test.for(answers)('the answer to $name as a $role is SDP with CRLF of at most 8192 bytes (B10)', ({ answer }) => {
  expect(answer).toMatch(/^v=0\r\n/);
  expect(answer.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  expect(answer.endsWith('\r\n')).toBe(true);
  expect(Buffer.byteLength(answer)).toBeLessThanOrEqual(8192);
});

test.for(answers)('the first candidate for $name as a $role is UDP, and all come before end-of-candidates (B07, C15)', ({ answer }) => {
  const lines = answer.split('\r\n').filter((line) => /^a=(?:candidate|end-of-candidates)/.test(line));
  expect(lines[0]).toMatch(/ udp .* typ host$/);
  expect(lines.filter((line) => line.startsWith('a=candidate'))).toHaveLength(local.iceCandidates.length);
  expect(lines.at(-1)).toBe('a=end-of-candidates');
});

test.for(answers)(
  'each accepted section for $name as a $role stands alone: mux, credentials, fingerprint, direction (C02–C07, C20)',
  ({ answer, role }) => {
    const accepted = answer
      .split(/(?=^m=)/m)
      .slice(1)
      .filter((section) => /^m=\w+ 9 /.test(section));
    expect(accepted.length).toBeGreaterThan(0);
    for (const section of accepted) {
      for (const attribute of ['rtcp-mux', 'rtcp-mux-only', role === 'publisher' ? 'recvonly' : 'sendonly']) {
        expect(section.split('\r\n').filter((line) => line === `a=${attribute}`)).toHaveLength(1);
      }
      expect(section).toContain(`a=ice-ufrag:${local.iceParameters.usernameFragment}\r\n`);
      expect(section).toContain(`a=ice-pwd:${local.iceParameters.password}\r\n`);
      expect(section).toContain('a=fingerprint:sha-256 C3:');
    }
    expect(answer.split(/^m=/m)[0]).toContain('a=ice-lite\r\n');
  },
);

test.for([
  ['actpass', 'passive', 'client'],
  ['active', 'passive', 'client'],
  ['passive', 'active', 'server'],
] as const)('setup:%s is answered %s, and the remote side is the DTLS %s (C13)', ([offered, answered, role]) => {
  const plan = planPublish(parseOffer(offerText('obs30').replace('a=setup:actpass', `a=setup:${offered}`)), {
    codecs: ['offer'],
    userAgent: '',
  });
  expect(plan.remote.dtlsParameters.role).toBe(role);
  const answer = writePublishAnswer(plan, local);
  expect(answer.match(/^a=setup:.*$/gm)).toEqual([`a=setup:${answered}`, `a=setup:${answered}`]);
});

test.for(['UDP/TLS/RTP/SAVPF', 'UDP/TLS/RTP/SAVP', 'RTP/SAVPF', 'RTP/AVP', 'TCP/DTLS/RTP/SAVPF'])(
  'the protocol %s is echoed (C24)',
  (protocol) => {
    const text = offerText('obs32').replaceAll('UDP/TLS/RTP/SAVPF', protocol);
    const answer = publishAnswer({ name: '', text, userAgent: '' });
    expect(answer.match(/^m=.*$/gm)).toEqual([`m=audio 9 ${protocol} 111`, `m=video 9 ${protocol} 96`]);
  },
);

test('the BUNDLE group of an answer begins with the offerer-tagged section', () => {
  const text = offerText('obs32').replace('BUNDLE 0 1', 'BUNDLE 1 0');
  const answer = publishAnswer({ name: '', text, userAgent: '' });
  expect(answer).toContain('a=group:BUNDLE 1 0\r\n');
  expect(answer.split(/^m=/m)[2]).toContain('a=candidate');
});

test('a single section without BUNDLE is answered without BUNDLE', () => {
  const text = offerText('chromium-video-only').replace('a=group:BUNDLE 0\r\n', '');
  const answer = publishAnswer({ name: '', text, userAgent: '' });
  expect(answer).not.toContain('BUNDLE');
  expect(answer).toContain('a=candidate');
});

test('a stream without video leaves the video section rejected and out of BUNDLE (C11)', () => {
  const plan = planSubscribe(parseOffer(offerText('chromium-whep')), { tracks: [opusTrack], userAgent: '' });
  const answer = writeSubscribeAnswer(plan, local, sendersOf(plan));
  expect(answer).toContain('a=group:BUNDLE 1\r\n');
  expect(answer).toMatch(/^m=video 0 UDP\/TLS\/RTP\/SAVPF 96\r\n/m);
  expect(answer.split(/^m=/m)[2]).toContain('a=candidate');
});

test('a data channel of a player is rejected with its own format', () => {
  const answer = subscribeAnswer({ name: '', text: offerText('chromium-whep-datachannel'), userAgent: '' });
  expect(answer).toMatch(/^m=application 0 UDP\/DTLS\/SCTP webrtc-datachannel\r\n/m);
  expect(answer).toContain('a=group:BUNDLE 0 1\r\n');
});

test('a section that the publisher switched off itself stays off', () => {
  const text = offerText('chromium-plain').replace(/m=video 9/, 'm=video 0');
  const answer = publishAnswer({ name: '', text, userAgent: '' });
  expect(answer).toMatch(/^m=video 0 UDP\/TLS\/RTP\/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=inactive\r\n$/m);
});

test('both tracks of a player belong to one MediaStream (C08)', () => {
  const answer = subscribeAnswer({ name: '', text: offerText('chromium-whep'), userAgent: '' });
  expect(answer.match(/^a=msid:.*$/gm)).toEqual(['a=msid:sluice sluice-video', 'a=msid:sluice sluice-audio']);
});

test('players that need it are told their SSRCs, browsers are not', () => {
  const pion = subscribeAnswer({ name: '', text: offerText('pion-whep'), userAgent: 'Go-http-client/1.1' });
  expect(pion.match(/^a=ssrc.*$/gm)).toEqual([
    'a=ssrc-group:FID 1000000 1000001',
    'a=ssrc:1000000 cname:publisher',
    'a=ssrc:1000000 msid:sluice sluice-video',
    'a=ssrc:1000001 cname:publisher',
    'a=ssrc:1000001 msid:sluice sluice-video',
    'a=ssrc:2000000 cname:publisher',
    'a=ssrc:2000000 msid:sluice sluice-audio',
  ]);
  expect(subscribeAnswer({ name: '', text: offerText('chromium-whep'), userAgent: '' })).not.toContain('a=ssrc');
});

test('a payload type that the player did not offer never reaches an answer', () => {
  const plan = planSubscribe(parseOffer(offerText('chromium-whep')), { tracks: [opusTrack, videoTrack('VP8')], userAgent: '' });
  const [video] = plan.sections;
  const codec = video?.codecs[0];
  if (video === undefined || codec === undefined) throw new TypeError('no section');
  const forged = { ...plan, sections: [{ ...video, codecs: [{ ...codec, offered: { ...codec.offered, payloadType: 127 } }] }] };
  expect(() => writeSubscribeAnswer(forged, local, [])).toThrow(TypeError);
});

test('what is sent but was not answered is a mistake of ours that no player gets to see', () => {
  const plan = planSubscribe(parseOffer(offerText('chromium-whep')), { tracks: [opusTrack, videoTrack('VP8')], userAgent: '' });
  const [sender] = sendersOf(plan);
  if (sender === undefined) throw new TypeError('no sender');
  const strange = { mimeType: 'video/VP8', payloadType: 97, clockRate: 90_000 };
  const codecs = [{ ...strange, payloadType: 13 }];
  expect(() => writeSubscribeAnswer(plan, local, [{ ...sender, rtpParameters: { ...sender.rtpParameters, codecs } }])).toThrow(TypeError);
  const headerExtensions = [{ uri: 'urn:ietf:params:rtp-hdrext:sdes:mid' as const, id: 1 }];
  expect(() => writeSubscribeAnswer(plan, local, [{ ...sender, rtpParameters: { ...sender.rtpParameters, headerExtensions } }])).toThrow(
    TypeError,
  );
});
