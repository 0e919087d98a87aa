import { expect } from 'vitest';
import { readHost } from '../../src/config/host.ts';
import { browserTest, patience } from '../fixtures/browser-test.ts';
import { hasNginxRtmp, NginxRtmp } from '../fixtures/egress/rtmp-server.ts';
import { beepDelays, decodeErrors, probe, readMarks } from '../fixtures/probe.ts';
import { openConfigured } from '../http/configured-gateway.ts';

/** How much of the stream a server has, in seconds. */
async function secondsAt(server: NginxRtmp): Promise<number> {
  const [file] = server.recordings();
  return file === undefined ? 0 : (await probe(file)).durationSeconds;
}

browserTest.skipIf(!hasNginxRtmp)(
  'what a browser publishes arrives over RTMP with picture and sound together, before and after it is published anew',
  { timeout: 120_000 },
  async ({ chromium }) => {
    await using server = await NginxRtmp.open();
    await using gateway = await openConfigured({}, readHost(process.env));
    const egresses = `${gateway.url}/api/v1/streams/show/egresses`;
    const added = await fetch(egresses, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ kind: 'rtmp', name: 'test', url: server.url(), key: 'a-key' }),
    });
    expect(added.status).toBe(201);
    for (const seconds of [8, 20]) {
      const publisher = await chromium.publish(`${gateway.url}/whip/show`, { codecs: ['H264'], marks: true });
      await expect
        .poll(async () => (await fetch(`${egresses}/rtmp-test`)).json() as Promise<unknown>, patience)
        .toMatchObject({ state: 'running', details: { attempts: 1 } });
      await expect.poll(async () => secondsAt(server), { timeout: 40_000, interval: 500 }).toBeGreaterThan(seconds);
      expect(await publisher.delete()).toBe(200);
      await publisher[Symbol.asyncDispose]();
    }
    await gateway.close();
    const [file = '', ...others] = server.recordings();
    expect([others, await decodeErrors(file)]).toEqual([[], '']);
    const delays = beepDelays(await readMarks(file));
    expect(delays.length).toBeGreaterThan(10);
    expect(delays.filter((late) => Math.abs(late) > 120).length).toBeLessThanOrEqual(2); // frames are 33 ms apart, more on busy machines
    const sorted = delays.toSorted((one, other) => one - other);
    expect(Math.abs(sorted[Math.floor(sorted.length / 2)] ?? NaN)).toBeLessThanOrEqual(40);
  },
);
