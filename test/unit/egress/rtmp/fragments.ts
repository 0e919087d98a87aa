import type { Fragment, InitSegment } from '../../../../src/egress/fragment.ts';

const size = { width: 640, height: 360 };

const videoInit: InitSegment = { container: 'mp4', bytes: new Uint8Array(4), codec: 'avc1.42e01f', timescale: 90_000, size };
const audioInit: InitSegment = {
  container: 'mp4',
  bytes: new Uint8Array(4),
  codec: 'mp4a.40.2',
  timescale: 48_000,
  size: undefined,
};

/** A fragment of half a second; `name` is its rendition and its start in ms, with an exclamation mark for a key frame: `video-1@500!`. */
export function fragmentOf(name: string): Fragment {
  const [, rendition = '', start, key] = /^([\w-]+)@(\d+)(!?)$/.exec(name) ?? [];
  const isAudio = rendition === 'audio';
  return {
    rendition,
    init: isAudio ? audioInit : videoInit,
    startMs: Number(start),
    durationMs: 500,
    independent: isAudio || key === '!',
    frames: 15,
    bytes: new Uint8Array(1000),
  };
}

/** The other way round. */
export function nameOf({ rendition, startMs, independent }: Fragment): string {
  return `${rendition}@${startMs}${independent && rendition !== 'audio' ? '!' : ''}`;
}
