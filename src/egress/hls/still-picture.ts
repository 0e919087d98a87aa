import type { Fragment } from '../fragment.ts';
import { writeFragment } from './fragment-writer.ts';

/** A box within bytes: where its contents begin and end. */
interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The key frame that a fragment begins with, shown from `fromMs` until `untilMs`: what a rendition has to show while its video pauses.
 *
 * Undefined when the fragment is not one `moof` and one `mdat` as FFmpeg writes them.
 */
export function stillPicture(keyFragment: Fragment, fromMs: number, untilMs: number): Fragment | undefined {
  const { init, rendition } = keyFragment;
  const picture = firstSample(keyFragment.bytes);
  if (picture === undefined) return undefined;
  const units = (milliseconds: number): number => Math.round((milliseconds * init.timescale) / 1000);
  const [decodeTime, end] = [units(fromMs), units(untilMs)];
  return {
    rendition,
    init,
    startMs: fromMs,
    durationMs: untilMs - fromMs,
    independent: true,
    frames: 1,
    bytes: writeFragment({ decodeTime, samples: [{ bytes: picture, duration: end - decodeTime }] }),
  };
}

/** The first sample of a fragment, not copied (ISO/IEC 14496-12 §8.8.7, §8.8.8). */
export function firstSample(bytes: Uint8Array): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const top = boxes(view, 0, bytes.length);
  const moof = top.find(({ type }) => type === 'moof');
  const traf = moof && boxes(view, moof.start, moof.end).find(({ type }) => type === 'traf');
  if (moof === undefined || traf === undefined) return undefined;
  const inner = boxes(view, traf.start, traf.end);
  const tfhd = inner.find(({ type }) => type === 'tfhd');
  const trun = inner.find(({ type }) => type === 'trun');
  if (tfhd === undefined || trun === undefined) return undefined;
  const offset = dataOffset(view, trun);
  const size = firstSize(view, trun) ?? defaultSize(view, tfhd);
  if (offset === undefined || size === undefined) return undefined;
  const start = moof.start - headerLength + offset;
  return start + size > bytes.length ? undefined : bytes.subarray(start, start + size);
}

const headerLength = 8;

function boxes(view: DataView, from: number, until: number): readonly Box[] {
  const found: Box[] = [];
  for (let at = from; at + headerLength <= until; ) {
    const size = view.getUint32(at);
    if (size < headerLength || at + size > until) break;
    const type = String.fromCharCode(...[4, 5, 6, 7].map((offset) => view.getUint8(at + offset)));
    found.push({ type, start: at + headerLength, end: at + size });
    at += size;
  }
  return found;
}

function flagsOf(view: DataView, { start }: Box): number {
  return view.getUint32(start) & 0xffffff;
}

function dataOffset(view: DataView, trun: Box): number | undefined {
  return (flagsOf(view, trun) & 0x1) === 0 ? undefined : view.getInt32(trun.start + 8);
}

function firstSize(view: DataView, trun: Box): number | undefined {
  const flags = flagsOf(view, trun);
  if ((flags & 0x200) === 0) return undefined;
  const before = [0x1, 0x4, 0x100].filter((flag) => (flags & flag) !== 0).length;
  return view.getUint32(trun.start + 8 + before * 4);
}

function defaultSize(view: DataView, tfhd: Box): number | undefined {
  const flags = flagsOf(view, tfhd);
  if ((flags & 0x10) === 0) return undefined;
  const before = (flags & 0x1 ? 8 : 0) + [0x2, 0x8].filter((flag) => (flags & flag) !== 0).length * 4;
  return view.getUint32(tfhd.start + 8 + before);
}
