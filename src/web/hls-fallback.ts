import type { PlayerState } from './player-state.ts';
import type { WhepPlayer } from './whep-player.ts';

/** How long WebRTC may take to show something before HLS is tried, in milliseconds: a bad network needs some seconds, a blocked one for ever. */
const patienceMs = 8_000;

/** What to do about a state: fall back now, or if nothing better comes in time, or not at all. */
export type FallbackPlan = { readonly name: 'now' | 'later' | 'never'; readonly because: string };

/** Whether HLS may help where WebRTC does not. */
export function planFallback(state: PlayerState): FallbackPlan {
  switch (state.name) {
    case 'connecting':
    case 'reconnecting':
      return { name: 'later', because: 'WebRTC cannot connect from this network' };
    case 'failed':
      return state.status === 422 || state.code === 'ERR_BROWSER'
        ? { name: 'now', because: 'this browser cannot play the stream over WebRTC' }
        : { name: 'never', because: '' };
    case 'waiting':
    case 'playing':
    case 'closed':
      return { name: 'never', because: '' };
  }
}

/** Calls `fallBack`, once, when WebRTC cannot be had. Ends by itself with the player. */
export function watchForFallback(player: WhepPlayer, fallBack: (because: string) => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const follow = (): void => {
    const { name, because } = planFallback(player.state);
    const act = (): void => {
      player.removeEventListener('state', follow);
      fallBack(because);
    };
    if (name === 'now') act();
    else if (name === 'later') timer ??= setTimeout(act, patienceMs);
    if (name === 'later') return;
    clearTimeout(timer);
    timer = undefined;
  };
  player.addEventListener('state', follow);
  follow();
}
