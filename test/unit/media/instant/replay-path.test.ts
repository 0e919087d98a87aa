import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { judgeFall, ReplayPath } from '../../../../src/media/instant/replay-path.ts';

test.for([
  ['lost packets tell at once', { lastedMs: 0, estimate: 600, loss: 0.2 }, 'real'],
  ['however little it fell', { lastedMs: 0, estimate: 950, loss: 0.05 }, 'real'],
  ['without loss it may be a standstill', { lastedMs: 50, estimate: 300, loss: 0.02 }, 'open'],
  ['which is over once the estimate is as before', { lastedMs: 50, estimate: 1000, loss: 0 }, 'over'],
  ['even if something was lost', { lastedMs: 50, estimate: 1100, loss: 0.1 }, 'over'],
  ['losses show late, and meanwhile nothing is sent', { lastedMs: 300, estimate: 300, loss: 0.02 }, 'hold'],
  ['unless that has room still', { lastedMs: 300, estimate: 950, loss: 0.02 }, 'open'],
  ['which it has then, too', { lastedMs: 450, estimate: 950, loss: 0.02 }, 'over'],
  ['then it is tried again', { lastedMs: 450, estimate: 300, loss: 0.02 }, 'open'],
  ['what lasts tells without loss', { lastedMs: 900, estimate: 850, loss: 0 }, 'real'],
] as const)('%s', ([, fall, verdict]) => {
  expect(judgeFall({ before: 1000, ...fall }, 900)).toBe(verdict);
});

class FakeEstimate {
  readonly events = new EventEmitter<{ fall: [bitsPerSecond: number, before: number] }>();
  value = 1000;
  lost = 0;
  asked = 0;
  fails = false;
  readonly raised: number[] = [];

  async ask(): Promise<{ value: number; loss: number }> {
    this.asked += 1;
    if (this.fails) throw new Error('the transport is gone');
    return { value: this.value, loss: this.lost };
  }

  raise(bitsPerSecond: number): Disposable {
    this.raised.push(bitsPerSecond);
    return {
      [Symbol.dispose]: () => {
        this.raised.push(0);
      },
    };
  }

  fall(to: number): void {
    const before = this.value;
    this.value = to;
    this.events.emit('fall', to, before);
  }
}

function watch() {
  const estimate = new FakeEstimate();
  const told: (number | undefined)[] = [];
  const held: number[] = [];
  const path: ReplayPath = new ReplayPath({
    estimate,
    carried: undefined,
    rate: () => 900,
    onHold: (durationMs) => held.push(durationMs),
    onLess: () => told.push(path.carried),
  });
  return { estimate, told, held, path };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('a fall is looked into until it is understood, and the next one anew', async () => {
  const { estimate, told, held } = watch();
  estimate.fall(500);
  estimate.fall(400);
  await vi.advanceTimersByTimeAsync(150);
  expect([told, held]).toEqual([[], [100, 100]]);
  estimate.lost = 0.3;
  await vi.advanceTimersByTimeAsync(50);
  expect(told).toEqual([400 / 1.5]);
  estimate.fall(300);
  await vi.advanceTimersByTimeAsync(0);
  expect(told).toEqual([400 / 1.5, 200]);
});

test('nothing is asked without a fall, after it is understood, nor once it is disposed of', async () => {
  const { estimate, told, path } = watch();
  await vi.advanceTimersByTimeAsync(1000);
  expect(estimate.asked).toBe(0);
  estimate.fall(950);
  await vi.advanceTimersByTimeAsync(2000);
  const understood = estimate.asked;
  expect([understood, told]).toEqual([10, []]);
  estimate.fall(500);
  path[Symbol.dispose]();
  path[Symbol.dispose]();
  estimate.lost = 1;
  await vi.advanceTimersByTimeAsync(1000);
  estimate.fall(300);
  await vi.advanceTimersByTimeAsync(1000);
  expect([estimate.asked, told]).toEqual([understood + 1, []]);
});

test('a transport that is gone is no error', async () => {
  const { estimate, told } = watch();
  estimate.fails = true;
  estimate.fall(500);
  await vi.advanceTimersByTimeAsync(1000);
  expect([estimate.asked, told]).toEqual([1, []]);
});

test('a track that takes over has room beside what is injected, until that has ended', () => {
  const { estimate, path } = watch();
  path.makeRoom(100);
  path.makeRoom(200);
  expect(estimate.raised).toEqual([600, 0, 1200]);
  path[Symbol.dispose]();
  expect(estimate.raised).toEqual([600, 0, 1200, 0]);
});
