import { expect, test } from 'vitest';
import { openTestGateway } from '../fixtures/gateway.ts';
import { NativePlayer, NativePublisher } from '../fixtures/native-peer.ts';
import { offerText } from '../fixtures/offers/corpus.ts';
import { postOffer } from '../fixtures/raw-post.ts';
import { expectStatus } from '../fixtures/visits.ts';
import { WeriftPeer } from '../fixtures/werift-peer.ts';

function withCandidate(offer: string, port: number | undefined): string {
  return offer.replace('a=mid:0\r\n', `a=mid:0\r\na=candidate:1 1 UDP 2122317823 127.0.0.1 ${port} typ host\r\n`);
}

test('a player that is back on the port on which it crashed gets in', async () => {
  await using gateway = await openTestGateway();
  await using _publisher = await NativePublisher.open(gateway.whip('show'), {});
  await expect.poll(() => gateway.stream('show')?.state).toBe('live');
  const endings: string[] = [];
  gateway.registry.observer.on('closed', (_session, { ending }) => endings.push(ending));
  const crashed = await WeriftPeer.open(gateway.whep('show'), 'recvonly');
  const { port } = crashed;
  await crashed.vanish();

  await using players = new AsyncDisposableStack();
  const attempt = async (): Promise<NativePlayer> => {
    const named = (own: string): string => withCandidate(own, port);
    return players.use(await NativePlayer.open(gateway.whep('show'), { port, offerText: named }));
  };
  const first = await attempt(); // takes the first refusal for the end
  await expect.poll(() => endings).toEqual(['address-reused']);
  await first[Symbol.asyncDispose]();
  const second = await attempt();
  await expect.poll(() => second.videoPackets).toBeGreaterThan(0);
});

test('who only claims the address of a player that lives does it no harm', async () => {
  await using gateway = await openTestGateway({ connectTimeoutMs: 10_000 });
  await using _publisher = await NativePublisher.open(gateway.whip('show'), {});
  await expect.poll(() => gateway.stream('show')?.state).toBe('live');
  const endings: string[] = [];
  gateway.registry.observer.on('closed', (_session, { ending }) => endings.push(ending));
  await using player = await NativePlayer.open(gateway.whep('show'));
  const reports = setInterval(() => player.report(0), 300);
  await expect.poll(() => player.videoPackets).toBeGreaterThan(0);

  const { port } = player.connection.getSelectedCandidatePair()?.local ?? {};
  const offer = withCandidate(offerText('chromium-whep'), port);
  expectStatus(await postOffer(gateway.whep('show'), offer), 201);
  await expect.poll(() => endings).toEqual(['never-connected']);

  clearInterval(reports);
  const before = player.videoPackets;
  await expect.poll(() => player.videoPackets).toBeGreaterThan(before);
});
