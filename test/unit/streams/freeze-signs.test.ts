import { expect, test } from 'vitest';
import type { OutgoingReport } from '../../../src/media/track.ts';
import { noteFreezes, noteSwitch, startFreezes } from '../../../src/streams/freeze-signs.ts';

const calm: OutgoingReport = { packets: 0, bytes: 0, retransmitted: 0, lost: 0, keyFrameRequests: 0, roundTripMs: 20, jitterMs: 1 };

/** Reads one report a second; `at` changes what is in it. Gives the seconds with their signs. */
function signs(seconds: number, at: (second: number) => Partial<OutgoingReport>, switchAt?: number) {
  let history = startFreezes(0);
  return Array.from({ length: seconds }, (_, index) => index + 1).flatMap((second) => {
    if (second === switchAt) history = noteSwitch(history, second * 1000);
    const { history: next, sign } = noteFreezes(history, { ...calm, jitterMs: second, ...at(second) }, second * 1000);
    history = next;
    return sign === undefined ? [] : [[second, sign]];
  });
}

test('a viewer that reports and asks for nothing is well', () => {
  expect(signs(30, () => ({}))).toEqual([]);
});

test('a request for a key frame out of turn is a freeze, and its repetitions are the same one', () => {
  expect(signs(30, (second) => ({ keyFrameRequests: second < 10 ? 0 : Math.min(second - 9, 4) }))).toEqual([[10, 'key-frame']]);
  expect(signs(30, (second) => ({ keyFrameRequests: Number(second >= 10) + Number(second >= 20) }))).toEqual([
    [10, 'key-frame'],
    [20, 'key-frame'],
  ]);
});

test('a request that comes with the beginning or with another layer is none', () => {
  expect(signs(30, (second) => ({ keyFrameRequests: Number(second >= 2) }))).toEqual([]);
  expect(signs(30, (second) => ({ keyFrameRequests: Number(second >= 10) }), 9)).toEqual([]);
});

test('a viewer that goes silent freezes once; one that never reported does not', () => {
  expect(signs(30, (second) => ({ jitterMs: Math.min(second, 10) }))).toEqual([[17, 'silence']]);
  expect(signs(30, () => ({ roundTripMs: undefined, jitterMs: undefined }))).toEqual([]);
});
