import { expect, test } from 'vitest';
import { LoadMeter } from '../../../src/media/load-meter.ts';

test('what a worker uses is what it used between the last two answers', () => {
  const meter = new LoadMeter(100, 0);
  expect(meter).toMatchObject({ measured: 0, share: 0, cpuMs: 100 });
  meter.sample(350, 1000);
  expect(meter).toMatchObject({ measured: 0.25, share: 0.25, cpuMs: 350 });
  meter.sample(1350, 3000);
  expect(meter.measured).toBe(0.5);
  meter.sample(1350, 3000);
  expect(meter.measured).toBe(0.5);
});

test('a placed session counts as an estimate until a measurement shows it from end to end', () => {
  const meter = new LoadMeter(0, 0);
  meter.sample(0, 1000);
  meter.place('viewer', 0.25);
  expect(meter).toMatchObject({ share: 0.25, viewers: 1, settled: 0 });
  meter.sample(100, 2000); // it came in the middle of this period
  expect(meter).toMatchObject({ measured: 0.1, share: 0.35, settled: 0 });
  meter.sample(400, 3000);
  expect(meter).toMatchObject({ measured: 0.3, share: 0.3, settled: 1 });
});

test('a session that leaves is not expected any more, and leaves once', () => {
  const meter = new LoadMeter(0, 0);
  const [early, late] = [meter.place('publisher', 0.5), meter.place('viewer', 0.25)];
  expect(meter).toMatchObject({ share: 0.75, publishers: 1, viewers: 1, sessions: 2 });
  early();
  early();
  expect(meter).toMatchObject({ share: 0.25, publishers: 0, viewers: 1, sessions: 1 });
  meter.sample(0, 1000);
  meter.sample(0, 2000);
  meter.place('viewer', 0.125);
  late();
  expect(meter).toMatchObject({ share: 0.125, viewers: 1, settled: 0 });
});

test('looks after a question that a worker does not answer are counted', () => {
  const meter = new LoadMeter(0, 0);
  expect([meter.look(), meter.missed]).toEqual([undefined, 0]);
  meter.asked();
  expect(meter.missed).toBe(0);
  expect([meter.look(), meter.look(), meter.missed]).toEqual([1, 2, 2]);
  meter.asked();
  expect(meter.missed).toBe(2);
  meter.sample(0, 2600);
  expect([meter.missed, meter.look()]).toEqual([0, undefined]);
});
