import { createFile, MP4BoxBuffer } from 'mp4box';

/** What a `moof` with one track tells of its fragment. */
export interface MoofFacts {
  /** In units of the track's timescale. */
  readonly decodeTime: number;
  /** In units of the track's timescale. */
  readonly duration: number;
  readonly frames: number;
  /** Whether the first frame is a sync sample (ISO/IEC 14496-12 §8.8.3.1). */
  readonly independent: boolean;
  /** Where the first frame lies, from the beginning of the `moof`, in bytes. */
  readonly dataOffset: number;
  readonly firstFrameBytes: number;
}

/** `sample_is_non_sync_sample` of ISO/IEC 14496-12 §8.8.3.1. */
const nonSyncSample = 0x1_0000;

const hasFirstSampleFlags = 0x4;
const hasSampleFlags = 0x400;
const hasSampleDuration = 0x100;
const hasSampleSize = 0x200;

/** Reads the `moof` at the beginning of a fragment. Throws `RangeError` when there is none, or none with one run of one track. */
export function readMoof(fragment: Uint8Array): MoofFacts {
  const { tfhd, tfdt, trun } = trackFragment(parseBoxes(fragment.subarray(0, boxSize(fragment))).moofs[0]);
  const firstFlags =
    (trun.flags & hasFirstSampleFlags) !== 0
      ? trun.first_sample_flags
      : (trun.flags & hasSampleFlags) !== 0
        ? trun.sample_flags[0]
        : tfhd.default_sample_flags;
  const duration =
    (trun.flags & hasSampleDuration) === 0
      ? trun.sample_count * tfhd.default_sample_duration
      : trun.sample_duration.reduce((sum, units) => sum + units, 0);
  return {
    decodeTime: tfdt.baseMediaDecodeTime,
    duration,
    frames: trun.sample_count,
    independent: ((firstFlags ?? 0) & nonSyncSample) === 0,
    dataOffset: trun.data_offset,
    firstFrameBytes: (trun.flags & hasSampleSize) === 0 ? tfhd.default_sample_size : (trun.sample_size[0] ?? 0),
  };
}

/** Boxes of a small buffer, as mp4box reads them; the bytes are copied, for mp4box keeps what it gets. */
export function parseBoxes(bytes: Uint8Array): ReturnType<typeof createFile> {
  const file = createFile();
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(Uint8Array.from(bytes).buffer, 0), true);
  return file;
}

/** Size of the box at the beginning, in bytes. */
export function boxSize(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
}

function trackFragment(moof: ReturnType<typeof createFile>['moofs'][number] | undefined) {
  const [track] = moof?.trafs ?? [];
  const [trun] = track?.truns ?? [];
  if (track === undefined || trun === undefined || moof?.trafs.length !== 1) throw new RangeError('not a fragment of one track');
  return { tfhd: track.tfhd, tfdt: track.tfdt, trun };
}
