import { EventEmitter } from 'node:events';
import type { RtpParameters, WebRtcTransport } from 'mediasoup/types';

/** The least that mediasoup takes for the least estimate, in bit/s. */
const lowestFloor = 30_000;

const transportCcUri = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
const absSendTimeUri = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time';

/** Whether a consumer's viewer makes mediasoup estimate what its path carries: transport-wide feedback, or REMB with absolute send times (media-notes §1.5). */
export function isEstimated({ codecs, headerExtensions = [] }: RtpParameters): boolean {
  const has = (uri: string, feedback: string): boolean =>
    headerExtensions.some((extension) => extension.uri === uri) &&
    codecs.some(({ rtcpFeedback = [] }) => rtcpFeedback.some(({ type }) => type === feedback));
  return has(transportCcUri, 'transport-cc') || has(absSendTimeUri, 'goog-remb');
}

/** What is needed of a transport. */
type EstimatingTransport = Pick<WebRtcTransport, 'closed' | 'enableTraceEvent' | 'getStats' | 'setMinOutgoingBitrate'> & EventEmitter;

/** What mediasoup estimates the path of one transport to carry. */
export class BandwidthEstimate {
  /** `fall`: it is lower than before, and so no guess any more: mediasoup's first one is the same for every path. */
  readonly events = new EventEmitter<{ fall: [bitsPerSecond: number, before: number] }>();
  readonly #transport: EstimatingTransport;
  #value: number | undefined;
  #isHeard = false;
  #floor = 0;
  #raised = 0;

  constructor(transport: EstimatingTransport) {
    this.#transport = transport;
  }

  /** In bit/s; undefined until mediasoup has told. */
  get value(): number | undefined {
    return this.#value;
  }

  /** From now on; mediasoup tells when it moves, about once a second. */
  listen(): void {
    if (this.#isHeard) return;
    this.#isHeard = true;
    this.#transport.on('trace', ({ type, info }) => {
      if (type === 'bwe') this.#take(availableBitrate(info));
    });
    this.#transport.enableTraceEvent(['bwe']).catch(() => undefined); // closed meanwhile: nothing to tell
  }

  #take(value: number | undefined): void {
    const before = this.#value;
    this.#value = value;
    if (before !== undefined && value !== undefined && value < before) this.events.emit('fall', value, before);
  }

  /** The estimate is not to fall below this, in bit/s; 0: any is good. */
  async setFloor(bitsPerSecond: number): Promise<void> {
    this.#floor = bitsPerSecond;
    return this.#apply();
  }

  /** It is not to fall below this either, in bit/s, until the result is disposed of. One at a time. */
  raise(bitsPerSecond: number): Disposable {
    const set = (raised: number): void => {
      this.#raised = raised;
      void this.#apply().catch(() => undefined); // the worker is gone, and its owner is told
    };
    set(bitsPerSecond);
    const raised = new DisposableStack(); // disposes once
    raised.defer(() => {
      set(0);
    });
    return raised;
  }

  /**
   * What it is at this moment, in bit/s, and the share of the packets that were sent of late and did not arrive, by the feedback that it is made
   * from, 0 to 1. Asks the worker, which tells by itself of sudden moves only. Rejects when the transport is gone.
   */
  async ask(): Promise<{ readonly value: number; readonly loss: number }> {
    const [stats] = await this.#transport.getStats();
    return { value: stats?.availableOutgoingBitrate ?? this.#value ?? 0, loss: stats?.rtpPacketLossSent ?? 0 };
  }

  async #apply(): Promise<void> {
    const bitsPerSecond = Math.max(this.#floor, this.#raised);
    const floor = bitsPerSecond === 0 ? 0 : Math.max(lowestFloor, Math.round(bitsPerSecond));
    await this.#transport.setMinOutgoingBitrate(floor).catch((error: unknown) => {
      if (!this.#transport.closed) throw error;
    });
  }
}

/** mediasoup types what it tells in a trace as anything. */
function availableBitrate(info: unknown): number | undefined {
  const hasBitrate = typeof info === 'object' && info !== null && 'availableBitrate' in info;
  return hasBitrate && typeof info.availableBitrate === 'number' ? info.availableBitrate : undefined;
}
