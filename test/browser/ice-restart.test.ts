import { execFileSync } from 'node:child_process';
import { chromium, type Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { openTestGateway } from '../fixtures/gateway.ts';
import { NativePlayer } from '../fixtures/native-peer.ts';

const soon = { timeout: 40_000, interval: 50 };

/** The transports of a publisher and of a player, and the one that waits for the next player; the player is on a router of its own. */
const held = { routers: 2, transports: 3 };

/** What the page keeps between two calls. */
declare global {
  interface Window {
    peer: { connection: RTCPeerConnection; location: string; answer: string; states: string[] };
  }
}

/** Publishes a canvas. */
async function publish(page: Page, endpoint: string): Promise<void> {
  await page.evaluate(async (url) => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: 320, height: 180 });
    const context = canvas.getContext('2d');
    setInterval(() => context?.fillRect(Math.random() * 320, 0, 8, 180), 33);
    const stream = canvas.captureStream(30);
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    for (const track of stream.getTracks()) connection.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    const states: string[] = [];
    connection.addEventListener('iceconnectionstatechange', () => states.push(connection.iceConnectionState));
    await connection.setLocalDescription();
    const headers = { 'Content-Type': 'application/sdp' };
    const response = await fetch(url, { method: 'POST', headers, body: connection.localDescription?.sdp ?? '' });
    const answer = await response.text();
    await connection.setRemoteDescription({ type: 'answer', sdp: answer });
    window.peer = { connection, location: response.headers.get('Location') ?? '', answer, states };
  }, endpoint);
}

/** Restarts ICE as RFC 9725 §4.3.3 has it; gives the status and the states of ICE so far. */
async function restart(page: Page): Promise<{ status: number; states: readonly string[] }> {
  return page.evaluate(async () => {
    const { peer } = window;
    const read = (text: string, name: string) => new RegExp(`^a=${name}:(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
    await peer.connection.setLocalDescription(await peer.connection.createOffer({ iceRestart: true }));
    const offer = peer.connection.localDescription?.sdp ?? '';
    const lines = ['ice-ufrag', 'ice-pwd'].map((name) => `a=${name}:${read(offer, name)}`);
    const response = await fetch(peer.location, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*' },
      body: [...lines, 'm=video 9 RTP/AVP 0', `a=mid:${read(offer, 'mid')}`, 'a=end-of-candidates', ''].join('\r\n'),
    });
    const fragment = await response.text();
    for (const name of ['ice-ufrag', 'ice-pwd']) {
      peer.answer = peer.answer
        .replaceAll(new RegExp(`^a=${name}:.*$`, 'gm'), `a=${name}:${read(fragment, name)}\r`)
        .replaceAll('\r\r', '\r');
    }
    await peer.connection.setRemoteDescription({ type: 'answer', sdp: peer.answer });
    return { status: response.status, states: peer.states };
  });
}

test('G08 a browser that restarts ICE three times loses no packet, and never its connection', async () => {
  await using gateway = await openTestGateway();
  const executablePath = execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim();
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--headless=new', '--disable-gpu'] });
  await using closing = new AsyncDisposableStack();
  closing.defer(async () => browser.close());
  const page = await browser.newPage();
  await page.goto(`${gateway.url}/livez`);
  await publish(page, gateway.whip('show'));
  await expect.poll(() => gateway.stream('show')?.state, soon).toBe('live');
  await using player = await NativePlayer.open(gateway.whep('show'));
  let [packets, missing, last] = [0, 0, -1];
  for (const track of player.tracks) {
    track.onMessage((packet) => {
      const payloadType = (packet[1] ?? 0) & 0x7f;
      if (payloadType >= 64 && payloadType < 96) return;
      packets += 1;
      const sequence = packet.readUInt16BE(2);
      if (last >= 0) missing += Math.max(0, ((sequence - last) & 0xffff) - 1);
      last = sequence;
    });
  }
  await expect.poll(async () => gateway.workerTotals(), soon).toEqual(held);
  for (let count = 0; count < 3; count += 1) {
    const before = packets;
    const { status, states } = await restart(page);
    expect(status).toBe(200);
    expect(states.filter((state) => ['disconnected', 'failed', 'closed'].includes(state))).toEqual([]);
    await expect.poll(() => packets, soon).toBeGreaterThan(before + 20);
  }
  expect(missing).toBe(0);
  expect(await gateway.workerTotals()).toEqual(held);
});
