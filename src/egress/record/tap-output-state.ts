import type { OutputState } from '../output.ts';
import { sentenceOf } from './ending-sentence.ts';
import type { TapState } from '../tap/tap-state.ts';

/** What an output does that waits for its tap's fragments, by what the tap does. */
export function stateBefore(tap: TapState): OutputState {
  switch (tap.name) {
    case 'starting':
    case 'running':
      return { name: 'starting', since: tap.since };
    case 'waiting':
      return tap;
    case 'stopped':
      return { name: 'waiting', since: tap.since, reason: 'There is no such stream now.' };
    case 'restarting': {
      const { name, since, attempt, retryAt, ending } = tap;
      return { name, since, attempt, retryAt, ending: { cause: ending.cause, detail: sentenceOf(ending) } };
    }
    case 'failed':
      return { name: 'failed', since: tap.since, ending: { cause: tap.ending.cause, detail: sentenceOf(tap.ending) } };
  }
}
