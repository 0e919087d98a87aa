import type { GopFeed } from './gop-feed.ts';
import { injectedPayloadType } from './injected-consumer.ts';
import { type Channel, RelayReplay, type ReplayingRelay, type ReplayViewer } from './relay-replay.ts';
import { rewrittenParts } from './rtp-rewriter.ts';

/**
 * How long a replay waits for others who come, in milliseconds, by how many channels are left free for those after them. Who comes alone does not
 * wait; the more come, the more of them each replay takes.
 */
const gatherMs = [300, 150, 50, 0] as const;

/** Replays that are sent on one relay at a time. Each costs the worker a GOP and its bookkeeping for two seconds: 0.85 MB at 2 Mbit/s. */
export const channelCount = gatherMs.length;

/** The replays of one relay. */
export class RelayReplays {
  readonly #relay: ReplayingRelay;
  readonly #free: Channel[];
  /** The newest, which others may join. */
  #newest: RelayReplay | undefined;

  /** `ssrcs`: of the encodings behind the live one, which is the first. */
  constructor(relay: ReplayingRelay, ssrcs: readonly number[]) {
    this.#relay = relay;
    this.#free = ssrcs.map((ssrc, index) => ({ encoding: index + 1, ssrc, next: 1 }));
  }

  /** A replay that the player has joined; or why there is none. */
  join(feed: GopFeed, viewer: ReplayViewer): RelayReplay | 'no-gop' | 'busy' {
    if (!feed.hasGop(feed.encoding)) return 'no-gop';
    const nowMs = performance.now();
    const replay = this.#newest?.admits(feed, nowMs) === true ? this.#newest : this.#open(feed, nowMs);
    replay?.join(viewer);
    return replay ?? 'busy';
  }

  #open(feed: GopFeed, nowMs: number): RelayReplay | undefined {
    const channel = feed.desk.hasRoom && this.#relay.offsets !== undefined ? this.#free.shift() : undefined;
    if (channel === undefined) return undefined;
    this.#wake(channel);
    const over = (): void => {
      this.#free.push(channel);
      if (this.#newest === replay) this.#newest = undefined;
    };
    const opensUntilMs = nowMs + (gatherMs[this.#free.length] ?? 0);
    const replay = new RelayReplay({ relay: this.#relay, channel, feed, opensUntilMs, over });
    this.#newest = replay;
    return replay;
  }

  /** Sends a packet that holds no picture, after which mediasoup counts the encoding as one that may be had. */
  #wake(channel: Channel): void {
    const header = { ssrc: channel.ssrc, payloadType: injectedPayloadType, sequence: channel.next, timestamp: 0 };
    const packet = rewrittenParts(Buffer.from([0x80, 0, ...Array<number>(10).fill(0), 0, 0]), header);
    channel.next += 1;
    if (packet !== undefined) this.#relay.send(...packet);
  }
}
