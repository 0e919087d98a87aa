import type { Tone } from './page-parts.ts';
import type { PlayerState } from './player-state.ts';
import type { PublisherState } from './whip-publisher.ts';

/** A state in words. */
export interface Telling {
  /** One word or two. */
  readonly pill: string;
  readonly tone: Tone;
  readonly title: string;
  readonly detail: string;
}

/** Tells what a player does; `now` is for countdowns. */
export function tellPlayer(state: PlayerState, now: number): Telling {
  switch (state.name) {
    case 'connecting':
      return { pill: 'Connecting', tone: 'busy', title: 'Connecting…', detail: '' };
    case 'waiting':
      return {
        pill: 'Waiting',
        tone: 'busy',
        title: 'Waiting for the publisher',
        detail: 'Playback starts by itself as soon as there is something to see.',
      };
    case 'playing':
      return { pill: 'Live', tone: 'live', title: 'Playing', detail: '' };
    case 'reconnecting':
      return { pill: 'Reconnecting', tone: 'busy', title: countdown(state.retryAt, now), detail: state.reason };
    case 'failed':
      return { pill: 'Stopped', tone: 'bad', title: 'This cannot be played', detail: state.reason };
    case 'closed':
      return { pill: 'Closed', tone: 'quiet', title: 'Playback has ended', detail: '' };
  }
}

/** Tells what a publisher does; `now` is for countdowns. */
export function tellPublisher(state: PublisherState, now: number): Telling {
  switch (state.name) {
    case 'connecting':
      return { pill: 'Connecting', tone: 'busy', title: 'Connecting…', detail: '' };
    case 'live':
      return { pill: 'Live', tone: 'live', title: 'Live', detail: '' };
    case 'reconnecting': {
      const title = countdown(state.retryAt, now);
      return { pill: 'Reconnecting', tone: 'busy', title, detail: `${state.reason} ${title}` };
    }
    case 'failed':
      return {
        pill: 'Stopped',
        tone: 'bad',
        title: 'Publishing has stopped',
        detail: state.code === 'ERR_SESSION_ENDED' ? takenText : state.reason,
      };
    case 'closed':
      return { pill: '', tone: 'quiet', title: 'Stopped', detail: '' };
  }
}

const takenText = 'Somebody else publishes under this name now. Start again to take it back.';

function countdown(retryAt: number, now: number): string {
  const seconds = Math.ceil((retryAt - now) / 1000);
  return seconds > 0 ? `Reconnecting in ${seconds} s` : 'Reconnecting…';
}
