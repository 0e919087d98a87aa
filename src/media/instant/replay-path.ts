import type { BandwidthEstimate } from '../bandwidth-estimate.ts';

/** What is known of an estimate that has fallen. */
export interface Fall {
  /** Since it fell first. */
  readonly lastedMs: number;
  /** In bit/s, before it fell, and now. */
  readonly before: number;
  readonly estimate: number;
  /** Share of the packets that were sent of late. */
  readonly loss: number;
}

/** A replay that is too much fills the queue of any path within moments; a machine or radio that stood still loses next to nothing. */
const surelyLost = 0.05;

/** All in milliseconds, since the fall. */
const times = {
  /** What a standstill held up has come by then, mostly, and lifts the estimate again. */
  standstill: 100,
  /** Losses are known by then, which show when what was queued behind them has come: a queue of 300 ms or so, and the feedback. */
  losses: 450,
  /** An estimate that stays low so long while packets go on does so for good. */
  lasting: 900,
} as const;

/**
 * Whether a fall of the estimate tells that the path does not carry what is sent, which takes so much (`rate`, in bit/s): `real` where packets are
 * lost as well, or where it lasts. A player that stands still for a moment makes mediasoup believe in a full queue, too.
 *
 * Until then: `open`, or `hold` for as long as nothing should be sent into a queue that is probably full.
 */
export function judgeFall({ lastedMs, before, estimate, loss }: Fall, rate: number): 'real' | 'over' | 'open' | 'hold' {
  if (estimate >= before) return 'over';
  if (loss >= surelyLost) return 'real';
  if (lastedMs < times.standstill) return 'open';
  if (lastedMs < times.losses) return estimate < rate ? 'hold' : 'open';
  if (estimate >= rate) return 'over';
  return lastedMs < times.lasting ? 'open' : 'real';
}

/** How soon to look again, in milliseconds. */
const lookEveryMs = 50;

/** An estimate that falls must be so many times what is replayed: a replay has to catch up with the track, sound needs room, and it may fall on. */
const headroom = 1.5;

/**
 * What mediasoup measures over 2.5 s when a track takes over: a GOP of up to 5 s that was injected in a moment and what came behind it, that is
 * three times what it takes, and the track itself; and half as much again for a GOP that takes more than others.
 */
const roomForBoth = 6;

type Estimate = Pick<BandwidthEstimate, 'events' | 'ask' | 'raise'>;

/** What a {@link ReplayPath} needs to know, and whom it tells. */
export interface ReplayPathOptions {
  readonly estimate: Estimate;
  /** What the path was found to carry before, in bit/s; undefined for a newcomer. */
  readonly carried: number | undefined;
  /** What is replayed takes so much, in bit/s. */
  readonly rate: () => number;
  /** Nothing is to be sent for so long, in milliseconds. */
  readonly onHold: (durationMs: number) => void;
  /** Less is carried than was thought. */
  readonly onLess: () => void;
}

/**
 * The path of a viewer that is shown a replay: what it carries, as mediasoup's estimate tells when it falls. Asks the worker some times for each fall,
 * and at no other time.
 */
export class ReplayPath implements Disposable {
  readonly #options: ReplayPathOptions;
  #carried: number | undefined;
  #isLooking = false;
  #timer: NodeJS.Timeout | undefined;
  #raised: Disposable | undefined;
  #disposed = false;

  constructor(options: ReplayPathOptions) {
    this.#options = options;
    this.#carried = options.carried;
    options.estimate.events.on('fall', this.#onFall);
  }

  /** What it was found to carry of video, in bit/s; undefined: nothing is known. */
  get carried(): number | undefined {
    return this.#carried;
  }

  /**
   * Lets a track take over from what is injected, which takes so much (`rate`, in bit/s), as mediasoup takes both out of its estimate, and what is
   * injected first: without room for both the track would begin with a smaller encoding, and stay with it for a GOP.
   */
  makeRoom(rate: number): void {
    this.#raised?.[Symbol.dispose]();
    this.#raised = this.#options.estimate.raise(roomForBoth * rate);
  }

  /** Nothing is injected any more. Idempotent. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#options.estimate.events.off('fall', this.#onFall);
    clearTimeout(this.#timer);
    this.#raised?.[Symbol.dispose]();
  }

  readonly #onFall = (_value: number, before: number): void => {
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#look(before, performance.now());
  };

  async #look(before: number, sinceMs: number): Promise<void> {
    const { estimate, rate, onHold, onLess } = this.#options;
    const now = await estimate.ask().catch(() => undefined); // the transport is gone: nothing is sent any more
    if (now === undefined || this.#disposed) return;
    const { value, loss } = now;
    const verdict = judgeFall({ lastedMs: performance.now() - sinceMs, before, estimate: value, loss }, rate());
    if (verdict === 'open' || verdict === 'hold') this.#timer = setTimeout(() => void this.#look(before, sinceMs), lookEveryMs);
    else this.#isLooking = false;
    if (verdict === 'hold') onHold(2 * lookEveryMs);
    if (verdict !== 'real') return;
    this.#carried = value / headroom;
    onLess();
  }
}
