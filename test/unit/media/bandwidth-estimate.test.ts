import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { BandwidthEstimate } from '../../../src/media/bandwidth-estimate.ts';

test('tells when it falls, and not of the first guess, nor when it rises', () => {
  const transport = Object.assign(new EventEmitter(), {
    closed: false,
    enableTraceEvent: async () => undefined,
    setMinOutgoingBitrate: async () => undefined,
  });
  const estimate = new BandwidthEstimate(transport);
  const falls: number[] = [];
  estimate.events.on('fall', (bitsPerSecond) => falls.push(bitsPerSecond));
  estimate.listen();
  for (const availableBitrate of [1_000_000, 400_000, 450_000, 450_000, 300_000])
    transport.emit('trace', { type: 'bwe', info: { availableBitrate } });
  expect([falls, estimate.value]).toEqual([[400_000, 300_000], 300_000]);
});
