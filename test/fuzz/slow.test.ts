import { expect, test } from 'vitest';
import { offerText } from '../fixtures/offers/corpus.ts';
import { timed } from './measure.ts';
import { numbers } from './mutations.ts';
import { negotiate, trickle } from './negotiate.ts';

const base = offerText('chromium-plain');
const [session = ''] = base.split(/(?=^m=)/m);
const room = 64 * 1024 - base.length;
const filled = (line: string) => `${line}\r\n`.repeat(Math.floor(room / (line.length + 2)));
const everyNumber = [...Array(128).keys()];

/** A section with every payload type, and room for more. */
const crowded = [
  `${session}m=video 9 UDP/TLS/RTP/SAVPF ${everyNumber.join(' ')}`,
  ...(/a=fingerprint.*/.exec(base) ?? []),
  ...['mid:0', 'rtcp-mux', 'ice-ufrag:x', 'ice-pwd:y', 'setup:actpass', 'extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid'].map(
    (line) => `a=${line}`,
  ),
  ...everyNumber.map((number) => `a=rtpmap:${number} VP8/90000`),
  '',
].join('\r\n');

/** The worst that could be thought of, as large as the HTTP edge lets through; some of it took longer than 50 ms once. */
test.for<[name: string, text: string]>([
  ['lines that no expression matches', base + filled('a=zzzzzzzz')],
  ['the shortest lines', base + filled('a=')],
  ['feedback for every codec', crowded + filled('a=rtcp-fb:* nack').slice(crowded.length)],
  ['as much feedback as is read', crowded + 'a=rtcp-fb:* nack\r\n'.repeat(256)],
  [
    'a payload type named over and over',
    base.replace(/^(m=video \d+ \S+) .*$/m, `$1${' 96'.repeat(1200)}`) + filled('a=rtpmap:96 VP8/90000'),
  ],
  ['format parameters without end', base + filled(`a=fmtp:96 ${'x=1;'.repeat(950)}`)],
  ['spaces in a format parameter', base + filled(`a=fmtp:96 x=${' '.repeat(3900)}y`)],
  ['spaces in an rtpmap', base + filled(`a=rtpmap:96 x${' '.repeat(3900)}/`)],
  ['simulcast that never ends', base + filled(`a=simulcast:send ${'send'.repeat(900)}!`)],
  ['image attributes', base + filled(`a=imageattr:1 send ${'[x] '.repeat(900)}!`)],
  ['candidates', base + filled(`a=candidate:${'1 '.repeat(1900)}`)],
  ['numbers with points', base + filled(`a=ptime:${'1.'.repeat(1900)}x`)],
  ['a floor id', base + filled(`a=floorid:${'m-stream '.repeat(430)}`)],
  ['BUNDLE groups', base + filled(`a=group:BUNDLE ${'0 1 '.repeat(900)}`)],
  ['sections', session + base.slice(base.lastIndexOf('m=')).repeat(12)],
  ['SSRC groups', base + filled('a=ssrc-group:FID 1 2')],
  ['line ends', `v=0\r\n${'\r'.repeat(room)}`],
  ['one line', `v=0\r\na=${'x'.repeat(room)}`],
])('%s take no longer than 50 ms', ([name, text]) => {
  const slowest = { ms: 0, name: '' };
  timed(name, slowest, () => {
    negotiate(text, numbers(1, 1));
  });
  timed(name, slowest, () => {
    trickle(text.slice(text.indexOf('a=')));
  });
  expect(slowest.ms).toBeLessThan(50);
});
