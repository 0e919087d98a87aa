import type { Fragment, InitSegment } from '../fragment.ts';
import type { InitFile, MediaFile, Part, Segment, Step } from './segment.ts';
import { RateMeter, type MeasuredRate } from './rate-meter.ts';

/** How much is kept. */
export interface PresentationOptions {
  /** Complete segments in a playlist. */
  readonly listed: number;
  /** Of one stream; beyond it the oldest segments go, down to three in a playlist. */
  readonly mostBytes: number;
  /** Gives names that nobody can guess. */
  readonly newName: () => string;
}

/** A segment to begin. */
export interface SegmentStart {
  readonly rendition: string;
  readonly init: InitSegment;
  readonly startsAt: number;
  /** Default: false. */
  readonly listsParts?: boolean;
  /** Default: `rendition`. */
  readonly source?: string;
}

type MutableSegment = { -readonly [Key in keyof Segment]: Segment[Key] } & { parts: Part[] };
interface MutableStep extends Step {
  readonly segments: Map<string, MutableSegment>;
}

const fewestListed = 3;

/** Everything that the playlists of one stream list, and a little more, in memory. It knows no clock: packagers tell it what to show. */
export class Presentation {
  readonly #options: PresentationOptions;
  #steps: MutableStep[] = [];
  #files = new Map<string, MediaFile>();
  #inits = new Map<InitSegment, InitFile>();
  readonly #rates = new Map<string, RateMeter>();
  readonly #nextPart = new Map<string, string>();
  #bytes = 0;
  #numbers = 0;
  #discontinuities = 0;
  #longestMs = 0;
  #version = 0;

  constructor(options: PresentationOptions) {
    this.#options = options;
  }

  /** Counts up with every change. */
  get version(): number {
    return this.#version;
  }

  /** Bytes of media that are held for players. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Length of the longest segment so far, in milliseconds. */
  get longestMs(): number {
    return this.#longestMs;
  }

  /** Every rendition that has ever been, by its name. */
  get renditions(): readonly string[] {
    return [...this.#rates.keys()];
  }

  /** The steps whose segments a playlist lists, oldest first. */
  listed(rendition: string): readonly (Step & { readonly segment: Segment })[] {
    const own = this.#steps.flatMap((step) => {
      const segment = step.segments.get(rendition);
      return segment === undefined ? [] : [{ ...step, segment }];
    });
    const open = own.filter(({ segment }) => !segment.complete).length;
    return own.slice(-(this.#options.listed + open));
  }

  /** A file by its name; undefined: there never was one, or it is gone. */
  file(name: string): MediaFile | undefined {
    return this.#files.get(name);
  }

  /** The name that the next part of a rendition will have. */
  nextPartName(rendition: string): string {
    const known = this.#nextPart.get(rendition) ?? this.#options.newName();
    this.#nextPart.set(rendition, known);
    return known;
  }

  /** Whether a playlist has named a part that is still to come. */
  isPromised(name: string): boolean {
    return [...this.#nextPart.values()].includes(name);
  }

  /** What was measured of a rendition; undefined before its first own segment. */
  rate(rendition: string): MeasuredRate | undefined {
    return this.#rates.get(rendition)?.measured;
  }

  /** The init segment that a rendition uses now. */
  initOf(rendition: string): InitSegment | undefined {
    return this.#steps.findLast(({ segments }) => segments.has(rendition))?.segments.get(rendition)?.init.init;
  }

  /** Begins the next number. Every rendition needs a segment in it, or its numbers have a hole. */
  openStep(discontinuity: boolean): Step {
    const isBreak = discontinuity && this.#numbers > 0;
    if (isBreak) this.#discontinuities += 1;
    const step = { number: this.#numbers, discontinuity: isBreak, discontinuities: this.#discontinuities, segments: new Map() };
    this.#numbers += 1;
    this.#steps.push(step);
    this.#version += 1;
    return step;
  }

  /** Begins the segment of a rendition in a step. */
  start(step: Step, { rendition, init, startsAt, listsParts = false, source = rendition }: SegmentStart): void {
    if (!this.#rates.has(rendition)) this.#rates.set(rendition, new RateMeter());
    const name = this.#options.newName();
    this.#mutable(step).segments.set(rendition, {
      name,
      init: this.#initFile(init),
      startsAt,
      parts: [],
      durationMs: 0,
      complete: false,
      listsParts,
      source,
    });
  }

  /** Adds fragments as one part. */
  add(step: Step, rendition: string, fragments: readonly Fragment[]): void {
    const segment = this.#segment(step, rendition);
    const part: Part = {
      kind: kindOf(segment.init.init),
      name: segment.listsParts ? this.#takePartName(rendition) : '',
      chunks: fragments.map(({ bytes }) => bytes),
      durationMs: fragments.reduce((sum, { durationMs }) => sum + durationMs, 0),
      independent: fragments[0]?.independent ?? false,
    };
    segment.parts.push(part);
    segment.durationMs += part.durationMs;
    if (segment.source === rendition) this.#rates.get(rendition)?.add(fragments);
    this.#bytes += size(part.chunks);
    if (segment.listsParts) this.#files.set(part.name, part);
    this.#version += 1;
  }

  /** Completes a segment. `durationMs`: until the next one begins; default: what its fragments last. */
  complete(step: Step, rendition: string, durationMs?: number): void {
    const segment = this.#segment(step, rendition);
    if (segment.complete) return;
    segment.complete = true;
    segment.durationMs = durationMs ?? segment.durationMs;
    this.#longestMs = Math.max(this.#longestMs, segment.durationMs);
    this.#rates.get(rendition)?.endSegment(segment.durationMs);
    const kind = kindOf(segment.init.init);
    this.#files.set(segment.name, { name: segment.name, kind, chunks: segment.parts.flatMap(({ chunks }) => chunks) });
    this.#version += 1;
    this.#trim();
  }

  /** Lends another rendition's complete segment of the same step. */
  lend(step: Step, { from, to }: { readonly from: string; readonly to: string }): void {
    if (!this.#rates.has(to)) this.#rates.set(to, new RateMeter());
    this.#mutable(step).segments.set(to, { ...this.#segment(step, from), source: from });
    this.#version += 1;
  }

  #mutable(step: Step): MutableStep {
    const found = this.#steps.find(({ number }) => number === step.number);
    if (found === undefined) throw new TypeError('the step has left the window');
    return found;
  }

  #segment(step: Step, rendition: string): MutableSegment {
    const segment = this.#mutable(step).segments.get(rendition);
    if (segment === undefined) throw new TypeError('the step has no such segment');
    return segment;
  }

  #takePartName(rendition: string): string {
    const name = this.nextPartName(rendition);
    this.#nextPart.delete(rendition);
    return name;
  }

  #initFile(init: InitSegment): InitFile {
    const known = this.#inits.get(init);
    if (known !== undefined) return known;
    const file: InitFile = { name: this.#options.newName(), kind: kindOf(init), chunks: [init.bytes], init };
    this.#inits.set(init, file);
    this.#files.set(file.name, file);
    return file;
  }

  /** Lets the oldest steps go that no playlist lists any more. */
  #trim(): void {
    const isComplete = ({ segments }: Step): boolean => [...segments.values()].every(({ complete }) => complete);
    const excess = (): boolean => {
      const complete = this.#steps.filter(isComplete).length;
      // What has left a playlist stays for as long as that playlist and a segment (RFC 8216 §6.2.2).
      return complete > this.#options.listed * 2 + 1 || (this.#bytes > this.#options.mostBytes && complete > fewestListed);
    };
    let gone = false;
    for (let [oldest] = this.#steps; oldest !== undefined && isComplete(oldest) && excess(); [oldest] = this.#steps) {
      this.#steps.shift();
      this.#forget(oldest);
      gone = true;
    }
    if (gone) this.#forgetInits();
  }

  #forget({ segments }: MutableStep): void {
    for (const [rendition, segment] of segments) {
      this.#files.delete(segment.name);
      for (const part of segment.parts) {
        this.#files.delete(part.name);
        if (segment.source === rendition) this.#bytes -= size(part.chunks);
      }
    }
  }

  #forgetInits(): void {
    const used = new Set(this.#steps.flatMap(({ segments }) => [...segments.values()].map(({ init }) => init)));
    for (const file of this.#inits.values()) {
      if (used.has(file)) continue;
      this.#inits.delete(file.init);
      this.#files.delete(file.name);
    }
  }
}

function kindOf({ size: picture }: InitSegment): MediaFile['kind'] {
  return picture === undefined ? 'audio' : 'video';
}

function size(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}
