import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { parseRtmpTarget } from '../../../../src/egress/rtmp/rtmp-target.ts';

const youtube = { name: 'youtube', url: 'rtmp://a.rtmp.youtube.com/live2', key: 'abcd-efgh-ijkl' };

test.for([
  [
    'rtmp://a.rtmp.youtube.com/live2',
    { shownUrl: 'rtmp://a.rtmp.youtube.com/live2', address: 'rtmp://a.rtmp.youtube.com/', isTls: false },
    'rtmp_app=live2\nrtmp_playpath=abcd-efgh-ijkl\n',
  ],
  [
    'rtmps://live.example.com:443/app/instance/',
    { shownUrl: 'rtmps://live.example.com:443/app/instance', address: 'rtmps://live.example.com:443/', isTls: true },
    'rtmp_app=app/instance\nrtmp_playpath=abcd-efgh-ijkl\n',
  ],
  [
    'rtmp://user:pass@host/app?token=secret',
    { shownUrl: 'rtmp://host/app', address: 'rtmp://user:pass@host/', isTls: false },
    'rtmp_app=app?token=secret\nrtmp_playpath=abcd-efgh-ijkl\n',
  ],
  [
    'rtmp://[::1]:1935/live',
    { shownUrl: 'rtmp://[::1]:1935/live', address: 'rtmp://[::1]:1935/', isTls: false },
    'rtmp_app=live\nrtmp_playpath=abcd-efgh-ijkl\n',
  ],
] as const)('%s is taken apart', ([url, expected, file]) => {
  const target = parseRtmpTarget({ ...youtube, url });
  expect(target).toMatchObject(expected);
  expect(target.secrets.optionFile()).toBe(file);
});

test.for([
  ['http://host/live', 'k'],
  ['rtmp://host', 'k'],
  ['rtmp://host/', 'k'],
  ['rtmp:///live', 'k'],
  ['rtmp://host/live#x', 'k'],
  ['rtmp://host/li ve', 'k'],
  ['rtmp://host/live\nrtmp_listen=1', 'k'],
  [`rtmp://host/${'x'.repeat(513)}`, 'k'],
  ['rtmp://host/live', ''],
  ['rtmp://host/live', 'a key'],
  ['rtmp://host/live', 'key\nrtmp_listen=1'],
  ['rtmp://host/live', 'k'.repeat(513)],
] as const)('%j with the key %j is refused', ([url, key]) => {
  expect(() => parseRtmpTarget({ name: 'x', url, key })).toThrow(expect.objectContaining({ code: 'ERR_EGRESS_TARGET_INVALID' }));
});

test('no log line and no JSON shows the key', () => {
  const target = parseRtmpTarget(youtube);
  expect(JSON.stringify(target) + inspect(target, { depth: 9, showHidden: true })).not.toContain(youtube.key);
});

test.for([
  ['abcd-efgh-ijkl', 'stream abcd-efgh-ijkl is taken', 'stream *** is taken'],
  ['FB-1234?s_bl=1&x=%2F', 'no FB-1234?s_bl=1&x=%2F, no FB-1234, no FB-1234?s_bl=1&x=/', 'no ***, no ***, no ***'],
  ['a/b c'.replace(' ', '%20'), 'a%2Fb%2520c and a/b c', '*** and ***'],
  ['abc', 'abc', 'abc'],
] as const)('the key %s is cut out of what a server says', ([key, text, shown]) => {
  expect(parseRtmpTarget({ ...youtube, key }).secrets.redact(text)).toBe(shown);
});

test('user, password and query are cut out too', () => {
  const { secrets } = parseRtmpTarget({ ...youtube, url: 'rtmp://user:passw0rd@host/app?token=s3cr3t' });
  expect(secrets.redact('rtmp://user:passw0rd@host/app?token=s3cr3t: passw0rd')).toBe('rtmp://***@host/app?***: ***');
});
