import type { MediaTransport } from '../media/engine.ts';

/** Whom to watch. */
interface Watched {
  readonly transport: Pick<MediaTransport, 'bytesReceived'>;
  /** How long nothing may come, in milliseconds. */
  readonly silenceMs: number;
  /** Whether the peer counts as one that talks from the start. */
  readonly heard: boolean;
}

/**
 * Tells once a connected peer has fallen silent: no RTP, no RTCP, no STUN. Gives the function that ends the watch.
 *
 * From some players nothing ever comes (libdatachannel without RTCP, pion without consent checks). So who does not count as `heard`
 * from the start can fall silent only after bytes of it came while it was being watched.
 */
export function watchSilence({ transport, silenceMs, heard: heardBefore }: Watched, onSilent: () => void): () => void {
  let lastBytes: number | undefined;
  let lastChange = performance.now();
  let heard = heardBefore;
  const check = async (): Promise<void> => {
    const bytes = await transport.bytesReceived();
    if (bytes !== lastBytes) {
      heard ||= lastBytes !== undefined;
      [lastBytes, lastChange] = [bytes, performance.now()];
    } else if (heard && performance.now() - lastChange >= silenceMs) onSilent();
  };
  const timer = setInterval(() => void check().catch(() => undefined), silenceMs / 4); // a worker that cannot answer has died: its transports say so
  return () => {
    clearInterval(timer);
  };
}
