import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, test } from 'vitest';
import { openMute, openSlowWay } from '../../fixtures/egress/bad-servers.ts';
import { FragmentFeed } from '../../fixtures/egress/fragment-feed.ts';
import { faultsOf, restream } from '../../fixtures/egress/restream.ts';
import { lostFor, openOutput, type TestOutput } from '../../fixtures/egress/rtmp-output.ts';
import { hasNginxRtmp, NginxRtmp, NodeMediaServer } from '../../fixtures/egress/rtmp-server.ts';
import { hasStunnel, ownAuthority, Stunnel } from '../../fixtures/egress/stunnel.ts';
import { freePort } from '../../fixtures/free-port.ts';
import { beepDelays, readMarks } from '../../fixtures/probe.ts';

const soon = { interval: 50 };
const later = { timeout: 45_000, interval: 50 };

const stateOf = (target: TestOutput) => target.report().state;
const running = { name: 'running' };
const lastError = (cause: string) => ({ details: { lastError: { cause } } });

describe.skipIf(!hasNginxRtmp)('RTMP targets', { concurrent: true, timeout: 120_000 }, () => {
  test('nginx-rtmp and node-media-server get what a publisher sends in sync for 60 s, also after it comes back', async ({ expect }) => {
    await using nginx = await NginxRtmp.open();
    await using other = await NodeMediaServer.open();
    for (const restreamed of await restream([nginx, other], 60)) expect(faultsOf(restreamed, 60)).toEqual([]);
  });

  test('a port that refuses is tried again, and taken when somebody listens', async ({ expect }) => {
    await using feed = new FragmentFeed();
    await feed.publish();
    await using server = await NginxRtmp.open();
    await server.kill();
    await using target = openOutput(feed, { url: server.url() });
    await expect.poll(() => target.reports, soon).toContainEqual(lostFor('refused', 2));
    await server.start();
    await expect.poll(() => stateOf(target), soon).toMatchObject(running);
    expect(target.report()).toMatchObject(lastError('refused'));
  });

  test('a server that denies the stream is named so, and its neighbour gets everything', async ({ expect }) => {
    await using feed = new FragmentFeed();
    await feed.publish();
    await using server = await NginxRtmp.open();
    await using good = openOutput(feed, { url: server.url(), key: 'neighbour' });
    await using target = openOutput(feed, { url: server.url('deny') });
    await expect.poll(() => target.reports, soon).toContainEqual(lostFor('denied', 3));
    expect(target.states).not.toContain('running');
    expect(good.report()).toMatchObject({ state: running, details: { attempts: 1 } });
  });

  test('a server that is killed is pushed to again as soon as it is back', async ({ expect }) => {
    await using feed = new FragmentFeed();
    await feed.publish();
    await using server = await NginxRtmp.open();
    await using target = openOutput(feed, { url: server.url() });
    await expect.poll(() => stateOf(target), soon).toMatchObject(running);
    await server.kill();
    await expect.poll(() => target.reports, soon).toContainEqual(lostFor('closed', 1));
    await server.start();
    await expect.poll(() => stateOf(target), soon).toMatchObject(running);
    expect(server.recordings()).toHaveLength(2);
  });

  test('a server that takes the connection and never answers is left after 8 s', async ({ expect }) => {
    await using feed = new FragmentFeed();
    await feed.publish();
    await using server = await openMute();
    await using target = openOutput(feed, { url: `rtmp://127.0.0.1:${server.port}/live` });
    await expect.poll(() => target.reports, later).toContainEqual(lostFor('timeout', 1));
    expect(target.states.slice(0, 3)).toEqual(['waiting', 'starting', 'restarting']);
  });

  test('a server that stalls in mid-stream is left, its neighbour gets everything, and it gets the stream again when it reads', async ({
    expect,
  }) => {
    await using feed = new FragmentFeed();
    await feed.publish({ heights: [360], bitrate: 3_000 });
    await using server = await NginxRtmp.open();
    await using neighbour = await NginxRtmp.open();
    await using good = openOutput(feed, { url: neighbour.url() });
    await using target = openOutput(feed, { url: server.url() });
    await expect.poll(() => stateOf(target), soon).toMatchObject(running);
    server.freeze();
    await expect.poll(() => target.states, later).toContain('restarting');
    expect(['stalled', 'timeout', 'backlog']).toContainEqual(
      (target.report().details['lastError'] as { readonly cause: string } | undefined)?.cause,
    );
    server.thaw();
    await expect.poll(() => stateOf(target), later).toMatchObject(running);
    expect(good.report()).toMatchObject({ state: running, details: { attempts: 1 } });
  });

  test('a line that is too slow ends with its backlog', async ({ expect }) => {
    await using feed = new FragmentFeed();
    await feed.publish({ heights: [360], bitrate: 6_000 });
    await using server = await NginxRtmp.open();
    await using way = await openSlowWay(server.port, 50_000);
    await using target = openOutput(feed, { url: `rtmp://127.0.0.1:${way.port}/live` });
    await expect.poll(() => target.reports, later).toContainEqual(lostFor('backlog', 1));
  });

  test('a name that nobody knows', async ({ expect }) => {
    await using feed = new FragmentFeed();
    await feed.publish();
    await using target = openOutput(feed, { url: 'rtmp://nosuch.invalid/live' });
    await expect.poll(() => target.reports, soon).toContainEqual(lostFor('dns', 1));
  });

  test.skipIf(!hasStunnel)('rtmps goes to servers with a certificate that is trusted, and to no other', async ({ expect }) => {
    await using feed = new FragmentFeed();
    await feed.publish();
    await using server = await NginxRtmp.open();
    await using way = await Stunnel.open(server.port);
    const url = `rtmps://localhost:${way.port}/live`;
    await using untrusted = openOutput(feed, { url, key: 'untrusted' });
    await using target = openOutput(feed, { url }, { caFile: ownAuthority });
    await using plain = openOutput(feed, { url: `rtmps://localhost:${server.port}/live`, key: 'plain' }, { caFile: ownAuthority });
    await expect.poll(() => stateOf(target), soon).toMatchObject(running);
    await expect.poll(() => untrusted.reports, soon).toContainEqual(lostFor('tls', 1));
    await expect.poll(() => plain.states, later).toContain('restarting');
    expect(server.recordings()).toHaveLength(1);
  });

  test('the key is on no command line, in no environment, log, report or error', async ({ expect }) => {
    await using feed = new FragmentFeed();
    await feed.publish();
    await using server = await NginxRtmp.open();
    const key = 'a-secret?token=of-mine';
    await using target = openOutput(feed, { url: server.url(), key });
    await using refused = openOutput(feed, { url: `rtmp://127.0.0.1:${await freePort()}/live`, key });
    await expect.poll(() => stateOf(target), soon).toMatchObject(running);
    await expect.poll(() => refused.reports, soon).toContainEqual(lostFor('refused', 2));
    const [process, ...others] = processesWith(server.url().replace('/live', '/'));
    expect([others, process?.environment]).toEqual([[], '']);
    for (const text of [process?.commandLine, target.said(), refused.said()]) {
      for (const secret of [key, 'a-secret', 'of-mine']) expect(text).not.toContain(secret);
    }
    expect(server.recordings()[0]).toContain('a-secret');
  });

  test('an FFmpeg that is killed is replaced', async ({ expect }) => {
    await using feed = new FragmentFeed();
    await feed.publish();
    await using server = await NginxRtmp.open();
    await using target = openOutput(feed, { url: server.url() });
    await expect.poll(() => stateOf(target), soon).toMatchObject(running);
    for (const { pid } of processesWith(server.url().replace('/live', '/'))) process.kill(pid, 'SIGKILL');
    await expect.poll(() => target.states, soon).toContain('restarting');
    await expect.poll(() => stateOf(target), soon).toMatchObject(running);
  });

  test.for([
    ['6 s', 6_000, 1],
    ['12 s', 12_000, 2],
  ] as const)('a publisher that was away for %s is told on', async ([, awayMs, connections], { expect }) => {
    await using feed = new FragmentFeed();
    await feed.publish();
    await using nginx = await NginxRtmp.open();
    await using other = await NodeMediaServer.open();
    await using one = openOutput(feed, { url: nginx.url() });
    await using two = openOutput(feed, { url: other.url() });
    for (const target of [one, two]) await expect.poll(() => stateOf(target), soon).toMatchObject(running);
    await feed.unpublish();
    await delay(awayMs);
    for (const target of [one, two]) expect(stateOf(target)).toMatchObject({ name: 'waiting', reason: 'publisher' });
    await feed.publish();
    for (const target of [one, two]) {
      await expect.poll(() => target.report(), soon).toMatchObject({ state: running, details: { attempts: connections } });
      expect(target.report().details).not.toHaveProperty('lastError');
    }
    const before = nginx.received();
    await expect.poll(() => nginx.received(), soon).toBeGreaterThan(before);
    expect(nginx.recordings()).toHaveLength(connections);
  });

  test('an FFmpeg that is not there is named', async ({ expect }) => {
    await using feed = new FragmentFeed();
    await feed.publish();
    await using target = openOutput(feed, { url: 'rtmp://127.0.0.1:1/live' }, { ffmpeg: '/nowhere/ffmpeg' });
    await expect.poll(() => target.reports, soon).toContainEqual(lostFor('failed', 1));
  });

  test('a muted publisher is pushed on, and its sound fits again when it is back', async ({ expect }) => {
    await using feed = new FragmentFeed();
    await feed.publish();
    await using server = await NginxRtmp.open();
    {
      await using target = openOutput(feed, { url: server.url() });
      await expect.poll(() => stateOf(target), soon).toMatchObject(running);
      feed.muted.add('audio');
      const before = server.received();
      await expect.poll(() => server.received(), soon).toBeGreaterThan(before + 6_000);
      feed.muted.delete('audio');
      const bytes = server.received();
      await expect.poll(() => server.received(), soon).toBeGreaterThan(bytes + 40_000);
      expect(target.report()).toMatchObject({ state: running, details: { attempts: 1 } });
    }
    const delays = beepDelays(await readMarks(server.recordings()[0] ?? ''));
    expect(delays.length).toBeGreaterThan(3);
    expect(delays.slice(0, -1).filter((late) => Math.abs(late) > 40)).toEqual([]); // the end looks like a flash
  });

  test('a stream without sound, and one without picture, are pushed as they are', async ({ expect }) => {
    for (const options of [{ audio: false }, { heights: [] }]) {
      await using feed = new FragmentFeed();
      await feed.publish(options);
      await using server = await NginxRtmp.open();
      await using target = openOutput(feed, { url: server.url() });
      await expect.poll(() => stateOf(target), soon).toMatchObject(running);
    }
  });

  test('a long time between key frames is warned of', async ({ expect }) => {
    await using feed = new FragmentFeed();
    await feed.publish({ gopSeconds: 6 });
    await using server = await NginxRtmp.open();
    await using target = openOutput(feed, { url: server.url() });
    await expect.poll(() => target.report().details['warnings'], soon).toMatchObject([{ code: 'WARN_GOP_LONG' }]);
  });

  test('of simulcast the wanted encoding is pushed; when it vanishes the next lower one, on the same connection', async ({ expect }) => {
    await using feed = new FragmentFeed();
    await feed.publish({ heights: [90, 180, 270] });
    await using server = await NginxRtmp.open();
    await using target = openOutput(feed, { url: server.url() }, { encoding: 'r1' });
    await expect.poll(() => stateOf(target), soon).toMatchObject(running);
    expect(target.report().details).toMatchObject({ rendition: 'video-1' });
    feed.muted.add('video-1');
    await expect.poll(() => target.report().details, soon).toMatchObject({ rendition: 'video-0', attempts: 1 });
    feed.muted.delete('video-1');
    await expect.poll(() => target.report().details, soon).toMatchObject({ rendition: 'video-1', attempts: 1 });
    expect(stateOf(target)).toMatchObject(running);
  });
});

interface FoundProcess {
  readonly pid: number;
  readonly commandLine: string;
  readonly environment: string;
}

/** Processes whose command line ends with a text. */
function processesWith(argument: string): readonly FoundProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const commandLine = readFileSync(`/proc/${name}/cmdline`, 'utf8');
        if (!commandLine.endsWith(`${argument}\0`)) return [];
        return [{ pid: Number(name), commandLine, environment: readFileSync(`/proc/${name}/environ`, 'utf8') }];
      } catch {
        return []; // it has ended meanwhile
      }
    });
}
