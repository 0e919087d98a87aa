/** One `EXT-X-STREAM-INF`. */
export interface Variant {
  readonly uri: string;
  /** RFC 6381, the audio's among them; undefined: not known yet. */
  readonly codecs: readonly string[] | undefined;
  /** Bits per second of the segment that has most, audio included. */
  readonly bandwidth: number;
  readonly averageBandwidth: number;
  readonly size: { readonly width: number; readonly height: number } | undefined;
  readonly framesPerSecond: number | undefined;
}

/** Everything in a multivariant playlist. */
export interface MultivariantPlaylist {
  readonly variants: readonly Variant[];
  /** Of the audio that all variants share; undefined: there is none, or it is the only variant. */
  readonly audio: { readonly uri: string; readonly channels: number } | undefined;
}

const audioGroup = 'audio';

/** Writes a multivariant playlist (RFC 8216 §4.3.4). */
export function writeMultivariantPlaylist({ variants, audio }: MultivariantPlaylist): string {
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:6',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...(audio === undefined
      ? []
      : [
          `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="${audioGroup}",NAME="Audio",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="${audio.channels}",URI="${audio.uri}"`,
        ]),
    ...variants.flatMap((variant) => [streamInf(variant, audio !== undefined), variant.uri]),
    '',
  ].join('\n');
}

function streamInf({ bandwidth, averageBandwidth, codecs, size, framesPerSecond }: Variant, hasAudio: boolean): string {
  const attributes = [
    `BANDWIDTH=${Math.ceil(bandwidth)}`,
    `AVERAGE-BANDWIDTH=${Math.ceil(averageBandwidth)}`,
    ...(codecs === undefined ? [] : [`CODECS="${codecs.join(',')}"`]),
    ...(size === undefined ? [] : [`RESOLUTION=${size.width}x${size.height}`]),
    ...(framesPerSecond === undefined ? [] : [`FRAME-RATE=${frameRate(framesPerSecond)}`]),
    ...(hasAudio ? [`AUDIO="${audioGroup}"`] : []),
  ];
  return `#EXT-X-STREAM-INF:${attributes.join(',')}`;
}

/** The rate that was meant: cameras' clocks and the edges of segments make 29.87 of 30. */
function frameRate(measured: number): string {
  const meant = [Math.round(measured), 23.976, 29.97, 59.94].find((rate) => Math.abs(rate - measured) < rate * 0.02);
  return (meant ?? measured).toFixed(3);
}
