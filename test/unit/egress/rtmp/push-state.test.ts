import { expect, test } from 'vitest';
import { initialPushState, nextPushState, retryDelayMs, type PushEvent, type PushState } from '../../../../src/egress/rtmp/push-state.ts';

const start = Date.parse('2026-11-26T10:00:00Z');
const at = (seconds: number): Date => new Date(start + seconds * 1000);
const broken: PushEvent = { type: 'broken', ending: { cause: 'refused', detail: 'Connection refused' } };

/** Plays events, each at its second. */
function play(...events: readonly (readonly [second: number, event: PushEvent | PushEvent['type']])[]): PushState {
  return events.reduce<PushState>(
    (state, [second, event]) => nextPushState(state, typeof event === 'string' ? plain(event) : event, at(second)),
    initialPushState(at(0)),
  );
}

function plain(type: PushEvent['type']): PushEvent {
  switch (type) {
    case 'ready':
    case 'accepted':
    case 'stopped':
      return { type };
    case 'idle':
      return { type, reason: 'publisher' };
    default:
      return broken;
  }
}

test('the delays between attempts are 1, 2, 5, 10, 30, 30 … seconds', () => {
  expect([1, 2, 3, 4, 5, 6, 100].map(retryDelayMs)).toEqual([1, 2, 5, 10, 30, 30, 30].map((seconds) => seconds * 1000));
});

test('a target waits for a publisher, starts, and runs from the first media that the server takes', () => {
  expect(play().shown).toEqual({ name: 'waiting', since: at(0), reason: 'publisher' });
  expect(play([1, 'ready']).shown).toEqual({ name: 'starting', since: at(1) });
  expect(play([1, 'ready'], [2, 'accepted'], [3, 'accepted']).shown).toEqual({ name: 'running', since: at(2) });
});

test('a broken push tells its ending, its attempt and when the next one is due', () => {
  expect(play([1, 'ready'], [2, broken]).shown).toEqual({
    name: 'restarting',
    since: at(2),
    attempt: 1,
    ending: { cause: 'refused', detail: 'Connection refused' },
    retryAt: at(3),
  });
});

test.for([
  [
    'failures in a row count up',
    [
      [1, 'ready'],
      [2, broken],
      [3, 'ready'],
      [4, broken],
    ],
    { attempt: 2, retryAt: at(6) },
  ],
  [
    'a push of 29 s forgives nothing',
    [
      [1, 'ready'],
      [2, broken],
      [3, 'ready'],
      [4, 'accepted'],
      [33, broken],
    ],
    { attempt: 2 },
  ],
  [
    'a push of 30 s does',
    [
      [1, 'ready'],
      [2, broken],
      [3, 'ready'],
      [4, 'accepted'],
      [34, broken],
    ],
    { attempt: 1, retryAt: at(35) },
  ],
  [
    'the count outlives a publisher that went',
    [
      [1, 'ready'],
      [2, broken],
      [3, 'idle'],
      [4, 'ready'],
      [5, broken],
    ],
    { attempt: 2 },
  ],
  [
    'and is forgiven after a good run',
    [
      [1, 'ready'],
      [2, broken],
      [3, 'ready'],
      [4, 'accepted'],
      [40, 'idle'],
      [41, 'ready'],
      [42, broken],
    ],
    { attempt: 1 },
  ],
] satisfies [string, (readonly [number, PushEvent | PushEvent['type']])[], object][])('%s', ([, events, expected]) => {
  expect(play(...events).shown).toMatchObject(expected);
});

test('what cannot be pushed fails with a reason, and the next run starts anew', () => {
  const ending = { cause: 'codec', detail: 'RTMP carries H264, not VP8' };
  expect(play([1, { type: 'unfit', ending }]).shown).toEqual({ name: 'failed', since: at(1), ending });
  expect(play([1, { type: 'unfit', ending }], [9, 'ready']).shown.name).toBe('starting');
});

test('stopped is the end, whatever comes after', () => {
  for (const late of ['ready', 'accepted', 'idle', broken] as const) {
    expect(play([1, 'ready'], [2, 'stopped'], [3, late]).shown).toEqual({ name: 'stopped', since: at(2) });
  }
});
