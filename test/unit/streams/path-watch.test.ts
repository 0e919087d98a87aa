import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LayerIndices, OutgoingReport, OutgoingTrack, OutgoingTrackEvents } from '../../../src/media/track.ts';
import { LayerDirector } from '../../../src/streams/layer-director.ts';
import { LayerFeed } from '../../../src/streams/layer-feed.ts';
import { PathWatch } from '../../../src/streams/path-watch.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const rids = ['a', 'b', 'c'];

/** A track of three encodings of 100, 300 and 900 kbit/s, on a path that loses a share of what it is sent. */
class FakeTrack implements OutgoingTrack {
  readonly id = 'track';
  readonly kind = 'video';
  readonly events = new EventEmitter<OutgoingTrackEvents>();
  readonly rtpParameters = { codecs: [], headerExtensions: [], encodings: [], rtcp: {} };
  isEstimated = false;
  currentLayers: LayerIndices | undefined = { spatialLayer: 2, temporalLayer: 0 };
  lossShare = 0;
  reports = 0;
  drained: number[] = [];
  fails = false;
  #lastMs = performance.now();
  #report = { packets: 0, bytes: 0, retransmitted: 0, lost: 0, keyFrameRequests: 0 };

  async report(): Promise<OutgoingReport> {
    this.reports += 1;
    if (this.fails) throw new Error('the worker is gone');
    const packets = (performance.now() - this.#lastMs) / 10;
    this.#lastMs = performance.now();
    const { packets: sent, bytes, lost } = this.#report;
    this.#report = { ...this.#report, packets: sent + packets, bytes: bytes + packets * 1000, lost: lost + packets * this.lossShare };
    return { ...this.#report, roundTripMs: 20 + this.reports / 100, jitterMs: 2 };
  }

  async setLayers({ spatialLayer }: LayerIndices): Promise<void> {
    this.currentLayers = { spatialLayer: Math.min(2, spatialLayer), temporalLayer: 0 };
    this.events.emit('layerschange', this.currentLayers);
  }

  async drain(durationMs: number): Promise<void> {
    this.drained.push(durationMs);
  }

  async resume(): Promise<void> {}

  carryOn(): boolean {
    return false;
  }

  close(): void {}
}

function open({
  isEstimated = false,
  takesPadding = false,
  bound,
}: { isEstimated?: boolean; takesPadding?: boolean; bound?: LayerIndices } = {}) {
  const feed = new LayerFeed(rids);
  const encodings = rids.map((rid, index) => ({
    rid,
    ssrc: index,
    packets: 100,
    packetsLost: 0,
    bitrate: 100_000 * 3 ** index,
    layerBitrates: [[100_000 * 3 ** index]],
  }));
  feed.measured({ rids, encodings, sizes: [] });
  const outgoing = new FakeTrack();
  outgoing.isEstimated = isEstimated;
  const log = pino({ level: 'silent' });
  const director = new LayerDirector(log);
  director.follow({ feed, outgoing, decodesAllSizes: true });
  const floors: number[] = [];
  const paddings: number[] = [];
  const estimator = {
    estimate: 1_000_000,
    setFloor: async (floor: number) => {
      floors.push(floor);
    },
    pad: async (padding: number) => {
      paddings.push(Math.round(padding));
    },
  };
  const watch = new PathWatch({ outgoing, director, estimator, log, bound, takesPadding });
  const reasons: string[] = [];
  watch.events.on('bound', (reason) => reasons.push(reason));
  return { watch, feed, outgoing, director, floors, paddings, reasons };
}

test('a viewer that loses packets is bounded, and is let up again when it loses none', async () => {
  const { outgoing, director, reasons } = open();
  await vi.advanceTimersByTimeAsync(5000);
  outgoing.lossShare = 0.3;
  await vi.advanceTimersByTimeAsync(2000);
  expect([outgoing.currentLayers?.spatialLayer, reasons]).toEqual([1, ['loss']]);
  expect(outgoing.drained).toEqual([300]);
  outgoing.lossShare = 0;
  await vi.advanceTimersByTimeAsync(20_000);
  expect([director.target.spatialLayer, reasons]).toEqual([7, ['loss', 'probe']]);
});

test('a viewer that takes padding is sent ever more of it, and gets the layer that it would carry; without a switch none is sent', async () => {
  const { outgoing, director, paddings, reasons } = open({ takesPadding: true });
  await vi.advanceTimersByTimeAsync(5000);
  outgoing.lossShare = 0.3;
  await vi.advanceTimersByTimeAsync(2000);
  outgoing.lossShare = 0;
  await vi.advanceTimersByTimeAsync(3000);
  expect([outgoing.currentLayers?.spatialLayer, paddings]).toEqual([1, []]);
  await vi.advanceTimersByTimeAsync(20_000);
  expect([director.target.spatialLayer, reasons]).toEqual([7, ['loss', 'probe']]);
  expect(paddings).toEqual([36_000, 76_320, 339_744, 690_000, 0]);
});

test('padding ends with the watch, and for a viewer that wishes for one layer', async () => {
  for (const end of ['stop', 'wish'] as const) {
    const { watch, outgoing, director, paddings } = open({ takesPadding: true });
    await vi.advanceTimersByTimeAsync(5000);
    outgoing.lossShare = 0.3;
    await vi.advanceTimersByTimeAsync(2000);
    outgoing.lossShare = 0;
    await vi.advanceTimersByTimeAsync(8000);
    expect(paddings.at(-1)).toBeGreaterThan(0);
    if (end === 'stop') watch.stop();
    else director.choose({ rid: 'b' });
    await vi.advanceTimersByTimeAsync(1000);
    expect(paddings.at(-1)).toBe(0);
    watch.stop();
  }
});

test('it asks once a second, twice while a change is fresh, and never once it is stopped', async () => {
  const { watch, outgoing } = open();
  await vi.advanceTimersByTimeAsync(10_500);
  expect(outgoing.reports).toBe(10);
  outgoing.lossShare = 0.3;
  await vi.advanceTimersByTimeAsync(1000);
  const before = outgoing.reports;
  await vi.advanceTimersByTimeAsync(2000);
  expect(outgoing.reports).toBe(before + 4);
  watch.stop();
  watch.stop();
  const stopped = outgoing.reports;
  outgoing.events.emit('struggle');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(outgoing.reports).toBe(stopped);
});

test('a viewer that struggles is looked at at once, but not in a storm', async () => {
  const { outgoing } = open();
  await vi.advanceTimersByTimeAsync(1500);
  expect(outgoing.reports).toBe(1);
  for (let times = 0; times < 10; times += 1) outgoing.events.emit('struggle');
  await vi.advanceTimersByTimeAsync(10);
  expect(outgoing.reports).toBe(2);
  outgoing.events.emit('struggle');
  await vi.advanceTimersByTimeAsync(200);
  expect(outgoing.reports).toBe(2);
  await vi.advanceTimersByTimeAsync(150);
  expect(outgoing.reports).toBe(3);
});

test('a bound that was learnt before holds from the first look on, and outlives the watch', async () => {
  const bound = { spatialLayer: 0, temporalLayer: 7 };
  const { watch, director } = open({ bound });
  director.limit(bound);
  expect(watch.bound).toEqual(bound);
  await vi.advanceTimersByTimeAsync(1500);
  expect(watch.bound).toMatchObject(bound);
  watch.stop();
  expect([watch.bound, director.target.spatialLayer]).toMatchObject([bound, 0]);
});

test('a worker that cannot tell is asked again', async () => {
  const { outgoing } = open();
  outgoing.fails = true;
  await vi.advanceTimersByTimeAsync(5500);
  expect(outgoing.reports).toBe(3);
});

test('without bandwidth feedback no estimate is touched; with it the floor follows what is decided, and is gone with the watch', async () => {
  const plain = open();
  await vi.advanceTimersByTimeAsync(5000);
  expect(plain.floors).toEqual([]);
  const { watch, outgoing, floors } = open({ isEstimated: true });
  await vi.advanceTimersByTimeAsync(5000);
  outgoing.lossShare = 0.3;
  await vi.advanceTimersByTimeAsync(4000);
  watch.stop();
  expect(floors).toEqual([1_800_000, 600_000, 0]);
});

test('what was too much before any report told is not sent again without a proof, which padding brings', async () => {
  const { watch, outgoing, director, floors, reasons } = open({ isEstimated: true, takesPadding: true });
  await vi.advanceTimersByTimeAsync(200);
  outgoing.currentLayers = { spatialLayer: 1, temporalLayer: 7 };
  outgoing.events.emit('excess');
  expect(director.target.spatialLayer).toBe(1);
  await vi.advanceTimersByTimeAsync(5000);
  expect([director.target.spatialLayer, floors]).toEqual([1, [600_000]]);
  await vi.advanceTimersByTimeAsync(20_000);
  expect([director.target.spatialLayer, reasons]).toEqual([7, ['probe']]);
  watch.stop();
  outgoing.events.emit('excess');
  expect(director.target.spatialLayer).toBe(7);
});

test('a floor is of the frames that are sent, and not of all that the picture size has', async () => {
  const { feed, outgoing, floors } = open({ isEstimated: true, takesPadding: true });
  const layerBitrates = [
    [50_000, 100_000],
    [200_000, 300_000],
    [400_000, 900_000],
  ].map(([base = 0, all = 0]) => [[base, all - base]]);
  const encodings = rids.map((rid, index) => ({
    rid,
    ssrc: index,
    packets: 100,
    packetsLost: 0,
    bitrate: 0,
    layerBitrates: layerBitrates[index] ?? [],
  }));
  feed.measured({ rids, encodings, sizes: [] });
  feed.measured({ rids, encodings, sizes: [] });
  await vi.advanceTimersByTimeAsync(6000);
  outgoing.currentLayers = { spatialLayer: 2, temporalLayer: 1 };
  await vi.advanceTimersByTimeAsync(6000);
  expect(floors).toEqual([675_000, 1_800_000]);
});

test('who wishes for one layer is not bounded, and with bandwidth feedback gets it', async () => {
  const { outgoing, director, floors, reasons } = open({ isEstimated: true });
  director.choose({ rid: 'b' });
  outgoing.lossShare = 0.3;
  await vi.advanceTimersByTimeAsync(10_000);
  expect([outgoing.currentLayers?.spatialLayer, reasons, outgoing.reports, floors]).toEqual([1, [], 0, [600_000]]);
});
