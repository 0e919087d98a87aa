import type { CodecName, Fmtp } from './model.ts';

/** One RTP stream for a program on this machine. */
export interface LocalSection {
  readonly kind: 'audio' | 'video';
  readonly codec: CodecName;
  readonly payloadType: number;
  /** UDP port for RTP; RTCP comes on the next one. */
  readonly port: number;
  readonly fmtp: Fmtp;
}

const clocks = { opus: 'opus/48000/2', H264: 'H264/90000', VP8: 'VP8/90000', VP9: 'VP9/90000', AV1: 'AV1/90000' } satisfies Record<
  CodecName,
  string
>;

/** What an RTP receiver of this codec is told; parameter sets come in the stream itself. */
function formatOf({ codec, fmtp }: LocalSection): string | undefined {
  if (codec === 'opus') return 'minptime=10;useinbandfec=1';
  if (codec !== 'H264') return undefined;
  return `level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=${fmtp['profile-level-id'] ?? '42e01f'}`;
}

/** Describes plain RTP on 127.0.0.1 for FFmpeg's `sdp` input (RFC 8866): all sections in one description share one clock. */
export function writeLocalDescription(sections: readonly LocalSection[]): string {
  const session = ['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=sluice', 'c=IN IP4 127.0.0.1', 't=0 0'];
  const media = sections.flatMap((section) => {
    const format = formatOf(section);
    return [
      `m=${section.kind} ${section.port} RTP/AVP ${section.payloadType}`,
      `a=rtpmap:${section.payloadType} ${clocks[section.codec]}`,
      ...(format === undefined ? [] : [`a=fmtp:${section.payloadType} ${format}`]),
      'a=recvonly',
    ];
  });
  return `${[...session, ...media].join('\r\n')}\r\n`;
}
