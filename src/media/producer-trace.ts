import type { EventEmitter } from 'node:events';
import type { Producer, ProducerTraceEventData, ProducerTraceEventType } from 'mediasoup/types';
import type { IncomingTrackEvents, PacketGlance } from './track.ts';
import type { ClockMapping } from './instant/sender-report.ts';
import { isAfter } from './rtp-header.ts';

/** What is always told of video: a message per key frame and per request, next to nothing. */
const videoTraces: readonly ProducerTraceEventType[] = ['keyframe', 'pli', 'fir'];

/** Hears of the clock of one encoding. */
type ClockListener = (ssrc: number, mapping: ClockMapping) => void;

/** Turns the worker's trace events of one producer into events of its track, and lets packets be glanced at for a while. */
export class ProducerTrace {
  readonly #producer: Producer;
  readonly #events: EventEmitter<IncomingTrackEvents>;
  readonly #clockListeners = new Set<ClockListener>();
  #always: readonly ProducerTraceEventType[];
  /** RTP timestamp of the last key frame of each SSRC: each packet of one is traced. */
  readonly #lastKeyFrame = new Map<number, number>();
  #glanced: PacketGlance[] | undefined;

  constructor(producer: Producer, events: EventEmitter<IncomingTrackEvents>) {
    this.#producer = producer;
    this.#events = events;
    this.#always = producer.kind === 'video' ? videoTraces : [];
    producer.on('trace', (data) => {
      this.#onTrace(data);
    });
    if (this.#always.length > 0) void this.#enable(this.#always);
  }

  /** Tells what the publisher's sender reports say of its clock, until the result is disposed of. */
  listenToClock(listener: ClockListener): Disposable {
    this.#clockListeners.add(listener);
    if (this.#clockListeners.size === 1) this.#traceClock(true);
    return {
      [Symbol.dispose]: () => {
        if (this.#clockListeners.delete(listener) && this.#clockListeners.size === 0) this.#traceClock(false);
      },
    };
  }

  /** Collects the headers of packets. What was seen so far is given when the producer closes meanwhile. */
  async glance(durationMs: number): Promise<readonly PacketGlance[]> {
    const glanced: PacketGlance[] = [];
    this.#glanced = glanced;
    await this.#enable([...this.#always, 'rtp']);
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#producer.observer.off('close', settle);
        resolve();
      };
      const timer = setTimeout(settle, durationMs);
      this.#producer.observer.once('close', settle);
      if (this.#producer.closed) settle();
    });
    this.#glanced = undefined;
    await this.#enable(this.#always);
    return glanced;
  }

  #traceClock(wanted: boolean): void {
    const others = this.#always.filter((type) => type !== 'sr');
    this.#always = wanted ? [...others, 'sr'] : others;
    void this.#enable(this.#glanced === undefined ? this.#always : [...this.#always, 'rtp']);
  }

  async #enable(types: readonly ProducerTraceEventType[]): Promise<void> {
    if (this.#producer.closed) return;
    await this.#producer.enableTraceEvent([...types]).catch(() => undefined); // closed meanwhile: there is nothing to watch any more
  }

  #onTrace({ type, timestamp: arrivedMs, info }: ProducerTraceEventData): void {
    if (type === 'pli' || type === 'fir') {
      this.#events.emit('keyframerequest', { ssrc: numberIn(info, 'ssrc') });
      return;
    }
    if (type === 'sr') {
      const [ntpSec, ntpFrac, timestamp] = [numberIn(info, 'ntpSec'), numberIn(info, 'ntpFrac'), numberIn(info, 'rtpTs')];
      const mapping = { ntpSec, ntpFrac, timestamp, arrivedMs: performance.now() };
      for (const listener of [...this.#clockListeners]) listener(numberIn(info, 'ssrc'), mapping);
      return;
    }
    const packet = info['rtpPacket'];
    if (typeof packet !== 'object' || packet === null) return;
    const [ssrc, timestamp] = [numberIn(packet, 'ssrc'), numberIn(packet, 'timestamp')];
    // A packet of a key frame is traced as that, and not as a packet.
    if (type === 'rtp' || type === 'keyframe')
      this.#glanced?.push({ ssrc, timestamp, sequence: numberIn(packet, 'sequenceNumber'), arrivedMs });
    if (type !== 'keyframe' || !isNewer(timestamp, this.#lastKeyFrame.get(ssrc))) return;
    this.#lastKeyFrame.set(ssrc, timestamp);
    this.#events.emit('keyframe', { ssrc });
  }
}

/** Packets of old key frames are retransmitted. */
function isNewer(timestamp: number, last: number | undefined): boolean {
  return last === undefined || isAfter(timestamp, last);
}

/** mediasoup types what it traces as unknown. */
function numberIn(info: object, key: string): number {
  const value: unknown = Reflect.get(info, key);
  return typeof value === 'number' ? value : 0;
}
