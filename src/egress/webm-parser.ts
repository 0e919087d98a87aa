import type { Fragment, InitSegment } from './fragment.ts';

/** EBML ids (RFC 9559 §5.1). */
const ids = {
  header: 0x1a45dfa3,
  segment: 0x18538067,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  video: 0xe0,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
} as const;

/** Those that are read into, instead of over. */
const parents: ReadonlySet<number> = new Set([ids.tracks, ids.trackEntry, ids.video]);

/** No element of ours is larger; a larger one is not WebM. In bytes. */
const maxElementBytes = 64 * 2 ** 20;

/** Longest head of an element: an id of 4 bytes and a size of 8. */
const headBytes = 12;

const keyFrameFlag = 0x80;

interface Element {
  readonly id: number;
  /** Where its content lies. */
  readonly start: number;
  readonly end: number;
}

/** Reads WebM with VP8 (track 1) as FFmpeg writes it live: a cluster at a time, each of known size. */
export class WebmParser {
  readonly #rendition: string;
  #pending: Buffer = Buffer.alloc(0);
  #head: Buffer = Buffer.alloc(0);
  #init: InitSegment | undefined;

  constructor(rendition: string) {
    this.#rendition = rendition;
  }

  /** The clusters that are complete now. Throws `RangeError` when the bytes are not what FFmpeg writes. */
  push(chunk: Buffer): Fragment[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const fragments: Fragment[] = [];
    for (let element = this.#next(); element !== undefined; element = this.#next()) {
      const bytes = this.#pending.subarray(0, element.end);
      this.#pending = this.#pending.subarray(element.end);
      if (element.id === ids.cluster) fragments.push(this.#read(bytes, element));
      else this.#head = Buffer.concat([this.#head, bytes]);
    }
    return fragments;
  }

  #next(): Element | undefined {
    if (this.#pending.length < headBytes) return undefined;
    const element = readElement(this.#pending, 0);
    if (element.id === ids.segment) return { ...element, end: element.start }; // of unknown size: what is in it follows
    if (element.end > maxElementBytes) throw new RangeError(`not WebM: an element of ${element.end} bytes`);
    return element.end > this.#pending.length ? undefined : element;
  }

  #read(bytes: Buffer, cluster: Element): Fragment {
    this.#init ??= readHead(this.#head);
    const blocks = readBlocks(bytes, cluster);
    const video = blocks.filter(({ track }) => track === 1);
    const [first, last] = [blocks[0]?.timeMs ?? 0, Math.max(...blocks.map(({ timeMs }) => timeMs))];
    return {
      rendition: this.#rendition,
      init: this.#init,
      startMs: first,
      durationMs: Math.max(0, last - first) + frameMs(video),
      independent: video[0]?.isKeyFrame === true,
      frames: video.length,
      bytes,
    };
  }
}

interface Block {
  readonly track: number;
  readonly timeMs: number;
  readonly isKeyFrame: boolean;
}

/** FFmpeg's time scale is a millisecond. */
function readBlocks(bytes: Buffer, cluster: Element): Block[] {
  let clusterMs = 0;
  const blocks: Block[] = [];
  for (const { id, start, end } of elementsIn(bytes, cluster)) {
    if (id === ids.timestamp) clusterMs = bytes.readUIntBE(start, Math.min(6, end - start));
    if (id !== ids.simpleBlock) continue;
    const track = (bytes[start] ?? 0) & 0x7f;
    blocks.push({ track, timeMs: clusterMs + bytes.readInt16BE(start + 1), isKeyFrame: ((bytes[start + 3] ?? 0) & keyFrameFlag) !== 0 });
  }
  return blocks;
}

/** How long the last frame lasts: as long as those before did. */
function frameMs(video: readonly Block[]): number {
  const [first, last] = [video[0], video.at(-1)];
  return first === undefined || last === undefined || video.length < 2 ? 0 : (last.timeMs - first.timeMs) / (video.length - 1);
}

function readHead(bytes: Buffer): InitSegment {
  const found = new Map<number, number>();
  for (const { id, start, end } of elementsIn(bytes, { id: 0, start: 0, end: bytes.length })) {
    if (id === ids.pixelWidth || id === ids.pixelHeight) found.set(id, bytes.readUIntBE(start, Math.min(4, end - start)));
  }
  const [width, height] = [found.get(ids.pixelWidth), found.get(ids.pixelHeight)];
  return {
    container: 'webm',
    bytes,
    codec: 'vp8',
    timescale: 1_000,
    size: width === undefined || height === undefined ? undefined : { width, height },
  };
}

function* elementsIn(bytes: Buffer, parent: Element): Generator<Element> {
  for (let offset = parent.start; offset + 2 <= parent.end;) {
    const element = readElement(bytes, offset);
    yield element;
    if (element.id === ids.segment || parents.has(element.id)) offset = element.start;
    else offset = element.end;
  }
}

/** Reads the head of an element (RFC 8794 §4–6): id and size say by their first byte how long they are. */
function readElement(bytes: Buffer, offset: number): Element {
  const idLength = Math.clz32(bytes[offset] ?? 0) - 23;
  const sizeAt = offset + idLength;
  const sizeLength = Math.clz32(bytes[sizeAt] ?? 0) - 23;
  if (idLength > 4 || sizeLength > 8) throw new RangeError('not WebM');
  const start = sizeAt + sizeLength;
  let size = (bytes[sizeAt] ?? 0) & (0x7f >> (sizeLength - 1));
  for (const byte of bytes.subarray(sizeAt + 1, start)) size = size * 256 + byte;
  return { id: bytes.readUIntBE(offset, idLength), start, end: start + size };
}
