import { expect, test } from 'vitest';
import { overloadOf } from '../../../src/http/overload.ts';

const idle = { eventLoopDelayMs: 1, memoryBytes: 100, workerCpu: 0.1 };

test.for([
  ['nothing', {}, undefined],
  ['a late thread', { eventLoopDelayMs: 251 }, 'event loop delay'],
  ['memory', { memoryBytes: 1_001 }, 'memory'],
  ['workers', { workerCpu: 0.91 }, 'worker CPU'],
  ['workers that do not tell', { workerCpu: undefined }, undefined],
  ['what is just allowed', { eventLoopDelayMs: 250, memoryBytes: 1_000, workerCpu: 0.9 }, undefined],
] as const)('%s is an overload or not', ([, load, reason]) => {
  expect(overloadOf({ ...idle, ...load }, { eventLoopDelayMs: 250, memoryBytes: 1_000, workerCpu: 0.9 })).toBe(reason);
});

test('what has no limit is never an overload', () => {
  expect(overloadOf({ eventLoopDelayMs: 1e9, memoryBytes: 1e15, workerCpu: 1 }, {})).toBeUndefined();
});
