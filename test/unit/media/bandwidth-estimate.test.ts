import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { BandwidthEstimate } from '../../../src/media/bandwidth-estimate.ts';

function open() {
  const floors: number[] = [];
  const transport = Object.assign(new EventEmitter(), {
    closed: false,
    enableTraceEvent: async () => undefined,
    setMinOutgoingBitrate: async (floor: number) => {
      floors.push(floor);
    },
    getStats: async () => [],
  });
  return { transport, floors, estimate: new BandwidthEstimate(transport) };
}

test('tells when it falls, and from what; not of the first guess, nor when it rises', () => {
  const { transport, estimate } = open();
  const falls: number[][] = [];
  estimate.events.on('fall', (...fall) => falls.push(fall));
  estimate.listen();
  for (const availableBitrate of [1_000_000, 400_000, 450_000, 450_000, 300_000])
    transport.emit('trace', { type: 'bwe', info: { availableBitrate } });
  expect([falls, estimate.value]).toEqual([
    [
      [400_000, 1_000_000],
      [300_000, 450_000],
    ],
    300_000,
  ]);
});

test('is raised above its floor for a while, and then keeps to the floor that is wanted by then', async () => {
  const { floors, estimate } = open();
  await estimate.setFloor(500_000);
  const raised = estimate.raise(2_000_000);
  await estimate.setFloor(600_000);
  raised[Symbol.dispose]();
  raised[Symbol.dispose]();
  await estimate.setFloor(0);
  await estimate.setFloor(1000);
  expect(floors).toEqual([500_000, 2_000_000, 2_000_000, 600_000, 0, 30_000]);
});

test('asks the worker what it is now; a path of which nothing is known has lost nothing', async () => {
  const { transport, estimate } = open();
  expect(await estimate.ask()).toEqual({ value: 0, loss: 0 });
  estimate.listen();
  transport.emit('trace', { type: 'bwe', info: { availableBitrate: 500_000 } });
  expect(await estimate.ask()).toEqual({ value: 500_000, loss: 0 });
});
