import type { Producer } from 'mediasoup/types';
import type { FrameSize } from './h264-sps.ts';
import { sizeReader } from './picture-sizes.ts';
import { codecOf } from './router-codecs.ts';
import type { TrackTap } from './track-tap.ts';

/** How long all encodings may take to show a key frame, in milliseconds; browsers add the larger ones as their estimate grows. */
const simulcastTimeoutMs = 30_000;

/**
 * Measures the encodings of an H264 or VP8 simulcast producer: the picture size of each, in the producer's order.
 *
 * Resolves undefined when the producer closes first, or when an encoding shows no key frame in time.
 */
export async function tapEncodingSizes(tap: TrackTap, producer: Producer): Promise<readonly FrameSize[] | undefined> {
  const sizes = await tapPictureSizes(tap, producer, simulcastTimeoutMs);
  const known = sizes.filter((size) => size !== undefined);
  return known.length === 0 || known.length < sizes.length ? undefined : known;
}

/**
 * Asks a video producer for key frames, as every new consumer does, and reads the picture size of each layer: of each encoding, in the
 * producer's order, or of each spatial layer of SVC, smallest first. Empty for audio, and for SVC that shows nothing in time.
 *
 * Reads every packet in Node, so it stops as soon as all are known, at the timeout, and when the producer closes.
 */
export async function tapPictureSizes(tap: TrackTap, producer: Producer, timeoutMs: number): Promise<readonly (FrameSize | undefined)[]> {
  if (producer.kind === 'audio') return [];
  const readSizes = sizeReader(codecOf(producer.rtpParameters.codecs[0]?.mimeType ?? ''));
  const count = producer.rtpParameters.encodings?.length ?? 1;
  const sizes = new Map<number, readonly FrameSize[]>();
  return new Promise((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      reading[Symbol.dispose]();
      resolve(count === 1 ? (sizes.get(0) ?? []) : Array.from({ length: count }, (_, encoding) => sizes.get(encoding)?.[0]));
    };
    const timer = setTimeout(settle, timeoutMs);
    const reading = tap.read({
      packet: (packet, encoding) => {
        const found = sizes.has(encoding) ? undefined : readSizes(packet);
        if (found === undefined) return;
        sizes.set(encoding, found);
        if (sizes.size === count) settle();
      },
      closed: settle,
    });
  });
}
