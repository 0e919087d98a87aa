import { expect } from 'vitest';
import { LayeredPublisher } from '../fixtures/native-layers.ts';
import { NativePlayer } from '../fixtures/native-peer.ts';
import { SimulcastSender } from '../fixtures/simulcast-sender.ts';
import { SubscribeSession } from '../../src/streams/subscribe-session.ts';
import { parseStreamId } from '../../src/streams/stream-id.ts';
import { type ConfiguredGateway, test } from './configured-gateway.ts';

const soon = { interval: 50 };
const rids = ['a', 'b', 'c'];

/** Reports, three times a second, that a share of what was sent since the last time is missing. Dispose of it to stop. */
class LossReporter implements Disposable {
  share = 0;
  readonly #timer: NodeJS.Timeout;
  #lost = 0;
  #packets: number;

  constructor(player: NativePlayer) {
    this.#packets = player.videoPackets;
    this.#timer = setInterval(() => {
      const packets = player.videoPackets;
      this.#lost += Math.round((packets - this.#packets) * this.share);
      this.#packets = packets;
      player.report(this.#lost);
    }, 333);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function currentOf({ registry }: ConfiguredGateway, { session: { location } }: NativePlayer): () => number | undefined {
  const session = registry.find('subscribe', parseStreamId('show'), location.split('/').at(-1) ?? '');
  if (!(session instanceof SubscribeSession)) throw new TypeError('not a viewer');
  return () => session.layers.current?.spatialLayer;
}

test(
  'a viewer that reports loss gets lower layers, and higher ones once it reports none; metrics tell',
  { timeout: 60_000 },
  async ({ gateway }) => {
    await using publisher = await LayeredPublisher.open(`${gateway.url}/whip/show`, { codec: 'VP8', rids });
    using _sender = new SimulcastSender(publisher);
    await expect.poll(() => gateway.registry.counts().live, soon).toBe(1);
    await using player = await NativePlayer.open(`${gateway.url}/whep/show`);
    const current = currentOf(gateway, player);
    await expect.poll(current, soon).toBe(2);
    using reporter = new LossReporter(player);
    reporter.share = 0.4;
    await expect.poll(current, soon).toBeLessThan(2);
    reporter.share = 0;
    await expect.poll(current, soon).toBe(2);
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toMatch(/^sluice_layer_switches_total\{direction="down",reason="loss"\} [1-9]/m);
    expect(metrics).toMatch(/^sluice_layer_switches_total\{direction="up",reason="probe"\} [1-9]/m);
    expect(metrics).toMatch(/^sluice_layer_viewers\{layer="2"\} 1$/m);
    expect(metrics).toMatch(/^sluice_layer_seconds_total\{layer="2"\} [\d.]+$/m);
  },
);

test('a viewer that wishes for one layer keeps it, whatever it reports', { timeout: 60_000 }, async ({ gateway }) => {
  await using publisher = await LayeredPublisher.open(`${gateway.url}/whip/show`, { codec: 'VP8', rids });
  using _sender = new SimulcastSender(publisher);
  await expect.poll(() => gateway.registry.counts().live, soon).toBe(1);
  await using player = await NativePlayer.open(`${gateway.url}/whep/show`);
  const current = currentOf(gateway, player);
  await expect.poll(current, soon).toBe(2);
  const body = JSON.stringify({ mediaId: '0', encodingId: 'c' });
  await fetch(`${player.session.location}/layer`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  using reporter = new LossReporter(player);
  reporter.share = 0.4;
  const before = player.videoPackets;
  await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(before + 200);
  expect(current()).toBe(2);
});
