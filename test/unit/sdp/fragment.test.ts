import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { parseFragment, writeRestartFragment } from '../../../src/sdp/fragment.ts';
import { local } from '../../fixtures/offers/corpus.ts';

const host = 'a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id 1';
const addresses = [{ ip: '192.0.2.1', port: 61764 }];
const credentials = 'a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n';

test('RFC 9725 trickle fragment: credentials above the m= line, candidates below it', () => {
  const text = `${credentials}m=audio 9 RTP/AVP 0\r\na=mid:0\r\n${host}\r\n${host}\r\na=end-of-candidates\r\n`;
  const expected = { usernameFragment: 'EsAw', password: 'P2uYro0UCOQ4zxjKXaWCBui1', candidates: 2, addresses, endOfCandidates: true };
  expect(parseFragment(text)).toEqual(expected);
});

test.for([
  ['credentials below the m= line', `a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n${credentials}${host}\r\n`],
  ['repeated m= blocks', `${credentials}m=audio 9 RTP/AVP 0\r\na=mid:0\r\n${host}\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n`],
  ['no mid', `${credentials}m=audio 9 RTP/AVP 0\r\n${host}\r\n`],
  ['no m= line at all', `${credentials}${host}\r\n`],
  ['LF line ends', `${credentials}${host}\r\n`.replaceAll('\r\n', '\n')],
  ['no last line end', `${credentials}${host}`],
  ['stray session lines', `v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n${credentials}${host}\r\n`],
  ['component 0', `${credentials}${host.replace('1 1 udp', '1 0 udp')}\r\n`],
  [
    'an mDNS name',
    `${credentials}${host.replace('192.0.2.1', 'a64f400a-abbf-481e-8ee6-3676dfb9c509.local')}\r\n`,
    [{ ip: 'a64f400a-abbf-481e-8ee6-3676dfb9c509.local', port: 61764 }],
  ],
  ['a candidate that nobody can read', `${credentials}a=candidate:??\r\n`, []],
  ['a TCP candidate', `${credentials}${host.replace('udp', 'tcp')} tcptype active\r\n`, []],
] as const)('%s is fine (E07, E08)', ([, text, named = addresses]) => {
  expect(parseFragment(text)).toEqual({
    usernameFragment: 'EsAw',
    password: 'P2uYro0UCOQ4zxjKXaWCBui1',
    candidates: 1,
    addresses: named,
    endOfCandidates: false,
  });
});

test('end-of-candidates alone is fine (E11)', () => {
  const expected = { usernameFragment: undefined, password: undefined, candidates: 0, addresses: [], endOfCandidates: true };
  expect(parseFragment('a=end-of-candidates\r\n')).toEqual(expected);
});

test.for([
  ['nothing', ''],
  ['nothing recognisable', 'xyz'],
  ['SDP lines without anything of ICE', 'v=0\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n'],
  ['a user name without password', `a=ice-ufrag:EsAw\r\n${host}\r\n`],
  ['a password without user name', 'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n'],
] as const)('%s is malformed (E03)', ([, text]) => {
  expect(() => parseFragment(text)).toThrow(expect.objectContaining({ code: 'ERR_FRAGMENT_MALFORMED' }) as Error);
});

test('more lines than any client has candidates are refused', () => {
  const refusal = expect.objectContaining({ code: 'ERR_FRAGMENT_UNPROCESSABLE' }) as Error;
  expect(() => parseFragment(`${host}\r\n`.repeat(5000))).toThrow(refusal);
});

test('a restart answer says what the SDP answer said, with one UDP candidate and CRLF (G02, G04, G10)', () => {
  expect(writeRestartFragment(local, 'video0').split('\r\n')).toEqual([
    'a=ice-lite',
    'a=ice-options:trickle',
    'm=audio 9 RTP/AVP 0',
    'a=mid:video0',
    `a=ice-ufrag:${local.iceParameters.usernameFragment}`,
    `a=ice-pwd:${local.iceParameters.password}`,
    'a=candidate:udpcandidate 1 udp 1076558079 192.0.2.9 44400 typ host',
    'a=end-of-candidates',
    '',
  ]);
});

test('without a UDP candidate the restart answer names a TCP one', () => {
  const tcp = local.iceCandidates.filter(({ protocol }) => protocol === 'tcp');
  expect(writeRestartFragment({ ...local, iceCandidates: tcp }, '0').match(/^a=candidate/gm)).toHaveLength(1);
});

const iceText = fc.string({ unit: fc.constantFrom('a', 'z', 'A', '0', '1', '9', '+', '/'), minLength: 4, maxLength: 40 });

test('credentials survive being written and read, digits or not', () => {
  fc.assert(
    fc.property(iceText, iceText, (usernameFragment, password) => {
      const text = writeRestartFragment({ ...local, iceParameters: { usernameFragment, password } }, '0');
      expect(parseFragment(text)).toMatchObject({ usernameFragment, password, candidates: 1, endOfCandidates: true });
    }),
  );
});

test('any text is read or refused with a code', () => {
  const lines = fc.array(fc.oneof(fc.constantFrom(host, 'a=ice-ufrag:x', 'a=ice-pwd:y', 'm=audio', 'a=mid:', 'v=0', 'm='), fc.string()));
  fc.assert(
    fc.property(lines, fc.constantFrom('\n', '\r\n', '\r'), (parts, end) => {
      try {
        parseFragment(parts.join(end));
      } catch (error) {
        expect(error).toBeInstanceOf(GatewayError);
      }
    }),
  );
});
