import type { Fragment, InitSegment } from '../../../../src/egress/fragment.ts';

/** An init that is only compared. */
export function madeInit(codec: string): InitSegment {
  return { container: 'mp4', bytes: new Uint8Array(1), codec, timescale: 1000, size: undefined };
}

const init = { video: madeInit('avc1.42e01f'), audio: madeInit('mp4a.40.2') };

/** A fragment without media. */
export function madeFragment(rendition: string, startMs: number, changes: Partial<Fragment> = {}): Fragment {
  return {
    rendition,
    init: rendition === 'audio' ? init.audio : init.video,
    startMs,
    durationMs: 200,
    independent: rendition === 'audio',
    frames: 6,
    bytes: new Uint8Array(10),
    ...changes,
  };
}
