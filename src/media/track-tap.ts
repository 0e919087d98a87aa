import type { Consumer, Producer, Router, RtpCapabilities, TransportListenInfo } from 'mediasoup/types';
import { LossRepair, nack } from './loss-repair.ts';
import { madeOn } from './made-on.ts';
import { codecLabel, codecOf } from './router-codecs.ts';
import { rtpSequence, rtpSsrc } from './rtp-header.ts';
import { RtpSocket } from './rtp-socket.ts';

/** Who reads a {@link TrackTap}. */
export interface TapReader {
  /** A packet arrived; `encoding` is its place in the producer's order. Retransmitted packets come late. */
  packet(packet: Buffer, encoding: number): void;
  /** Nothing will come any more: the track or its worker is gone, or the tap could not be opened. Not after the reader stopped. */
  closed?(): void;
}

/** Where a {@link TrackTap} is. */
export interface TapPlace {
  /** The track is received here. */
  readonly router: Router;
  /** Where the tap's transport listens. */
  readonly listenInfo: TransportListenInfo;
}

/**
 * The packets of one track, in Node: of every encoding, each from its first key frame on.
 *
 * One consumer serves all readers, and is there only while somebody reads: it costs 15 to 20 µs of Node's CPU a packet.
 */
export class TrackTap {
  readonly #place: TapPlace;
  readonly #producer: Producer;
  /** Replaced, not changed: it is read with every packet. */
  #readers: readonly TapReader[] = [];
  #source: Promise<TapSource> | undefined;

  constructor(place: TapPlace, producer: Producer) {
    this.#place = place;
    this.#producer = producer;
  }

  /** Reads until the result is disposed of. The publisher is asked for a key frame if it sends already. */
  read(reader: TapReader): Disposable {
    this.#readers = [...this.#readers, reader];
    if (this.#source === undefined) this.#open();
    else this.askForKeyFrame();
    return {
      [Symbol.dispose]: () => {
        if (!this.#readers.includes(reader)) return;
        this.#readers = this.#readers.filter((one) => one !== reader);
        if (this.#readers.length === 0) this.#close();
      },
    };
  }

  /** Has the publisher asked for a key frame of every encoding, while somebody reads. Sound has none: mediasoup 3.27 never answers there. */
  askForKeyFrame(): void {
    if (this.#producer.kind !== 'video') return;
    void this.#source?.then(async ({ consumer }) => consumer.requestKeyFrame()).catch(() => undefined); // closed: its readers are told
  }

  #open(): void {
    const source = openSource(this.#place, this.#producer, (packet, encoding) => {
      for (const reader of this.#readers) reader.packet(packet, encoding);
    });
    this.#source = source;
    const ended = (): void => {
      if (this.#source !== source) return;
      this.#source = undefined;
      const readers = this.#readers;
      this.#readers = [];
      for (const reader of readers) reader.closed?.();
    };
    const watch = ({ socket, consumer }: TapSource): void => {
      const onClose = (): void => {
        socket.close();
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
    source?.then(({ socket }) => socket.close()).catch(() => undefined); // it never opened, so there is nothing to close
  }
}

interface TapSource {
  readonly socket: RtpSocket;
  readonly consumer: Consumer;
}

async function openSource({ router, listenInfo }: TapPlace, producer: Producer, onPacket: TapReader['packet']): Promise<TapSource> {
  const label = codecLabel(codecOf(producer.rtpParameters.codecs[0]?.mimeType ?? ''));
  const rtcpFeedback = label.kind === 'video' ? [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }] : [];
  // The number is not looked at.
  const rtpCapabilities: RtpCapabilities = { codecs: [{ ...label, preferredPayloadType: 96, rtcpFeedback }], headerExtensions: [] };
  const socket = await RtpSocket.open(router, listenInfo);
  try {
    // Paused, because packets may be here before the answer that tells their SSRCs.
    const consuming = socket.transport.consume({ producerId: producer.id, rtpCapabilities, pipe: true, paused: true });
    const consumer = await madeOn(socket.transport, consuming);
    socket.events.on('rtp', repairing(socket, consumer, onPacket));
    await consumer.resume();
    return { socket, consumer };
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Passes packets on; asks for those that the socket has lost while Node stood still, which mediasoup then sends again. */
function repairing(socket: RtpSocket, { kind, rtpParameters }: Consumer, onPacket: TapReader['packet']): (packet: Buffer) => void {
  const encodings = rtpParameters.encodings ?? [];
  const ssrcs = encodings.map(({ ssrc }) => ssrc);
  const repairs = encodings.map(() => new LossRepair());
  return (packet) => {
    const ssrc = rtpSsrc(packet);
    const encoding = ssrcs.indexOf(ssrc);
    const repair = repairs[encoding];
    if (ssrc === undefined || repair === undefined || !repair.arrived(rtpSequence(packet))) return;
    const missing = kind === 'video' ? repair.due(performance.now()) : []; // mediasoup keeps no sound for that
    if (missing.length > 0) socket.send(nack(ssrc, missing));
    onPacket(packet, encoding);
  };
}
