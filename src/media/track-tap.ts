import type { Consumer, DirectTransport, Producer, Router, RtpCapabilities } from 'mediasoup/types';
import { madeOn } from './made-on.ts';
import { codecLabel, codecOf } from './router-codecs.ts';
import { rtpSsrc } from './rtp-header.ts';

/** Who reads a {@link TrackTap}. */
export interface TapReader {
  /** A packet arrived; `encoding` is its place in the producer's order. Retransmitted packets come late. */
  packet(packet: Buffer, encoding: number): void;
  /** Nothing will come any more: the track or its worker is gone, or the tap could not be opened. Not after the reader stopped. */
  closed?(): void;
}

/**
 * The packets of one track, in Node: of every encoding, each from its first key frame on.
 *
 * One consumer serves all readers, and is there only while somebody reads: at 250 packets/s it costs 1–2 % of a core.
 */
export class TrackTap {
  readonly #router: Router;
  readonly #producer: Producer;
  readonly #readers = new Set<TapReader>();
  #source: Promise<TapSource> | undefined;

  constructor(router: Router, producer: Producer) {
    this.#router = router;
    this.#producer = producer;
  }

  /** Reads until the result is disposed of. The publisher is asked for a key frame if it sends already. */
  read(reader: TapReader): Disposable {
    this.#readers.add(reader);
    if (this.#source === undefined) this.#open();
    else this.askForKeyFrame();
    return {
      [Symbol.dispose]: () => {
        if (this.#readers.delete(reader) && this.#readers.size === 0) this.#close();
      },
    };
  }

  /** Has the publisher asked for a key frame of every encoding, while somebody reads. Sound has none: mediasoup 3.27 never answers there. */
  askForKeyFrame(): void {
    if (this.#producer.kind !== 'video') return;
    void this.#source?.then(async ({ consumer }) => consumer.requestKeyFrame()).catch(() => undefined); // closed: its readers are told
  }

  #open(): void {
    const source = openSource(this.#router, this.#producer, (packet, encoding) => {
      for (const reader of this.#readers) reader.packet(packet, encoding);
    });
    this.#source = source;
    const ended = (): void => {
      if (this.#source !== source) return;
      this.#source = undefined;
      const readers = [...this.#readers];
      this.#readers.clear();
      for (const reader of readers) reader.closed?.();
    };
    const watch = ({ transport, consumer }: TapSource): void => {
      const onClose = (): void => {
        transport.close();
        ended();
      };
      consumer.observer.once('close', onClose);
      if (consumer.closed) onClose();
    };
    source.then(watch, ended); // a tap that cannot be opened shows nothing, as a track without packets does
  }

  #close(): void {
    const source = this.#source;
    this.#source = undefined;
    source?.then(({ transport }) => transport.close()).catch(() => undefined); // it never opened, so there is nothing to close
  }
}

interface TapSource {
  readonly transport: DirectTransport;
  readonly consumer: Consumer;
}

async function openSource(router: Router, producer: Producer, onPacket: TapReader['packet']): Promise<TapSource> {
  const label = codecLabel(codecOf(producer.rtpParameters.codecs[0]?.mimeType ?? ''));
  // The number is not looked at.
  const rtpCapabilities: RtpCapabilities = { codecs: [{ ...label, preferredPayloadType: 96 }], headerExtensions: [] };
  const transport = await madeOn(router, router.createDirectTransport());
  try {
    const consumer = await madeOn(transport, transport.consume({ producerId: producer.id, rtpCapabilities, pipe: true }));
    const ssrcs = (consumer.rtpParameters.encodings ?? []).map(({ ssrc }) => ssrc);
    consumer.on('rtp', (packet) => {
      const encoding = ssrcs.indexOf(rtpSsrc(packet));
      if (encoding !== -1) onPacket(packet, encoding);
    });
    return { transport, consumer };
  } catch (error) {
    transport.close();
    throw error;
  }
}
