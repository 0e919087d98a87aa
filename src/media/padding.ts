import { randomInt } from 'node:crypto';
import type { Consumer, DirectTransport, Producer, Router, RtpCapabilities, RtpCodecCapability } from 'mediasoup/types';
import { madeOn } from './made-on.ts';

/** The number of padding packets: RFC 3551 §6 leaves it unassigned, it is not dynamic either, and so nobody offers it. */
export const paddingPayloadType = 20;

/** Any codec that mediasoup forwards packet by packet and that no track of ours has: nobody decodes it. */
const codec = { kind: 'audio', mimeType: 'audio/PCMU', clockRate: 8000 } as const;

const routed: RtpCodecCapability = { ...codec, preferredPayloadType: paddingPayloadType };

/** What a viewer of padding is taken to know. */
export const paddingCapabilities: RtpCapabilities = { codecs: [routed] };

const tickMs = 20;

/** What is due after a pause of this process is forgotten beyond this, in milliseconds: a burst would prove nothing. */
const longestDueMs = 60;

/** RTP packet size, in bytes. */
const packetBytes = 1100;

interface Source {
  readonly transport: DirectTransport;
  readonly producer: Producer;
  readonly consumer: Consumer;
}

/** Where padding is sent. */
export interface PaddingPlace {
  readonly router: Router;
  /** Makes the viewer's consumer of a producer, paused. */
  readonly open: (producerId: string) => Promise<Consumer>;
}

/**
 * Packets without content beside a viewer's media, which fill its path: whether they delay or push out the media tells what the path carries.
 *
 * They have an SSRC and a payload type that no player knows, so players drop them before anything else, as RFC 3550 §5.1 and the BUNDLE rules
 * (RFC 8843 §9.2) have it. Sent by Node through a producer of ours: some 130 µs of its CPU a packet and 30 of the worker's, as mediasoup copies
 * them byte by byte. A viewer that stays throttled is sent six a second on average. Everything is made with the first packet and stays, since
 * each new SSRC is a new SRTP stream in the player, which it never forgets.
 */
export class Padding {
  readonly #place: PaddingPlace;
  #source: Promise<Source> | undefined;
  #rate = 0;
  #sequence = randomInt(0x10000);
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(place: PaddingPlace) {
    this.#place = place;
  }

  /** Sends so much from now on, in bit/s; 0: nothing. Rejects when the worker is gone. */
  async send(bitsPerSecond: number): Promise<void> {
    const wasIdle = this.#rate === 0;
    this.#rate = this.#closed ? 0 : bitsPerSecond;
    if (this.#rate === 0 && this.#source === undefined) return;
    const { consumer, producer } = await this.#open();
    if (consumer.closed) return;
    if (this.#rate === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      await consumer.pause();
    } else if (wasIdle) {
      await consumer.resume();
      this.#run(producer);
    }
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#rate = 0;
    clearInterval(this.#timer);
    this.#source?.then(({ transport }) => transport.close()).catch(() => undefined); // it never opened
  }

  async #open(): Promise<Source> {
    const opening = (this.#source ??= this.#make());
    opening.catch(() => {
      this.#source = undefined; // the next attempt may do
    });
    return opening;
  }

  async #make(): Promise<Source> {
    const { router, open } = this.#place;
    const transport = await madeOn(router, router.createDirectTransport());
    try {
      const ssrc = randomInt(1, 2 ** 32 - 1);
      // The router's numbers count at the very moment of produce(), so nothing may be awaited between these two.
      router.updateMediaCodecs([routed]);
      const { kind, ...label } = codec;
      const producing = transport.produce({
        kind,
        rtpParameters: { codecs: [{ ...label, payloadType: paddingPayloadType }], encodings: [{ ssrc }], headerExtensions: [] },
      });
      const producer = await madeOn(transport, producing);
      const consumer = await open(producer.id);
      consumer.observer.once('close', () => {
        this.close();
      });
      if (this.#closed) transport.close();
      return { transport, producer, consumer };
    } catch (error) {
      transport.close();
      throw error;
    }
  }

  #run(producer: Producer): void {
    clearInterval(this.#timer);
    const packet = emptyPacket(producer.rtpParameters.encodings?.[0]?.ssrc ?? 0);
    let owed = 0;
    let lastMs = performance.now();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      owed += (this.#rate * Math.min(longestDueMs, nowMs - lastMs)) / 8000;
      lastMs = nowMs;
      for (; owed >= packetBytes && !producer.closed; owed -= packetBytes) {
        this.#sequence = (this.#sequence + 1) % 0x10000;
        packet.writeUInt16BE(this.#sequence, 2);
        packet.writeUInt32BE(Math.round(nowMs * 8) % 2 ** 32, 4);
        producer.send(packet);
      }
    }, tickMs);
  }
}

/** An RTP header (RFC 3550 §5.1) and zeros. */
function emptyPacket(ssrc: number): Buffer {
  const packet = Buffer.alloc(packetBytes);
  packet.writeUInt8(0x80, 0);
  packet.writeUInt8(paddingPayloadType, 1);
  packet.writeUInt32BE(ssrc, 8);
  return packet;
}
