import { expect, test } from 'vitest';
import { afterTakeover, heldForMs, noTakeovers, type TakeoverHistory } from '../../../src/streams/takeover.ts';

const after = (...times: readonly number[]): TakeoverHistory => times.reduce(afterTakeover, noTakeovers);

test('a name without takeovers is free', () => {
  expect(heldForMs(noTakeovers, 0)).toBe(0);
});

test('two takeovers in 30 s leave the name free, the third holds it for 60 s', () => {
  expect(heldForMs(after(0, 2000), 2000)).toBe(0);
  expect(heldForMs(after(0, 2000, 4000), 4000)).toBe(60_000);
  expect(heldForMs(after(0, 2000, 4000), 63_999)).toBe(1);
  expect(heldForMs(after(0, 2000, 4000), 64_000)).toBe(0);
});

test('takeovers that lie further apart never hold the name', () => {
  expect(heldForMs(after(0, 15_000, 30_000, 45_000, 60_000), 60_000)).toBe(0);
});

test('after a hold the count begins anew', () => {
  expect(heldForMs(after(0, 1000, 2000, 70_000), 70_000)).toBe(0);
  expect(heldForMs(after(0, 1000, 2000, 70_000, 71_000, 72_000), 72_000)).toBe(60_000);
});
