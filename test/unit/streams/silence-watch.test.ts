import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchSilence } from '../../../src/streams/silence-watch.ts';

const silenceMs = 400;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A watched peer whose bytes the test counts. */
function watched(heard: boolean) {
  const peer = { bytes: 1, silences: 0, answers: true, asked: 0 };
  const bytesReceived = async (): Promise<number> => {
    peer.asked += 1;
    return peer.answers ? peer.bytes : new Promise(() => undefined);
  };
  const stop = watchSilence({ transport: { bytesReceived }, silenceMs, heard }, () => (peer.silences += 1));
  return Object.assign(peer, { stop });
}

test('who sends is not silent, and who stops is after the time of silence', async () => {
  const peer = watched(true);
  for (let time = 0; time < 5 * silenceMs; time += 100) {
    await vi.advanceTimersByTimeAsync(100);
    peer.bytes += 1;
  }
  expect(peer.silences).toBe(0);
  await vi.advanceTimersByTimeAsync(silenceMs);
  expect(peer.silences).toBe(0);
  await vi.advanceTimersByTimeAsync(100);
  expect(peer.silences).toBe(1);
  peer.stop();
});

test('a player that talks is looked at every second time, and is silent after one and a half times the time of silence', async () => {
  const peer = watched(false);
  const talk = async (): Promise<void> => {
    await vi.advanceTimersByTimeAsync(100);
    peer.bytes += 1;
  };
  for (let count = 0; count < 20; count += 1) await talk();
  expect(peer.asked).toBe(10);
  await talk();
  expect(peer.asked).toBe(11); // and what came after that is found by the next look only
  await vi.advanceTimersByTimeAsync(1.5 * silenceMs - 100);
  expect(peer.silences).toBe(0);
  await vi.advanceTimersByTimeAsync(100);
  expect(peer.silences).toBe(1);
  peer.stop();
});

test('a player of whom nothing was ever heard is not silent', async () => {
  const peer = watched(false);
  await vi.advanceTimersByTimeAsync(5 * silenceMs);
  expect(peer.silences).toBe(0);
  peer.bytes += 1;
  await vi.advanceTimersByTimeAsync(2 * silenceMs);
  expect(peer.silences).toBeGreaterThan(0);
  peer.stop();
});

test('nobody is silent because the machine stood still', async () => {
  const peer = watched(true);
  await vi.advanceTimersByTimeAsync(100);
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + 60_000); // timers that were due meanwhile fire once
  await vi.advanceTimersByTimeAsync(100);
  expect(peer.silences).toBe(0);
  peer.stop();
});

test('nobody is silent because a worker does not answer', async () => {
  const peer = watched(true);
  await vi.advanceTimersByTimeAsync(100);
  peer.answers = false;
  await vi.advanceTimersByTimeAsync(5 * silenceMs);
  expect(peer).toMatchObject({ silences: 0, asked: 2 });
  peer.stop();
});

test('peers who came one after the other are looked at together', async () => {
  const moments = new Set<number>();
  const note = async (): Promise<number> => moments.add(Math.round(performance.now())).size;
  const stops = Array.from({ length: 50 }, () => {
    vi.advanceTimersByTime(2);
    return watchSilence({ transport: { bytesReceived: note }, silenceMs, heard: false }, () => undefined);
  });
  await vi.advanceTimersByTimeAsync(100);
  moments.clear();
  await vi.advanceTimersByTimeAsync(99);
  expect(moments.size).toBeLessThanOrEqual(16);
  for (const stop of stops) stop();
  moments.clear();
  await vi.advanceTimersByTimeAsync(1000);
  expect(moments.size).toBe(0);
});
