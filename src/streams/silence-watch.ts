import type { MediaTransport } from '../media/transport.ts';

/** Whom to watch. */
interface Watched {
  readonly transport: Pick<MediaTransport, 'bytesReceived'>;
  /** How long nothing may come, in milliseconds. */
  readonly silenceMs: number;
  /** Whether the peer counts as one that talks from the start. */
  readonly heard: boolean;
}

/** Looks fall due so often in the time of silence, and each must find that nothing has come. */
const looks = 4;

/**
 * Looks at many peers fall together on so many moments of the time between two looks at one of them: waking up for one costs our thread several
 * times what one more costs.
 */
const momentsPerLook = 15;

/**
 * Tells once a connected peer has fallen silent: no RTP, no RTCP, no STUN. Gives the function that ends the watch.
 *
 * From some players nothing ever comes (libdatachannel without RTCP, pion without consent checks). So who does not count as `heard`
 * from the start can fall silent only after bytes of it came while it was being watched.
 *
 * A player that talks is looked at only every second time, since there may be thousands, and each look is a question to a worker and most of what
 * a viewer costs our thread: its silence is noticed in one and a half times the time of silence at the latest, a publisher's in one and a quarter.
 *
 * Looks count and not the clock: where the whole machine stood still for a while, or a worker did, the clock went on, and nobody was silent.
 */
export function watchSilence({ transport, silenceMs, heard: heardBefore }: Watched, onSilent: () => void): () => void {
  let lastBytes: number | undefined;
  let quiet = 0;
  let heard = heardBefore;
  let isLooking = false;
  let due = 0;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    due += 1;
    const talks = lastBytes !== undefined && quiet === 0;
    if (talks && !heardBefore && due < 2) return;
    isLooking = true;
    try {
      const bytes = await transport.bytesReceived();
      if (bytes !== lastBytes) {
        heard ||= lastBytes !== undefined;
        [lastBytes, quiet] = [bytes, 0];
      } else if ((quiet += due) >= looks && heard) onSilent();
      due = 0;
    } finally {
      isLooking = false;
    }
  };
  const lookSafely = (): void => void look().catch(() => undefined); // a worker that cannot answer has died: its transports say so
  const periodMs = silenceMs / looks;
  let timer = setTimeout(
    () => {
      timer = setInterval(lookSafely, periodMs);
      lookSafely();
    },
    periodMs - (performance.now() % (periodMs / momentsPerLook)),
  );
  return () => {
    clearTimeout(timer); // of an interval, too
  };
}
