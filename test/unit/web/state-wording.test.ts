import { expect, test } from 'vitest';
import { tellPlayer, tellPublisher } from '../../../src/web/state-wording.ts';
import type { PlayerState } from '../../../src/web/player-state.ts';
import type { PublisherState } from '../../../src/web/whip-publisher.ts';

const now = 1_700_000_000_000;
const reconnecting = { name: 'reconnecting', reason: 'The network failed.', attempt: 1, retryAt: now + 2100 } as const;
const failed = { name: 'failed', reason: 'This stream is for members.', code: 'ERR_TOKEN_MISSING', status: 401 } as const;

test.for<[PlayerState, ReturnType<typeof tellPlayer>]>([
  [{ name: 'connecting' }, { pill: 'Connecting', tone: 'busy', title: 'Connecting…', detail: '' }],
  [
    { name: 'waiting', reason: 'Nobody publishes.' },
    {
      pill: 'Waiting',
      tone: 'busy',
      title: 'Waiting for the publisher',
      detail: 'Playback starts by itself as soon as there is something to see.',
    },
  ],
  [{ name: 'playing' }, { pill: 'Live', tone: 'live', title: 'Playing', detail: '' }],
  [reconnecting, { pill: 'Reconnecting', tone: 'busy', title: 'Reconnecting in 3 s', detail: 'The network failed.' }],
  [failed, { pill: 'Stopped', tone: 'bad', title: 'This cannot be played', detail: 'This stream is for members.' }],
  [{ name: 'closed' }, { pill: 'Closed', tone: 'quiet', title: 'Playback has ended', detail: '' }],
])('a player in the state %j is told in words', ([state, telling]) => {
  expect(tellPlayer(state, now)).toEqual(telling);
});

test.for<[PublisherState, ReturnType<typeof tellPublisher>]>([
  [{ name: 'connecting' }, { pill: 'Connecting', tone: 'busy', title: 'Connecting…', detail: '' }],
  [{ name: 'live' }, { pill: 'Live', tone: 'live', title: 'Live', detail: '' }],
  [reconnecting, { pill: 'Reconnecting', tone: 'busy', title: 'Reconnecting in 3 s', detail: 'The network failed. Reconnecting in 3 s' }],
  [failed, { pill: 'Stopped', tone: 'bad', title: 'Publishing has stopped', detail: 'This stream is for members.' }],
  [
    { ...failed, code: 'ERR_SESSION_ENDED', status: undefined },
    {
      pill: 'Stopped',
      tone: 'bad',
      title: 'Publishing has stopped',
      detail: 'Somebody else publishes under this name now. Start again to take it back.',
    },
  ],
  [{ name: 'closed' }, { pill: '', tone: 'quiet', title: 'Stopped', detail: '' }],
])('a publisher in the state %j is told in words', ([state, telling]) => {
  expect(tellPublisher(state, now)).toEqual(telling);
});

test.for([
  [15_000, 'Reconnecting in 15 s'],
  [1, 'Reconnecting in 1 s'],
  [0, 'Reconnecting…'],
  [-4000, 'Reconnecting…'],
] as const)('%i ms before the next attempt the countdown says “%s”', ([remainingMs, title]) => {
  expect(tellPlayer({ ...reconnecting, retryAt: now + remainingMs }, now).title).toBe(title);
});
