import type { Fragment, InitSegment } from '../fragment.ts';
import { box, fullBox, u32, writeFragment } from './fragment-writer.ts';

/** Samples of an AAC frame. */
const frameSamples = 1024;

/** What FFmpeg's AAC encoder makes of silence (`anullsrc`, AAC-LC), by the number of channels; the same at every sample rate. */
const silentFrames: ReadonlyMap<number, Uint8Array> = new Map([
  [1, Buffer.from('01182007', 'hex')],
  [2, Buffer.from('211004608c1c', 'hex')],
]);

/** For audio of which nothing has arrived yet: what a tap makes of Opus. */
export const silentInit: InitSegment = {
  container: 'mp4',
  bytes: writeSilentInit(),
  codec: 'mp4a.40.2',
  timescale: 48_000,
  size: undefined,
  sampleRate: 48_000,
  channels: 2,
};

/** Whether a player that was set up for `a` decodes what was written for `b`. */
export function soundsAlike(a: InitSegment, b: InitSegment): boolean {
  return (
    a === b ||
    (a.codec === b.codec && a.timescale === b.timescale && a.sampleRate === b.sampleRate && (a.channels ?? 2) === (b.channels ?? 2))
  );
}

/** Least length of a whole fragment of silence, in milliseconds: what a tap's own have. */
const fragmentMs = 200;

/** Length of a whole fragment of silence, in milliseconds. */
export function silentFragmentMs({ timescale }: InitSegment): number {
  return (framesIn(timescale) * frameSamples * 1000) / timescale;
}

/**
 * Silence between two times of a run, in whole AAC frames: it ends up to a frame before `untilMs`.
 *
 * Empty where the time is shorter than a frame, or where we have no silent frame for such audio.
 */
export function silence(init: InitSegment, fromMs: number, untilMs: number): readonly Fragment[] {
  const frame = silentFrames.get(init.channels ?? 2);
  if (frame === undefined || init.codec !== 'mp4a.40.2') return [];
  const frameMs = (frameSamples * 1000) / init.timescale;
  const total = Math.floor((untilMs - fromMs) / frameMs + 1e-6);
  const most = framesIn(init.timescale);
  const fragments: Fragment[] = [];
  for (let done = 0; done < total; done += most) {
    const frames = Math.min(most, total - done);
    const startMs = fromMs + done * frameMs;
    fragments.push({
      rendition: 'audio',
      init,
      startMs,
      durationMs: frames * frameMs,
      independent: true,
      frames,
      bytes: writeFragment({
        decodeTime: Math.round((startMs * init.timescale) / 1000),
        samples: Array.from({ length: frames }, () => ({ bytes: frame, duration: frameSamples })),
      }),
    });
  }
  return fragments;
}

/** Frames of a whole fragment. */
function framesIn(timescale: number): number {
  return Math.ceil((fragmentMs * timescale) / 1000 / frameSamples);
}

/** `ftyp` and `moov` of stereo AAC-LC at 48 kHz (ISO/IEC 14496-12, and 14496-14 for `esds`). */
function writeSilentInit(): Uint8Array {
  const zeros = (count: number): Buffer => Buffer.alloc(count);
  const matrix = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
  const sampleRate = 48_000;
  const audioSpecificConfig = Buffer.from('1190', 'hex');
  const descriptor = (tag: number, ...contents: readonly Uint8Array[]): Buffer => {
    const body = Buffer.concat(contents);
    return Buffer.concat([Buffer.from([tag, body.length]), body]);
  };
  const esds = fullBox(
    'esds',
    0,
    descriptor(
      3,
      Buffer.from([0, 1, 0]),
      descriptor(4, Buffer.from([0x40, 0x15, 0, 0, 0]), u32(128_000, 128_000), descriptor(5, audioSpecificConfig)),
      descriptor(6, Buffer.from([2])),
    ),
  );
  const mp4a = box('mp4a', zeros(6), Buffer.from([0, 1]), zeros(8), Buffer.from([0, 2, 0, 16]), zeros(4), u32(sampleRate * 65_536), esds);
  const tables = ['stts', 'stsc', 'stco'].map((type) => fullBox(type, 0, u32(0)));
  const minf = box(
    'minf',
    fullBox('smhd', 0, zeros(4)),
    box('dinf', fullBox('dref', 0, u32(1), fullBox('url ', 1))),
    box('stbl', fullBox('stsd', 0, u32(1), mp4a), ...tables, fullBox('stsz', 0, u32(0, 0))),
  );
  const mdia = box(
    'mdia',
    fullBox('mdhd', 0, u32(0, 0, sampleRate, 0, 0x55c40000)),
    fullBox('hdlr', 0, zeros(4), Buffer.from('soun'), zeros(12), Buffer.from('audio\0')),
    minf,
  );
  const tkhd = fullBox('tkhd', 3, u32(0, 0, 1, 0, 0), zeros(8), u32(0, 0x01000000), matrix, zeros(8));
  const mvhd = fullBox('mvhd', 0, u32(0, 0, 1000, 0, 0x10000), Buffer.from([1, 0]), zeros(10), matrix, zeros(24), u32(2));
  const mvex = box('mvex', fullBox('trex', 0, u32(1, 1, 0, 0, 0)));
  return Buffer.concat([
    box('ftyp', Buffer.from('iso5'), u32(512), Buffer.from('iso5iso6mp41')),
    box('moov', mvhd, box('trak', tkhd, mdia), mvex),
  ]);
}
