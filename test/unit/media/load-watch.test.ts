import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LoadMeter } from '../../../src/media/load-meter.ts';
import { LoadWatch } from '../../../src/media/load-watch.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A watched worker that never answers. */
function watchSilent() {
  const home = { worker: { getResourceUsage: async () => new Promise<never>(() => undefined) }, load: new LoadMeter(0, 0) };
  let hung = 0;
  const watch = new LoadWatch({ homes: () => [home], hungMs: 10_000, onHung: () => (hung += 1) });
  return { watch, hung: () => hung };
}

test('a worker that does not answer gets no sessions after 3 s, and hangs after its time', async () => {
  const { watch, hung } = watchSilent();
  await vi.advanceTimersByTimeAsync(3_900);
  expect([watch.answering().length, hung()]).toEqual([1, 0]);
  await vi.advanceTimersByTimeAsync(100);
  expect([watch.answering().length, hung()]).toEqual([0, 0]);
  await vi.advanceTimersByTimeAsync(8_000);
  expect(hung()).toBe(1);
  watch[Symbol.dispose]();
});

test('no worker hangs because the machine stood still', async () => {
  const { watch, hung } = watchSilent();
  await vi.advanceTimersByTimeAsync(1_000); // it was asked
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + 60_000); // timers that were due meanwhile fire once
  expect(watch.answering()).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([watch.answering().length, hung()]).toEqual([1, 0]);
  watch[Symbol.dispose]();
});
