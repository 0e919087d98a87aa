import type { HlsPlayer } from './hls-player.ts';
import { authorization } from './offer-exchange.ts';
import type { PlayerState } from './player-state.ts';
import type { WhepPlayer } from './whep-player.ts';

/** How long WebRTC may take to connect before HLS is tried, in milliseconds: a bad network needs some seconds, a blocked one for ever. */
const connectMs = 8_000;

/** How long HLS may have nothing to show before WebRTC is tried again, in milliseconds: a slow network needs some seconds for the first segments. */
const idleMs = 20_000;

/** How long the gateway may take to say whether it has HLS, in milliseconds: some seconds pass before the first viewer's is ready. */
const answerMs = 10_000;

/** When to turn from one protocol to the other: now, or if nothing better comes in time, or not at all. */
type Moment = 'now' | 'later' | 'never';

/** What to do about a state of WebRTC, and why. */
export type FallbackPlan = { readonly name: Moment; readonly because: string };

/** Where to ask whether there is HLS. */
export interface HlsAddress {
  /** The URL of the multivariant playlist. */
  readonly url: string;
  /** A bearer token. Default: none. */
  readonly token: string | undefined;
}

const stay: FallbackPlan = { name: 'never', because: '' };

/** Whether HLS may help where WebRTC does not. A connection that is up, and has no picture yet, needs no help: a publisher's key frame may be far away. */
export function planFallback(state: PlayerState, isConnected: boolean): FallbackPlan {
  switch (state.name) {
    case 'connecting':
    case 'reconnecting':
      return isConnected ? stay : { name: 'later', because: 'WebRTC cannot connect from this network' };
    case 'failed':
      return state.status === 422 || state.code === 'ERR_BROWSER'
        ? { name: 'now', because: 'this browser cannot play the stream over WebRTC' }
        : stay;
    case 'waiting':
    case 'playing':
    case 'closed':
      return stay;
  }
}

/** Whether WebRTC may help where HLS has ceased to: the stream has gone, or became one that HLS cannot carry. */
export function planReturn(state: PlayerState): Moment {
  return ['connecting', 'waiting', 'reconnecting'].includes(state.name) ? 'later' : 'never';
}

/** Calls `fallBack`, once, when WebRTC cannot be had and HLS can. Ends by itself with the player. */
export function watchForFallback(player: WhepPlayer, hls: HlsAddress, fallBack: (because: string) => void): void {
  const plan = (): FallbackPlan => planFallback(player.state, player.peer?.connectionState === 'connected');
  watchForTurn(player, {
    when: () => plan().name,
    patienceMs: connectMs,
    isPossible: async () => hasHls(hls),
    turn: () => fallBack(plan().because),
  });
}

/** Calls `goBack`, once, when HLS has had nothing to play for a while. Ends by itself with the player. */
export function watchForReturn(player: HlsPlayer, goBack: () => void): void {
  watchForTurn(player, { when: () => planReturn(player.state), patienceMs: idleMs, isPossible: async () => true, turn: goBack });
}

/** Lets nobody in, and makes the gateway begin to package the stream. */
async function hasHls({ url, token }: HlsAddress): Promise<boolean> {
  try {
    const { ok } = await fetch(url, { method: 'HEAD', headers: authorization(token), signal: AbortSignal.timeout(answerMs) });
    return ok;
  } catch {
    return false; // no answer promises no HLS
  }
}

/** When to turn from a player to the other protocol, whether that leads anywhere, and how. */
interface Turn {
  readonly when: () => Moment;
  readonly patienceMs: number;
  readonly isPossible: () => Promise<boolean>;
  readonly turn: () => void;
}

/** Asks again and again where the other protocol has nothing either. */
function watchForTurn(player: WhepPlayer | HlsPlayer, { when, patienceMs, isPossible, turn }: Turn): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isAsking = false;
  const follow = (): void => look(0);
  const look = (leastMs: number): void => {
    if (isAsking) return;
    const moment = when();
    if (moment === 'later') {
      timer ??= setTimeout(() => void attempt(), patienceMs);
      return;
    }
    clearTimeout(timer);
    timer = moment === 'now' ? setTimeout(() => void attempt(), leastMs) : undefined;
  };
  const attempt = async (): Promise<void> => {
    isAsking = true;
    const isOpen = when() !== 'never' && (await isPossible());
    isAsking = false;
    timer = undefined;
    if (when() === 'never' || !isOpen) return look(patienceMs);
    player.removeEventListener('state', follow);
    turn();
  };
  player.addEventListener('state', follow);
  follow();
}
