import { readAv1Sizes } from './av1-sizes.ts';
import { type FrameSize, readSequenceParameters } from './h264-sps.ts';
import type { RoutedCodec } from './router-codecs.ts';
import { readVp8KeyFrameSize } from './vp8-key-frame.ts';
import { readVp9Sizes } from './vp9-sizes.ts';

/** The picture sizes in an RTP packet, by spatial layer, smallest first; undefined where it tells none. */
export type SizeReader = (packet: Uint8Array) => readonly FrameSize[] | undefined;

/**
 * mediasoup's number for the dependency descriptor of AV1. It leaves it on every packet, though no consumer can ask for it
 * (mediasoup `supportedRtpCapabilities.ts`: `recvonly`).
 */
const descriptorId = 7;

/** Reads what key frames of a codec say of their size. */
export function sizeReader(codec: RoutedCodec): SizeReader {
  switch (codec) {
    case 'H264':
      return (packet) => only(readSequenceParameters(packet)?.size);
    case 'VP8':
      return (packet) => only(readVp8KeyFrameSize(packet));
    case 'VP9':
      return readVp9Sizes;
    case 'AV1':
      return (packet) => readAv1Sizes(packet, descriptorId);
    case 'opus':
      return () => undefined;
  }
}

function only(size: FrameSize | undefined): readonly FrameSize[] | undefined {
  return size === undefined ? undefined : [size];
}
