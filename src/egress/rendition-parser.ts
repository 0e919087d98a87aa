import type { Fragment, InitSegment } from './fragment.ts';
import { FragmentSplitter } from './fragment-splitter.ts';
import { parameterSetsOf, readInit, withParameterSets } from './init-segment.ts';
import { type MoofFacts, readMoof } from './moof.ts';
import { changedSets, type ParameterSets, readParameterSets } from './parameter-sets.ts';

/** Reads one rendition's fragmented MP4 as it comes out of a pipe. */
export class RenditionParser {
  readonly #rendition: string;
  readonly #splitter = new FragmentSplitter();
  #init: InitSegment | undefined;
  #sets: ParameterSets | undefined;

  constructor(rendition: string) {
    this.#rendition = rendition;
  }

  /** The fragments that are complete now. Throws `RangeError` when the bytes are not what FFmpeg writes. */
  push(chunk: Buffer): Fragment[] {
    const fragments: Fragment[] = [];
    for (const { kind, bytes } of this.#splitter.push(chunk)) {
      if (kind === 'init') this.#begin(readInit(Uint8Array.from(bytes)));
      else fragments.push(this.#read(bytes));
    }
    return fragments;
  }

  #begin(init: InitSegment): void {
    this.#init = init;
    this.#sets = parameterSetsOf(init);
  }

  #read(bytes: Buffer): Fragment {
    const facts = readMoof(bytes);
    const init = this.#initFor(bytes, facts);
    return {
      rendition: this.#rendition,
      init,
      startMs: (facts.decodeTime * 1000) / init.timescale,
      durationMs: (facts.duration * 1000) / init.timescale,
      independent: facts.independent,
      frames: facts.frames,
      bytes,
    };
  }

  /** An encoder may change its picture at any key frame, and then sends parameter sets with it. */
  #initFor(bytes: Buffer, { independent, dataOffset, firstFrameBytes }: MoofFacts): InitSegment {
    if (this.#init === undefined) throw new RangeError('a fragment came before its init segment');
    if (!independent || this.#sets === undefined) return this.#init;
    const changed = changedSets(this.#sets, readParameterSets(bytes.subarray(dataOffset, dataOffset + firstFrameBytes)));
    if (changed !== undefined) this.#begin(withParameterSets(this.#init, changed));
    return this.#init;
  }
}
