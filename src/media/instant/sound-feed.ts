import type { ProducerTrace } from '../producer-trace.ts';
import { rtpSequence, rtpTimestamp, unwrap } from '../rtp-header.ts';
import type { TrackTap } from '../track-tap.ts';
import type { Follower } from './gop-feed.ts';

/** Where the packets of a track and its publisher's reports are read. */
export interface SoundSource {
  readonly tap: TrackTap;
  readonly trace: ProducerTrace;
}

/** Passes the packets of a track without key frames on, until the result is disposed of. */
export function followSound({ tap, trace }: SoundSource, follower: Follower): Disposable {
  const held = new DisposableStack();
  let highest: number | undefined;
  held.use(
    tap.read({
      packet: (packet) => {
        const sequence = unwrap(rtpSequence(packet), highest);
        highest = Math.max(highest ?? sequence, sequence);
        follower.packet({ packet, sequence, timestamp: rtpTimestamp(packet), arrivedMs: performance.now(), beginsGop: false });
      },
      closed: () => {
        held.dispose();
        follower.ended();
      },
    }),
  );
  held.use(
    trace.listenToClock((_ssrc, mapping) => {
      follower.clock(mapping);
    }),
  );
  return held;
}
