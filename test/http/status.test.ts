import { Writable } from 'node:stream';
import { pino } from 'pino';
import request from 'supertest';
import { expect, test } from 'vitest';
import { version } from '../../src/config/version.ts';
import { NativePlayer, NativePublisher } from '../fixtures/native-peer.ts';
import { type ConfiguredGateway, openConfigured, readOffer } from './configured-gateway.ts';

const soon = { interval: 50 };

const aNumber: unknown = expect.any(Number);
const aDate: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);

async function readJson({ url }: ConfiguredGateway, path: string): Promise<unknown> {
  return (await fetch(`${url}${path}`)).json();
}

async function publish({ url }: ConfiguredGateway): Promise<Response> {
  return fetch(`${url}/whip/show`, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: readOffer('chromium-plain') });
}

test('/health tells what is going on', async () => {
  await using gateway = await openConfigured();
  await publish(gateway);
  expect(await readJson(gateway, '/health')).toEqual({
    status: 'ok',
    version,
    uptimeSeconds: aNumber,
    streams: 1,
    live: 0,
    publishers: 1,
    viewers: 0,
    workers: [{ id: 0, pid: aNumber, port: aNumber, answers: true, cpuShare: aNumber, publishers: 1, viewers: 0, moreViewers: aNumber }],
    contested: [],
  });
});

test('/health names the streams that encoders fight for', async () => {
  await using gateway = await openConfigured();
  for (let takeover = 0; takeover < 6; takeover += 1) await publish(gateway);
  expect(await readJson(gateway, '/health')).toMatchObject({ contested: [{ streamId: 'show', until: aDate }] });
});

test('/api/v1/streams lists what can be watched', async () => {
  await using gateway = await openConfigured();
  expect(await readJson(gateway, '/api/v1/streams')).toEqual([]);
  await using _publisher = await NativePublisher.open(`${gateway.url}/whip/show`);
  await expect
    .poll(async () => readJson(gateway, '/api/v1/streams'), soon)
    .toMatchObject([
      {
        streamId: 'show',
        state: 'live',
        since: aDate,
        subscribers: 0,
        tracks: [
          { kind: 'video', codec: 'VP8' },
          { kind: 'audio', codec: 'opus' },
        ],
      },
    ]);
});

test('/metrics counts sessions, traffic, workers and requests, with bounded labels', async () => {
  await using gateway = await openConfigured();
  const read = async () => (await request(gateway.url).get('/metrics')).text;
  await using publisher = await NativePublisher.open(`${gateway.url}/whip/show`);
  await expect.poll(read, soon).toMatch(/^sluice_streams_live 1$/m);
  await using player = await NativePlayer.open(`${gateway.url}/whep/show`);
  await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(5);
  await player.delete();

  const text = await read();
  expect(text).toMatch(/^sluice_sessions\{kind="publish"\} 1$/m);
  expect(text).toMatch(/^sluice_sessions\{kind="subscribe"\} 0$/m);
  expect(text).toMatch(/^sluice_sessions_closed_total\{kind="subscribe",ending="deleted"\} 1$/m);
  expect(text).toMatch(/^sluice_rtp_received_bytes_total\{worker="0"\} [1-9]\d*$/m);
  expect(text).toMatch(/^sluice_rtp_sent_packets_total\{worker="0"\} [1-9]\d*$/m);
  expect(text).toMatch(/^sluice_rtp_lost_packets_total\{worker="0"\} \d+$/m);
  expect(text).toMatch(/^sluice_key_frame_requests_total\{worker="0"\} \d+$/m);
  expect(text).toMatch(/^sluice_worker_cpu_seconds_total\{worker="0"\} [\d.]+$/m);
  expect(text).toMatch(/^sluice_worker_memory_bytes\{worker="0"\} [1-9]\d*$/m);
  expect(text).toMatch(/^sluice_worker_cpu_ratio\{worker="0"\} [\d.]+$/m);
  expect(text).toMatch(/^sluice_worker_more_viewers\{worker="0"\} [1-9]\d*$/m);
  expect(text).toMatch(/^sluice_worker_answers\{worker="0"\} 1$/m);
  expect(text).toMatch(/^sluice_worker_sessions\{worker="0",kind="publish"\} 1$/m);
  expect(text).toMatch(/^sluice_pipes\{state="running"\} 0$/m);
  expect(text).toMatch(/^sluice_http_request_duration_seconds_count\{method="POST",route="\/whip\/:stream",status="201"\} 1$/m);
  expect(text).toMatch(/^sluice_http_request_duration_seconds_count\{method="DELETE",route="\/whep\/:stream\/:session",status="200"\} 1$/m);
  expect(text).toMatch(/^sluice_session_connect_seconds_count\{kind="publish"\} 1$/m);
  expect(text).toMatch(/^sluice_session_first_media_seconds_count\{kind="subscribe"\} 1$/m);
  expect(text).toMatch(/^process_cpu_seconds_total /m);
  expect(text).not.toContain(new URL(publisher.session.location).pathname.split('/')[3]);
});

test('traffic that sessions caused stays counted when they have ended', async () => {
  await using gateway = await openConfigured();
  const received = async () =>
    Number(/^sluice_rtp_received_bytes_total\{worker="0"\} (\d+)$/m.exec((await request(gateway.url).get('/metrics')).text)?.[1]);
  const publisher = await NativePublisher.open(`${gateway.url}/whip/show`);
  await expect.poll(received, soon).toBeGreaterThan(1000);
  const before = await received();
  await publisher.delete();
  await publisher[Symbol.asyncDispose]();
  expect(await received()).toBeGreaterThanOrEqual(before);
});

test('metrics.enabled false takes /metrics away', async () => {
  await using gateway = await openConfigured({ SLUICE_METRICS_ENABLED: 'false' });
  expect((await request(gateway.url).get('/metrics')).status).toBe(404);
});

test('no log line, at any level, holds the secret of a session or its SDP', async () => {
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  await using gateway = await openConfigured({}, { logger: pino({ level: 'trace' }, sink) });
  const created = await publish(gateway);
  const { pathname } = new URL(created.headers.get('Location') ?? '');
  const session = request(gateway.url);
  await session.patch(pathname).type('text/plain').send('x');
  await session.patch(pathname).type('application/trickle-ice-sdpfrag').send('a=end-of-candidates\r\n');
  await session.put(pathname);
  await session.get(`${pathname}/x`);
  await session.get(`${pathname}%zz`);
  await session.delete(pathname);
  await session.delete(pathname);
  const log = lines.join('');
  expect(log).toContain('/whip/:stream/:session');
  expect(log).not.toContain(pathname.split('/')[3]);
  expect(log).not.toContain('a=ice-pwd');
});
