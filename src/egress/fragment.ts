/** How a player or a file decodes what follows. A new object whenever it changes (new run, new SPS): compare by identity. */
export interface InitSegment {
  /** `webm`: a VP8 tap without transcoding; only recordings take it. */
  readonly container: 'mp4' | 'webm';
  /** `ftyp` + `moov` with one track (WebM: everything before the first cluster). */
  readonly bytes: Uint8Array;
  /** RFC 6381: `avc1.42e01f`, `mp4a.40.2`, `av01.0.01M.08`. */
  readonly codec: string;
  /** Units per second of decode times. */
  readonly timescale: number;
  /** Of the picture in pixels, from the SPS; undefined for audio. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
  /** Of audio, in Hz. */
  readonly sampleRate?: number;
  /** Of audio. */
  readonly channels?: number;
}

/** One `moof` + `mdat` of one rendition (WebM: one cluster). */
export interface Fragment {
  /** `video-0` (the lowest encoding) … `video-2`, `audio`; `webm` where both are muxed. */
  readonly rendition: string;
  readonly init: InitSegment;
  /** On the clock of the run, which all its renditions share. */
  readonly startMs: number;
  readonly durationMs: number;
  /** Whether it begins with a key frame; always true for audio. */
  readonly independent: boolean;
  readonly frames: number;
  /** Shared by all readers, never changed. */
  readonly bytes: Uint8Array;
}

/** One stream of fragments of a run. */
export interface Rendition {
  /** As in {@link Fragment.rendition}. */
  readonly name: string;
  readonly kind: 'audio' | 'video';
  /** Of the simulcast encoding that it comes from. */
  readonly rid: string | undefined;
  /** Of one that is encoded here: what it will be. Undefined: it is what the publisher sends. */
  readonly encoded?: EncodedPicture;
}

/** A picture that is encoded here. */
export interface EncodedPicture {
  readonly width: number;
  readonly height: number;
  /** The most that it may take, in bit/s. */
  readonly bitrate: number;
}

/** One life of a tap's FFmpeg on one publisher. */
export interface TapRun {
  /** Counts up within the stream. */
  readonly id: number;
  /** Wall clock at `startMs` 0. */
  readonly startedAt: Date;
  /** Where its clock stands when it begins, in milliseconds, if that is not near 0: it goes on with the clock of the run before. */
  readonly beginsMs?: number;
  /** Video from the lowest encoding up, then audio. */
  readonly renditions: readonly Rendition[];
}

/** Why a run ended. */
export type RunEnding =
  /** The publisher left or is silent; its stream waits for it. */
  | { readonly cause: 'publisher-gone' }
  /** Another publisher, other tracks or another codec: the next run follows at once. */
  | { readonly cause: 'publisher-changed' }
  /** Packets came, fragments did not; or the clock jumped. `detail` says which. */
  | { readonly cause: 'stalled'; readonly detail: string }
  /** FFmpeg ended by itself. `detail` is what it said last, without secrets. */
  | { readonly cause: 'exited'; readonly exitCode: number | undefined; readonly detail: string }
  /** FFmpeg could not be started or fed. */
  | { readonly cause: 'failed'; readonly detail: string }
  /** Nobody needs it, the stream has ended, or the gateway closes. */
  | { readonly cause: 'stopped' };
