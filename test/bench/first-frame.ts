import { setTimeout as delay } from 'node:timers/promises';
import { Chromium, executablePath } from '../fixtures/chromium.ts';
import { BenchGateway } from './gateway.ts';
import { median, percentile, type Row } from './report.ts';

const joins = 24;

/** Between joins, so that none profits from the key frame of the one before, or waits because that was a moment ago. */
const pauseMs = 700;

/** Time from a player's POST to its first decoded picture, in Chromium, of a stream that Chromium publishes as VP8. */
export async function measureFirstFrame(program: string): Promise<Row[]> {
  if (executablePath === undefined) {
    console.error('there is no Chromium here: left out');
    return [];
  }
  await using gateway = await BenchGateway.open(program);
  await using chromium = await Chromium.open();
  await using _publisher = await chromium.publish(gateway.whip('live'), { codecs: ['VP8'], width: 640, height: 360 });
  const page = await chromium.openPage();
  await page.evaluate(join, gateway.whep('live')); // loads the decoder
  const tookMs: number[] = [];
  for (let count = 0; count < joins; count += 1) {
    await delay(pauseMs);
    tookMs.push(await page.evaluate(join, gateway.whep('live')));
  }
  return [
    {
      what: 'Chromium to Chromium: POST→first frame',
      unit: 'ms',
      p50: median(tookMs),
      p95: percentile(tookMs, 0.95),
      aims: { p50: 300 },
      count: joins,
    },
  ];
}

/** Runs in the page: one viewer from its POST to its first picture, and its DELETE. */
async function join(endpoint: string): Promise<number> {
  const connection = new RTCPeerConnection();
  connection.addTransceiver('audio', { direction: 'recvonly' });
  const { receiver } = connection.addTransceiver('video', { direction: 'recvonly' });
  const video = document.createElement('video');
  video.muted = true;
  video.autoplay = true;
  video.srcObject = new MediaStream([receiver.track]);
  document.body.append(video);
  const firstFrame = new Promise<void>((resolve) => {
    video.requestVideoFrameCallback(() => {
      resolve();
    });
  });
  await connection.setLocalDescription();
  const body = connection.localDescription?.sdp ?? '';
  const from = performance.now();
  for (;;) {
    const response = await fetch(endpoint, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body });
    const sdp = await response.text();
    if (response.status === 409) continue; // not live yet
    await connection.setRemoteDescription({ type: 'answer', sdp });
    await firstFrame;
    const tookMs = performance.now() - from;
    await fetch(response.headers.get('Location') ?? '', { method: 'DELETE' });
    connection.close();
    video.remove();
    return tookMs;
  }
}
