import type { Producer } from 'mediasoup/types';
import { readSequenceParameters } from './h264-sps.ts';
import type { TrackTap } from './track-tap.ts';

/** How long after the first packet an SPS may take, in milliseconds; a stream is live at the latest then (design.md §4). */
const spsTimeoutMs = 2000;

/**
 * Reads an H264 producer's packets until its first SPS, and no longer.
 *
 * Must be called before the producer's first packet. Resolves undefined when the producer closes first, or no SPS comes in time.
 */
export async function tapH264Profile(tap: TrackTap, producer: Producer): Promise<string | undefined> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const settle = (profile: string | undefined): void => {
      clearTimeout(timer);
      reading[Symbol.dispose]();
      producer.off('score', startTimer);
      resolve(profile);
    };
    const startTimer = (): void => {
      timer ??= setTimeout(() => {
        settle(undefined);
      }, spsTimeoutMs);
    };
    producer.on('score', startTimer);
    const reading = tap.read({
      packet: (packet) => {
        startTimer();
        const profile = readSequenceParameters(packet)?.profileLevelId;
        if (profile !== undefined) settle(profile);
      },
      closed: () => {
        settle(undefined);
      },
    });
  });
}
