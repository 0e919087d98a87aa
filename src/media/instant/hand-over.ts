/**
 * Shortest time from the first packet of an injection to the first one of the live consumer, in milliseconds. Chromium ignores a new SSRC for
 * 500 ms after it took one, and then loses the key frame with which the live consumer begins: its picture would stand until the next.
 */
const shortestMs = 1000;

/**
 * The same, in milliseconds, for a viewer whose player tells of its network in receiver reports alone, while there are layers to choose from: a
 * path that does not carry the encoding that was guessed is known 2.4 to 3.8 s after the join. The replay then goes on with another one at once; the
 * track, were it the one to send by then, only with its next key frame, or the one after that.
 */
const shortestUnmeasuredMs = 4000;

/**
 * How long packets are held back for the news that the live consumer has sent the key frame too, in milliseconds. It takes half a millisecond;
 * without it the consumer came too late for this key frame, and the next one is waited for.
 */
export const newsWithinMs = 60;

/**
 * Where the hand-over of a viewer stands, from packets that we inject to those of a consumer of the live track, which begins with a key frame
 * by itself: it is asked for when the viewer has caught up; the injection ends when it has begun. Has no clock: the time comes with each call.
 */
export class HandOver {
  #notBeforeMs: number;
  #state: 'injecting' | 'opening' | 'waiting' | 'holding' | 'ending' | 'done' = 'injecting';
  #heldSinceMs = -Infinity;
  #endingSinceMs = 0;

  /** `startedMs`: when the first packet was injected. `isGuessed`: whether it may be too much for the path, and only receiver reports tell. */
  constructor(startedMs: number, { isGuessed }: { readonly isGuessed: boolean }) {
    this.#notBeforeMs = startedMs + (isGuessed ? shortestUnmeasuredMs : shortestMs);
  }

  /** Whether the live consumer should be opened now; says so once. */
  shouldOpen(isLive: boolean, nowMs: number): boolean {
    if (this.#state !== 'injecting' || !isLive || nowMs < this.#notBeforeMs) return false;
    this.#state = 'opening';
    return true;
  }

  /** The live consumer is there and will begin with the next key frame. */
  opened(): void {
    if (this.#state === 'opening') this.#state = 'waiting';
  }

  /** The live consumer could not be opened; it is tried again after a while. */
  failed(nowMs: number): void {
    if (this.#state !== 'opening') return;
    this.#state = 'injecting';
    this.#notBeforeMs = nowMs + shortestMs;
  }

  /** A key frame begins in the live track. True: it is not injected, so what came before it must go first. */
  keyFrame(nowMs: number): boolean {
    if (this.#state === 'ending') {
      this.#state = 'done';
      return true;
    }
    if (this.decide(nowMs) !== 'inject' || this.#state !== 'waiting') return false;
    this.#state = 'holding';
    this.#heldSinceMs = nowMs;
    return true;
  }

  /** The live consumer has sent a key frame, which we may not have got yet, nor what came before it. */
  begun(nowMs: number): void {
    const isKnown = this.#state !== 'waiting' || nowMs - this.#heldSinceMs < shortestMs;
    this.#state = isKnown ? 'done' : 'ending';
    this.#endingSinceMs = nowMs;
  }

  /** Whether packets are injected now, held back, or left to the live consumer. */
  decide(nowMs: number): 'inject' | 'hold' | 'stop' {
    if (this.#state === 'ending' && nowMs - this.#endingSinceMs >= newsWithinMs) this.#state = 'done';
    if (this.#state === 'done') return 'stop';
    if (this.#state !== 'holding') return 'inject';
    if (nowMs - this.#heldSinceMs < newsWithinMs) return 'hold';
    this.#state = 'waiting';
    return 'inject';
  }
}
