import { Writable } from 'node:stream';
import { pino } from 'pino';
import request from 'supertest';
import { test } from 'vitest';
import { h264Frame, NativePublisher, vp8Frame, type NativeFrame } from '../fixtures/native-peer.ts';
import { type ConfiguredGateway, openConfigured } from './configured-gateway.ts';

/** What is rare to look at takes seconds by design, and more on a busy machine. */
const patient = { timeout: 60_000 };
const eventually = { timeout: 50_000, interval: 200 };

async function detail({ url }: ConfiguredGateway): Promise<unknown> {
  return (await fetch(`${url}/api/v1/streams/show`)).json();
}

async function codes({ url }: ConfiguredGateway): Promise<unknown> {
  const body: unknown = await (await fetch(`${url}/api/v1/streams`)).json();
  return Array.isArray(body) ? (body[0] as { warnings: unknown }).warnings : undefined;
}

const inOrder = (payload: Buffer) => (index: number) => ({ payload, timestamp: index * 3000 });

test.concurrent('a healthy stream shows sizes, frame rate, bitrate and GOP, and no warning', patient, async ({ expect }) => {
  await using gateway = await openConfigured();
  await using _publisher = await NativePublisher.open(`${gateway.url}/whip/show`, {
    frames: inOrder(vp8Frame({ width: 640, height: 360 })),
  });
  await expect
    .poll(async () => detail(gateway), eventually)
    .toMatchObject({
      gopSeconds: expect.closeTo(0.03, 1) as unknown,
      tracks: [
        {
          kind: 'video',
          framesPerSecond: expect.closeTo(30, 0) as unknown,
          bitrate: expect.any(Number) as unknown,
          loss: 0,
          encodings: [{ width: 640, height: 360, bitrate: expect.any(Number) as unknown }],
        },
        { kind: 'audio', bitrate: expect.any(Number) as unknown, encodings: [{}] },
      ],
      warnings: [],
    });
});

test.concurrent('the size of H264 comes from its SPS', patient, async ({ expect }) => {
  await using gateway = await openConfigured();
  await using _publisher = await NativePublisher.open(`${gateway.url}/whip/show`, { codec: 'H264' });
  await expect
    .poll(async () => detail(gateway), eventually)
    .toMatchObject({ tracks: [{ encodings: [{ width: 1920, height: 1080 }] }, {}] });
});

test.concurrent('a picture that changes its size is measured again', patient, async ({ expect }) => {
  await using gateway = await openConfigured();
  const frames = (index: number): NativeFrame => ({
    payload: vp8Frame({ width: index < 120 ? 640 : 320, height: 180 }),
    timestamp: index * 3000,
  });
  await using _publisher = await NativePublisher.open(`${gateway.url}/whip/show`, { frames });
  for (const width of [640, 320]) {
    await expect.poll(async () => detail(gateway), eventually).toMatchObject({ tracks: [{ encodings: [{ width }] }, {}] });
  }
});

test.concurrent(
  'an encoder with one key frame and no audio is warned of, in the API, on the session and once in the log',
  patient,
  async ({ expect }) => {
    const lines: string[] = [];
    const sink = new Writable({
      write: (chunk, _encoding, done) => {
        lines.push(String(chunk));
        done();
      },
    });
    await using gateway = await openConfigured({}, { logger: pino({ level: 'warn' }, sink) });
    const frames = (index: number): NativeFrame => ({ payload: vp8Frame({ key: index < 60 }), timestamp: index * 3000 });
    await using publisher = await NativePublisher.open(`${gateway.url}/whip/show`, { audio: false, frames });
    await expect
      .poll(async () => codes(gateway), eventually)
      .toSatisfy((found: readonly string[]) => found.includes('WARN_GOP_LONG') && found.includes('WARN_NO_AUDIO'));
    const own = await request(publisher.session.location).get('/warnings');
    expect(own.body).toMatchObject({
      warnings: expect.arrayContaining([
        {
          code: 'WARN_GOP_LONG',
          message: expect.stringContaining('key-frame interval of 2 s') as unknown,
          since: expect.any(String) as unknown,
        },
      ]) as unknown,
    });
    expect(lines.filter((line) => line.includes('WARN_GOP_LONG'))).toHaveLength(1);
    expect((await request(gateway.url).get('/metrics')).text).toMatch(/^sluice_ingest_warnings\{code="WARN_GOP_LONG"\} 1$/m);
  },
);

test.concurrent('B-frames are warned of', patient, async ({ expect }) => {
  await using gateway = await openConfigured();
  // Sent as I P B: every third frame is shown before the one sent before it.
  const frames = (index: number): NativeFrame => ({ payload: h264Frame(), timestamp: (index + (((index + 1) % 3) - 1)) * 3000 });
  await using _publisher = await NativePublisher.open(`${gateway.url}/whip/show`, { codec: 'H264', frames });
  await expect.poll(async () => codes(gateway), eventually).toEqual(['WARN_B_FRAMES']);
});

test.concurrent('loss above 2 % is warned of', patient, async ({ expect }) => {
  await using gateway = await openConfigured();
  const frames = (index: number): NativeFrame => ({ payload: vp8Frame(), timestamp: index * 3000, lost: index % 10 === 0 });
  await using _publisher = await NativePublisher.open(`${gateway.url}/whip/show`, { frames });
  await expect.poll(async () => codes(gateway), eventually).toContain('WARN_LOSS');
  expect(await detail(gateway)).toMatchObject({ tracks: [{ loss: expect.closeTo(0.1, 1) as unknown }, { loss: 0 }] });
});

test.concurrent('a session that nobody opened has no warnings to tell', patient, async ({ expect }) => {
  await using gateway = await openConfigured();
  expect((await fetch(`${gateway.url}/whip/show/nobody/warnings`)).status).toBe(404);
});
