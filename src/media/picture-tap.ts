import type { Consumer, Producer, Router, RtpCapabilities } from 'mediasoup/types';
import type { FrameSize } from './h264-sps.ts';
import { sizeReader, type SizeReader } from './picture-sizes.ts';
import { codecLabel, codecOf } from './router-codecs.ts';
import { rtpSsrc } from './rtp-header.ts';

/** How long all encodings may take to show a key frame, in milliseconds; browsers add the larger ones as their estimate grows. */
const simulcastTimeoutMs = 30_000;

/**
 * Measures the encodings of an H264 or VP8 simulcast producer: the picture size of each, in the producer's order.
 *
 * Resolves undefined when the producer closes first, or when an encoding shows no key frame in time.
 */
export async function tapEncodingSizes(router: Router, producer: Producer): Promise<readonly FrameSize[] | undefined> {
  const sizes = await tapPictureSizes(router, producer, simulcastTimeoutMs);
  const known = sizes.filter((size) => size !== undefined);
  return known.length === 0 || known.length < sizes.length ? undefined : known;
}

/**
 * Asks a video producer for key frames, as every new consumer does, and reads the picture size of each layer: of each encoding, in the
 * producer's order, or of each spatial layer of SVC, smallest first. Empty for audio, and for SVC that shows nothing in time.
 *
 * Reads every packet in Node, so it stops as soon as all are known, at the timeout, and when the producer closes.
 */
export async function tapPictureSizes(router: Router, producer: Producer, timeoutMs: number): Promise<readonly (FrameSize | undefined)[]> {
  if (producer.kind === 'audio') return [];
  const transport = await router.createDirectTransport();
  try {
    const codec = codecOf(producer.rtpParameters.codecs[0]?.mimeType ?? '');
    const rtpCapabilities: RtpCapabilities = { codecs: [{ ...codecLabel(codec), preferredPayloadType: 96 }], headerExtensions: [] };
    const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities, pipe: true });
    return await allSizes(consumer, sizeReader(codec), timeoutMs);
  } finally {
    transport.close();
  }
}

async function allSizes(consumer: Consumer, readSizes: SizeReader, timeoutMs: number): Promise<readonly (FrameSize | undefined)[]> {
  const ssrcs = (consumer.rtpParameters.encodings ?? []).map(({ ssrc }) => ssrc);
  const sizes = new Map<number, readonly FrameSize[]>();
  return new Promise((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      consumer.removeAllListeners('rtp');
      resolve(ssrcs.length === 1 ? (sizes.get(0) ?? []) : ssrcs.map((_ssrc, encoding) => sizes.get(encoding)?.[0]));
    };
    const timer = setTimeout(settle, timeoutMs);
    consumer.observer.once('close', settle);
    consumer.on('rtp', (packet) => {
      const index = ssrcs.indexOf(rtpSsrc(packet));
      const found = index === -1 || sizes.has(index) ? undefined : readSizes(packet);
      if (found === undefined) return;
      sizes.set(index, found);
      if (sizes.size === ssrcs.length) settle();
    });
  });
}
