import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readHost } from '../../../src/config/host.ts';
import { hasNginxRtmp, NginxRtmp, NodeMediaServer } from '../../fixtures/egress/rtmp-server.ts';
import { EncodedPublisher } from '../../fixtures/encoded-publisher.ts';
import { probe } from '../../fixtures/probe.ts';
import { listenToEvents } from '../../fixtures/sse.ts';
import { type ConfiguredGateway, openConfigured } from '../../http/configured-gateway.ts';

const patience = { interval: 100 };

/** The settings of one target for every stream, with its key in a file. */
function targetInFile(url: string, key: string): Disposable & { readonly yaml: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-key-'));
  const file = join(folder, 'key');
  writeFileSync(file, `${key}\n`);
  const targets = [{ match: '*', name: 'archive', url, keyFile: file }];
  return { yaml: JSON.stringify({ egress: { rtmp: { targets } } }), [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

interface Shown {
  readonly id: string;
  readonly state: string;
  readonly ending?: { readonly cause: string };
  readonly details: { readonly attempts: number };
}

async function shown({ url }: ConfiguredGateway, id: string): Promise<Shown | undefined> {
  const response = await fetch(`${url}/api/v1/streams/show/egresses`);
  return ((await response.json()) as readonly Shown[]).find((egress) => egress.id === id);
}

async function codecsOf(file: string | undefined): Promise<readonly string[]> {
  const { streams } = await probe(file ?? '');
  return streams.flatMap(({ kind, codec }) => (kind === 'audio' || kind === 'video' ? [codec] : [])).toSorted();
}

describe.skipIf(!hasNginxRtmp)('a published stream', { timeout: 90_000 }, () => {
  test('goes to a target of the configuration and to one that is added while it is live, through a publisher that comes back', async () => {
    await using archive = await NginxRtmp.open();
    await using platform = await NodeMediaServer.open();
    using settings = targetInFile(archive.url(), 'key-of-the-file');
    await using gateway = await openConfigured({}, { ...readHost(process.env), yaml: settings.yaml });
    using listener = await listenToEvents(`${gateway.url}/api/v1/events`);
    {
      await using publisher = await EncodedPublisher.open(`${gateway.url}/whip/show`);
      await expect.poll(async () => shown(gateway, 'rtmp-archive'), patience).toMatchObject({ state: 'running' });
      const body = JSON.stringify({ kind: 'rtmp', name: 'platform', url: platform.url(), key: 'a-secret-key' });
      const headers = { 'Content-Type': 'application/json' };
      const added = await fetch(`${gateway.url}/api/v1/streams/show/egresses`, { method: 'POST', headers, body });
      expect(added.status).toBe(201);
      await expect.poll(async () => shown(gateway, 'rtmp-platform'), patience).toMatchObject({ state: 'running' });
      await publisher.delete();
    }
    await expect.poll(async () => shown(gateway, 'rtmp-platform'), patience).toMatchObject({ state: 'waiting' });
    await using _again = await EncodedPublisher.open(`${gateway.url}/whip/show`, { height: 240 });
    for (const id of ['rtmp-archive', 'rtmp-platform']) {
      await expect.poll(async () => shown(gateway, id), patience).toMatchObject({ state: 'running', details: { attempts: 1 } });
    }
    const before = archive.received();
    await expect.poll(() => archive.received(), patience).toBeGreaterThan(before + 100_000);
    const removed = await fetch(`${gateway.url}/api/v1/streams/show/egresses/rtmp-platform`, { method: 'DELETE' });
    expect(removed.status).toBe(204);
    const after = archive.received();
    await expect.poll(() => archive.received(), patience).toBeGreaterThan(after);
    expect(await shown(gateway, 'rtmp-archive')).toMatchObject({ state: 'running', details: { attempts: 1 } });
    await gateway.close();
    for (const server of [archive, platform]) {
      expect(server.recordings()).toHaveLength(1);
      expect(await codecsOf(server.recordings()[0])).toEqual(['aac', 'h264']);
    }
    expect(archive.recordings()[0]).toContain('key-of-the-file');
    expect(JSON.stringify(listener.events)).not.toMatch(/a-secret-key|key-of-the-file/);
  });

  test('of VP8 is refused by the target with the reason', async () => {
    await using server = await NginxRtmp.open();
    using settings = targetInFile(server.url(), 'a-key');
    await using gateway = await openConfigured({}, { ...readHost(process.env), yaml: settings.yaml });
    await using _publisher = await EncodedPublisher.open(`${gateway.url}/whip/show`, { codec: 'VP8' });
    await expect
      .poll(async () => shown(gateway, 'rtmp-archive'), patience)
      .toMatchObject({ state: 'failed', ending: { cause: 'codec' }, details: { attempts: 0 } });
  });

  test('without FFmpeg the target of the configuration says so', async () => {
    using settings = targetInFile('rtmp://127.0.0.1:1/live', 'a-key');
    await using gateway = await openConfigured({}, { yaml: settings.yaml });
    await using _publisher = await EncodedPublisher.open(`${gateway.url}/whip/show`);
    await expect.poll(async () => shown(gateway, 'rtmp-archive'), patience).toMatchObject({ state: 'failed' });
  });

  test('is tried again when the file with the key is there at last', async () => {
    await using server = await NginxRtmp.open();
    const folder = mkdtempSync(join(tmpdir(), 'sluice-key-'));
    const keyFile = join(folder, 'key');
    const targets = [{ match: '*', name: 'archive', url: server.url(), keyFile }];
    await using gateway = await openConfigured({}, { ...readHost(process.env), yaml: JSON.stringify({ egress: { rtmp: { targets } } }) });
    await using _publisher = await EncodedPublisher.open(`${gateway.url}/whip/show`);
    await expect
      .poll(async () => shown(gateway, 'rtmp-archive'), patience)
      .toMatchObject({ state: 'restarting', ending: { cause: 'failed' } });
    writeFileSync(keyFile, 'a-late-key');
    await expect.poll(async () => shown(gateway, 'rtmp-archive'), patience).toMatchObject({ state: 'running' });
    rmSync(folder, { recursive: true });
  });
});
