import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { enforceClaim } from '../../../src/streams/address-claim.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A newcomer that says that it has the address of somebody who is here. */
function claim() {
  const address = { ip: '127.0.0.1', port: 5000 };
  const here = { peer: address, workerId: 0, claimed: [], connected: true, clientAddress: address.ip };
  const endings: string[] = [];
  let sign = 0;
  const other = { ...here, signOfLife: async () => String(sign), close: (ending: string) => void endings.push(ending) };
  const newcomer = { ...other, peer: undefined, claimed: [address], connected: false };
  const enforced = enforceClaim(newcomer, () => [newcomer, other]);
  return { endings, live: () => (sign += 1), [Symbol.dispose]: () => enforced[Symbol.dispose]() };
}

test('who gives no sign of life for 2 s is gone, and not before', async () => {
  using claimed = claim();
  await vi.advanceTimersByTimeAsync(1_000);
  claimed.live();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(claimed.endings).toEqual([]);
  await vi.advanceTimersByTimeAsync(250);
  expect(claimed.endings).toEqual(['address-reused']);
});

test('nobody is gone because the machine stood still', async () => {
  using claimed = claim();
  await vi.advanceTimersByTimeAsync(500);
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + 60_000); // timers that were due meanwhile fire once
  await vi.advanceTimersByTimeAsync(250);
  expect(claimed.endings).toEqual([]);
});
