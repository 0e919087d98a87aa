import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { NativePublisher } from '../fixtures/native-peer.ts';
import { openConfigured, test } from './configured-gateway.ts';

const key = 'a-key-for-viewers-that-is-long';
const withKeys = {
  SLUICE_AUTH_MODE: 'keys',
  SLUICE_AUTH_KEYS_PLAY: `sha256:${createHash('sha256').update(key).digest('hex')}`,
};

test('without FFmpeg, HLS answers with what to do', async ({ gateway }) => {
  await using _publisher = await NativePublisher.open(`${gateway.url}/whip/show`, { codec: 'H264' });
  const response = await fetch(`${gateway.url}/hls/show/index.m3u8`);
  expect([response.status, await response.json()]).toEqual([
    503,
    expect.objectContaining({ code: 'ERR_EGRESS_UNAVAILABLE', detail: expect.stringContaining('FFmpeg') as unknown }),
  ]);
});

test('a stream that there is not is 404, with FFmpeg or without', async ({ gateway }) => {
  expect((await fetch(`${gateway.url}/hls/show/index.m3u8`)).status).toBe(404);
});

test.for([
  ['no token', '', undefined, 401],
  ['a wrong one', '', 'Bearer wrong', 401],
  ['a good one in the header', '', `Bearer ${key}`, 404],
  ['a good one in the URL', `?access_token=${key}`, undefined, 404],
  ['a wrong one in the URL', '?access_token=wrong', undefined, 401],
] as const)('HLS with %s', async ([, query, authorization, status]) => {
  await using gateway = await openConfigured(withKeys);
  const response = await fetch(`${gateway.url}/hls/show/index.m3u8${query}`, {
    headers: authorization === undefined ? {} : { Authorization: authorization },
  });
  expect(response.status).toBe(status); // 404: it was let in, and there is no such stream
});

test('a stream whose policy is off is refused, whatever it is', async () => {
  await using gateway = await openConfigured({ SLUICE_STREAMS_DEFAULT_HLS: 'off' });
  const response = await fetch(`${gateway.url}/hls/show/index.m3u8`);
  expect([response.status, await response.json()]).toEqual([404, expect.objectContaining({ code: 'ERR_HLS_DISABLED' })]);
});
