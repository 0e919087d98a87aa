/** One sample of a fragment that we write ourselves. */
export interface Sample {
  readonly bytes: Uint8Array;
  /** In units of the track's timescale. */
  readonly duration: number;
}

/** What {@link writeFragment} puts into a `moof` and an `mdat`. */
export interface FragmentContent {
  /** Decode time of the first sample, in units of the track's timescale. */
  readonly decodeTime: number;
  /** All of them can be decoded without another. */
  readonly samples: readonly Sample[];
}

/** The track that FFmpeg's single-track fragments and ours are about. */
const trackId = 1;

/** `sample_depends_on` 2: it needs no other (ISO/IEC 14496-12 §8.8.3.1). */
const independentSample = 0x02000000;

const lengthAndType = 8;

/** Writes an ISO-BMFF box. */
export function box(type: string, ...contents: readonly Uint8Array[]): Buffer {
  const size = contents.reduce((sum, { length }) => sum + length, lengthAndType);
  return Buffer.concat([u32(size), Buffer.from(type, 'latin1'), ...contents]);
}

/** Writes a box with version and flags. */
export function fullBox(type: string, versionAndFlags: number, ...contents: readonly Uint8Array[]): Buffer {
  return box(type, u32(versionAndFlags), ...contents);
}

/** Numbers of 32 bits, big endian. */
export function u32(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) buffer.writeUInt32BE(value >>> 0, index * 4);
  return buffer;
}

/**
 * Writes one `moof` and its `mdat`, for what no encoder sends: silence, and a picture that stands still.
 *
 * @see ISO/IEC 14496-12 §8.8
 */
export function writeFragment({ decodeTime, samples }: FragmentContent): Uint8Array {
  const defaultBaseIsMoof = 0x020000;
  const flagsPresent = 0x000020;
  const [dataOffset, durations, sizes] = [0x000001, 0x000100, 0x000200];
  const moof = (offset: number): Buffer =>
    box(
      'moof',
      fullBox('mfhd', 0, u32(1)), // players go by time, not by this number
      box(
        'traf',
        fullBox('tfhd', defaultBaseIsMoof | flagsPresent, u32(trackId, independentSample)),
        fullBox('tfdt', 1 << 24, u32(Math.floor(decodeTime / 2 ** 32), decodeTime % 2 ** 32)),
        fullBox(
          'trun',
          dataOffset | durations | sizes,
          u32(samples.length, offset, ...samples.flatMap(({ bytes, duration }) => [duration, bytes.length])),
        ),
      ),
    );
  return Buffer.concat([moof(moof(0).length + lengthAndType), box('mdat', ...samples.map(({ bytes }) => bytes))]);
}
