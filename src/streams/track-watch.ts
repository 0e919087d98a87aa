import type { EncodingStats, IncomingTrack } from '../media/track.ts';
import type { TrackDescription } from '../sdp/model.ts';
import { summariseGlance, type Glance } from './glance.ts';
import { recentLoss, type TrackObservation, type VideoObservation } from './ingest-health.ts';
import type { Measurements } from './ingest-looks.ts';
import type { LayerFeed } from './layer-feed.ts';
import type { LiveTrack } from './publish-session.ts';
import type { PictureSize } from './video-layers.ts';

/** What is known of one track of a live publisher. */
export interface TrackHealth {
  readonly kind: 'audio' | 'video';
  readonly bitrate: number;
  readonly loss: number;
  readonly framesPerSecond: number | undefined;
  readonly encodings: readonly {
    readonly rid: string | undefined;
    readonly bitrate: number;
    readonly width: number | undefined;
    readonly height: number | undefined;
  }[];
}

/** How much is remembered: enough for every rule, bounded for every stream. */
const kept = { samples: 6, glances: 20, pictures: 24, keyFrames: 300, requests: 100 } as const;

/** How long requests and key frames count, in milliseconds. */
const keptMs = 600_000;

const measureTimeoutMs = 5000;

/** Gathers what one track does. All lists are short; nothing here decides anything. */
export class TrackWatch {
  readonly #incoming: IncomingTrack;
  readonly #description: TrackDescription;
  readonly #layers: LayerFeed;
  readonly #keyFrames: { readonly atMs: number; readonly ssrc: number }[] = [];
  readonly #requests: { readonly atMs: number; readonly ssrc: number }[] = [];
  readonly #samples: TrackObservation['samples'][number][] = [];
  readonly #pictures: VideoObservation['pictures'][number][] = [];
  #glances: Glance[] = [];
  #glancedSsrc: number | undefined;
  #encodings: readonly EncodingStats[] = [];
  #sizes: readonly PictureSize[] = [];
  #measurements: Measurements = { lastMs: undefined, unchanged: 0 };

  constructor({ description, incoming, layers }: LiveTrack) {
    this.#description = description;
    this.#incoming = incoming;
    this.#layers = layers;
    incoming.events.on('keyframe', this.#onKeyFrame);
    incoming.events.on('keyframerequest', this.#onRequest);
  }

  get kind(): 'audio' | 'video' {
    return this.#incoming.kind;
  }

  get measurements(): Measurements {
    return this.#measurements;
  }

  /** Stops listening. */
  stop(): void {
    this.#incoming.events.off('keyframe', this.#onKeyFrame);
    this.#incoming.events.off('keyframerequest', this.#onRequest);
  }

  /** Counts what arrived. */
  async sample(): Promise<void> {
    this.#encodings = await this.#incoming.stats();
    this.#tellLayers();
    const sum = (of: (encoding: EncodingStats) => number): number => this.#encodings.reduce((total, encoding) => total + of(encoding), 0);
    add(
      this.#samples,
      { atMs: performance.now(), packets: sum(({ packets }) => packets), lost: sum(({ packetsLost }) => packetsLost) },
      kept.samples,
    );
  }

  /** Looks at every packet of the largest encoding for a moment. */
  async glance(durationMs: number): Promise<void> {
    const ssrc = this.#mainSsrc;
    const packets = (await this.#incoming.glance(durationMs)).filter((packet) => packet.ssrc === ssrc);
    if (ssrc !== this.#glancedSsrc) this.#glances = [];
    this.#glancedSsrc = ssrc;
    const glance = summariseGlance(packets, this.#incoming.clockRate, this.#glances.at(-1));
    if (glance !== undefined) add(this.#glances, glance, kept.glances);
  }

  /** Measures the picture, which asks the publisher for a key frame. */
  async measure(): Promise<void> {
    const before = this.#pictures.at(-1);
    this.#measurements = { ...this.#measurements, lastMs: performance.now() };
    this.#sizes = await this.#incoming.measure(measureTimeoutMs);
    this.#tellLayers();
    const size = this.#sizeOf(this.#mainIndex);
    const isNew = size !== undefined && (size.width !== before?.width || size.height !== before.height);
    if (size !== undefined) add(this.#pictures, { atMs: performance.now(), ...size }, kept.pictures);
    this.#measurements = { lastMs: performance.now(), unchanged: isNew ? 0 : this.#measurements.unchanged + 1 };
  }

  /** For the rules of `ingest-health.ts`. */
  observation(): TrackObservation {
    return { samples: [...this.#samples], glances: [...this.#glances] };
  }

  /** For the rules about pictures: what the largest encoding did. */
  videoObservation(): VideoObservation {
    const ssrc = this.#mainSsrc;
    const times = (events: readonly { readonly atMs: number; readonly ssrc: number }[]): number[] =>
      events.filter((event) => event.ssrc === ssrc && performance.now() - event.atMs < keptMs).map(({ atMs }) => atMs);
    return {
      ...this.observation(),
      codec: this.#description.codec,
      keyFrames: times(this.#keyFrames),
      requests: times(this.#requests),
      pictures: [...this.#pictures],
    };
  }

  /** For operators. */
  health(): TrackHealth {
    const framesPerSecond = this.#glances.at(-1)?.framesPerSecond;
    return {
      kind: this.kind,
      bitrate: Math.round(this.#encodings.reduce((sum, { bitrate }) => sum + bitrate, 0)),
      loss: recentLoss(this.#samples),
      framesPerSecond: this.kind === 'audio' || framesPerSecond === undefined ? undefined : Math.round(framesPerSecond * 10) / 10,
      encodings: this.#encodings.map(({ rid, bitrate }, index) => {
        const size = this.#sizeOf(this.#indexOf(rid, index));
        return { rid, bitrate: Math.round(bitrate), width: size?.width, height: size?.height };
      }),
    };
  }

  #tellLayers(): void {
    const { rids } = this.#description;
    if (this.kind === 'video') this.#layers.measured({ rids, encodings: this.#encodings, sizes: this.#sizes });
  }

  /** The largest encoding that sends; without simulcast the only one. */
  get #main(): EncodingStats | undefined {
    return this.#encodings.findLast(({ bitrate }) => bitrate > 0) ?? this.#encodings.at(-1);
  }

  get #mainSsrc(): number | undefined {
    return this.#main?.ssrc;
  }

  get #mainIndex(): number {
    return this.#indexOf(this.#main?.rid, 0);
  }

  /** Picture size of an encoding, of SVC the largest. */
  #sizeOf(index: number): PictureSize {
    return this.#description.rids.length > 1 ? this.#sizes[index] : this.#sizes.at(-1);
  }

  /** Place of an encoding in the track's order: those that have not sent yet have one too. */
  #indexOf(rid: string | undefined, fallback: number): number {
    const index = rid === undefined ? -1 : this.#description.rids.indexOf(rid);
    return index === -1 ? fallback : index;
  }

  readonly #onKeyFrame = ({ ssrc }: { readonly ssrc: number }): void => {
    add(this.#keyFrames, { atMs: performance.now(), ssrc }, kept.keyFrames);
  };

  readonly #onRequest = ({ ssrc }: { readonly ssrc: number }): void => {
    add(this.#requests, { atMs: performance.now(), ssrc }, kept.requests);
  };
}

function add<T>(list: T[], item: T, most: number): void {
  list.push(item);
  if (list.length > most) list.shift();
}
