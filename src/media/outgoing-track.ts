import { EventEmitter } from 'node:events';
import type { Consumer, RtpParameters } from 'mediasoup/types';
import type { OutgoingTrack, OutgoingTrackEvents } from './engine.ts';
import { climbWithEncodings } from './layer-climb.ts';

/** An {@link OutgoingTrack} on its mediasoup consumer. */
export class ConsumerTrack implements OutgoingTrack {
  readonly events = new EventEmitter<OutgoingTrackEvents>();
  readonly #consumer: Consumer;

  constructor(consumer: Consumer) {
    this.#consumer = consumer;
    if (consumer.type === 'simulcast') climbWithEncodings(consumer);
  }

  get id(): string {
    return this.#consumer.id;
  }

  get kind(): 'audio' | 'video' {
    return this.#consumer.kind;
  }

  get rtpParameters(): RtpParameters {
    return this.#consumer.rtpParameters;
  }

  /** Starts sending, and tells once when the first packet has left; a track that closed meanwhile has nothing to resume. */
  async resume(): Promise<void> {
    if (this.#consumer.closed) return;
    const type = hasKeyFrames(this.#consumer) ? 'keyframe' : 'rtp';
    this.#consumer.once('trace', () => {
      this.events.emit('firstpacket');
      if (!this.#consumer.closed) void this.#consumer.enableTraceEvent([]).catch(() => undefined); // closed meanwhile: nothing to switch off
    });
    await Promise.all([this.#consumer.enableTraceEvent([type]), this.#consumer.resume()]).catch((error: unknown) => {
      if (!this.#consumer.closed) throw error;
    });
  }

  close(): void {
    this.#consumer.close();
  }
}

/** Whether mediasoup can tell a key frame of this consumer; those of AV1 it knows only where the publisher describes its layers. */
function hasKeyFrames({ kind, rtpParameters }: Consumer): boolean {
  return kind === 'video' && rtpParameters.codecs[0]?.mimeType.toLowerCase() !== 'video/av1';
}
