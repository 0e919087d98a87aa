import { EventEmitter } from 'node:events';
import type { Producer } from 'mediasoup/types';
import type { EncodingStats, IncomingTrack, IncomingTrackEvents, PacketGlance } from './track.ts';
import type { FrameSize } from './h264-sps.ts';
import { tapH264Profile } from './h264-tap.ts';
import type { PlacedPacket } from './instant/gop-cache.ts';
import { type Follower, GopFeed } from './instant/gop-feed.ts';
import type { JoinDesk } from './instant/join-desk.ts';
import type { GopCodec } from './instant/key-frame.ts';
import { followSound } from './instant/sound-feed.ts';
import { SoundMemory } from './instant/sound-memory.ts';
import { tapEncodingSizes, tapPictureSizes } from './picture-tap.ts';
import { layerBitrates } from './layer-bitrates.ts';
import { ProducerTrace } from './producer-trace.ts';
import { type TapPlace, TrackTap } from './track-tap.ts';

/** An {@link IncomingTrack} on its mediasoup producer. */
export class ProducerTrack implements IncomingTrack {
  readonly events = new EventEmitter<IncomingTrackEvents>();
  readonly h264Profile: Promise<string | undefined>;
  readonly encodingSizes: Promise<readonly FrameSize[] | undefined>;
  readonly producer: Producer;
  readonly mimeType: string;
  readonly clockRate: number;
  /** Of several encodings a relay would have to choose, and mediasoup has no way to switch other codecs than these between its encodings. */
  readonly canBeRelayed: boolean;
  /** Of its encodings, in the track's order. */
  readonly #rids: readonly (string | undefined)[];
  readonly #tap: TrackTap;
  readonly #trace: ProducerTrace;

  readonly #desk: JoinDesk;
  #gops: GopFeed | undefined;
  #sound: SoundMemory | undefined;
  #isInstant = false;

  constructor(place: TapPlace, producer: Producer, desk: JoinDesk) {
    this.#desk = desk;
    this.#tap = new TrackTap(place, producer);
    this.producer = producer;
    const { codecs, encodings = [] } = producer.rtpParameters; // read once: mediasoup copies all of it each time
    this.mimeType = codecs[0]?.mimeType ?? '';
    this.clockRate = codecs[0]?.clockRate ?? 90_000;
    this.#rids = encodings.map(({ rid }) => rid);
    this.canBeRelayed = producer.kind === 'audio' || (gopCodec(this.mimeType) !== undefined && encodings.length === 1);
    this.#trace = new ProducerTrace(producer, this.events);
    const isH264 = this.mimeType.toLowerCase() === 'video/h264';
    this.h264Profile = isH264 ? tapH264Profile(this.#tap, producer) : Promise.resolve(undefined);
    this.encodingSizes = producer.type === 'simulcast' ? tapEncodingSizes(this.#tap, producer) : Promise.resolve(undefined);
    // mediasoup tells the first score of an encoding when its first packet arrives.
    const onScore = (scores: readonly unknown[]): void => {
      if (scores.length === 0) return;
      producer.off('score', onScore);
      this.events.emit('firstpacket');
    };
    producer.on('score', onScore);
  }

  get id(): string {
    return this.producer.id;
  }

  get kind(): 'audio' | 'video' {
    return this.producer.kind;
  }

  async stats(): Promise<readonly EncodingStats[]> {
    const streams = await this.producer.getStats();
    return streams
      .toSorted((a, b) => this.#rids.indexOf(a.rid) - this.#rids.indexOf(b.rid))
      .map(({ ssrc, rid, packetCount, packetsLost, bitrate, bitrateByLayer }) => ({
        ssrc,
        rid,
        packets: packetCount,
        packetsLost,
        bitrate,
        layerBitrates: layerBitrates(bitrateByLayer, bitrate),
      }));
  }

  async glance(durationMs: number): Promise<readonly PacketGlance[]> {
    return this.#trace.glance(durationMs);
  }

  keepGop(wanted: boolean): void {
    if (this.producer.closed || wanted === this.#isInstant) return;
    this.#isInstant = wanted;
    this.#gops?.retire();
    this.#gops = wanted ? this.#openFeed(true) : undefined;
    this.#sound?.[Symbol.dispose]();
    this.#sound = wanted && this.kind === 'audio' ? new SoundMemory({ tap: this.#tap, trace: this.#trace }) : undefined;
  }

  /** Whether players that keep their SSRC get this track from a relay. */
  get isRelayed(): boolean {
    return this.#isInstant && this.canBeRelayed;
  }

  askForKeyFrame(): void {
    if (this.kind === 'video') this.#tap.askForKeyFrame();
  }

  /** Passes the packets of the first encoding on, until the result is disposed of. */
  follow(follower: Follower): Disposable {
    const feed = this.#gops ?? this.#openFeed(false);
    return feed?.follow(0, follower) ?? followSound({ tap: this.#tap, trace: this.#trace }, follower);
  }

  presentGop(): readonly PlacedPacket[] {
    return this.#gops?.gop(0) ?? [];
  }

  /** What is kept for viewers who come; undefined where nothing is. */
  get gops(): GopFeed | undefined {
    return this.#gops;
  }

  /** What is kept of sound; undefined where nothing is. */
  get sound(): SoundMemory | undefined {
    return this.#sound;
  }

  async measure(timeoutMs: number): Promise<readonly (FrameSize | undefined)[]> {
    return tapPictureSizes(this.#tap, this.producer, timeoutMs);
  }

  #openFeed(isKept: boolean): GopFeed | undefined {
    const codec = gopCodec(this.mimeType);
    if (codec === undefined) return undefined;
    return new GopFeed({ producer: this.producer, tap: this.#tap, trace: this.#trace, codec, desk: this.#desk, isKept });
  }
}

function gopCodec(mimeType: string): GopCodec | undefined {
  return (['H264', 'VP8'] as const).find((codec) => mimeType.toLowerCase() === `video/${codec.toLowerCase()}`);
}
