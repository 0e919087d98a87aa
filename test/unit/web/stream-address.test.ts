import { expect, test } from 'vitest';
import { addressOf, gatewayUrl, isStreamId } from '../../../src/web/stream-address.ts';

test.for(['https://live.example.com/', 'https://live.example.com/some/prefix/', 'http://[::1]:8080/'])(
  'a gateway at %s has every URL there',
  (base) => {
    expect(addressOf('show', base)).toEqual({
      streamId: 'show',
      whip: `${base}whip/show`,
      whep: `${base}whep/show`,
      watchPage: `${base}watch/show`,
      publishPage: `${base}publish/show`,
      hls: `${base}hls/show/index.m3u8`,
      thumbnail: `${base}hls/show/thumbnail.jpg`,
      embedCode: `<iframe src="${base}watch/show?embed=1" width="640" height="360" allow="autoplay; fullscreen"></iframe>`,
    });
  },
);

test('the gateway is one level above its modules', () => {
  expect(gatewayUrl).toBe(new URL('../../../src/', import.meta.url).href);
  expect(addressOf('show').whip).toBe(`${gatewayUrl}whip/show`);
});

test.for(['a', 'show', 'Show_2-b', '0'.repeat(64)])('“%s” can name a stream', (text) => {
  expect(isStreamId(text)).toBe(true);
});

test.for(['', 'a b', 'a/b', 'ä', 'a.b', '..', 'show\n', '0'.repeat(65)])('%j cannot name a stream', (text) => {
  expect(isStreamId(text)).toBe(false);
});
