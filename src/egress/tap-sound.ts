import type { InitSegment } from './fragment.ts';
import { box, fullBox, u32 } from './fragment-writer.ts';

/** What a tap makes of Opus, known before its first fragment has come. */
export const tapSound: InitSegment = {
  container: 'mp4',
  bytes: writeTapSound(),
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

/** `ftyp` and `moov` of stereo AAC-LC at 48 kHz (ISO/IEC 14496-12, and 14496-14 for `esds`). */
function writeTapSound(): Uint8Array {
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
