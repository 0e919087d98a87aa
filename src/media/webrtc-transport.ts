import { EventEmitter } from 'node:events';
import { UnsupportedError } from 'mediasoup/errors';
import type { BaseRtpStreamStats, DtlsParameters, IceParameters, Router, WebRtcTransport } from 'mediasoup/types';
import { GatewayError } from '../errors.ts';
import { madeOn } from './made-on.ts';
import type { LocalTransport, MediaTransport, TransportEnding, TransportEvents, TransportTraffic } from './transport.ts';
import type { WorkerHome } from './worker-process.ts';

/** First guess of what a viewer's path carries, in bit/s, until its feedback says more (media-notes §2: never absurd values). */
const initialOutgoingBitrate = 1_000_000;

/** What publisher and subscriber transports share: ICE, DTLS, endings and closing. */
export abstract class Transport {
  readonly events = new EventEmitter<TransportEvents>();
  protected readonly transport: WebRtcTransport;
  readonly #home: WorkerHome;
  readonly #released: () => void;
  #peer: MediaTransport['peer'];
  #closed = false;

  constructor(transport: WebRtcTransport, home: WorkerHome, released: () => void) {
    this.transport = transport;
    this.#home = home;
    this.#released = released;
    transport.on('iceselectedtuplechange', ({ protocol, remoteIp: ip, remotePort: port }) => {
      this.#peer = protocol === 'udp' && ip !== undefined && port !== undefined ? { ip, port } : undefined;
    });
    transport.on('dtlsstatechange', (state) => {
      if (state === 'connected') this.events.emit('connected');
      if (state === 'failed' || state === 'closed') this.#end('peer-closed');
    });
    transport.observer.once('close', () => {
      if (home.worker.closed) this.#end(home.worker.died ? 'worker-died' : 'shutdown');
    });
  }

  get id(): string {
    return this.transport.id;
  }

  get workerId(): number {
    return this.#home.id;
  }

  get local(): LocalTransport {
    const { iceParameters, iceCandidates, dtlsParameters } = this.transport;
    return { iceParameters, iceCandidates, dtlsParameters };
  }

  get peer(): MediaTransport['peer'] {
    return this.#peer;
  }

  async connect(remote: DtlsParameters): Promise<void> {
    return reportAsGatewayError(this.transport.connect({ dtlsParameters: remote }));
  }

  async restartIce(): Promise<IceParameters> {
    return reportAsGatewayError(this.transport.restartIce());
  }

  async bytesReceived(): Promise<number> {
    const [stats] = await this.transport.getStats();
    return stats?.bytesReceived ?? 0;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.transport.close();
    this.#released();
  }

  #end(ending: TransportEnding): void {
    if (this.#closed) return;
    this.close();
    this.events.emit('ended', ending);
  }
}

/**
 * Opens a WebRTC transport on `router`, listening on its worker's one port.
 *
 * Throws `ERR_MEDIA_UNAVAILABLE`, also when the router has closed meanwhile; then nothing is left behind.
 */
export async function createWebRtcTransport(router: Router, { server }: WorkerHome): Promise<WebRtcTransport> {
  const opening = router.createWebRtcTransport({
    webRtcServer: server,
    preferUdp: true,
    // Some peers never send consent checks (pion, early FFmpeg); liveness is judged by any bytes that arrive instead (media-notes §2).
    iceConsentTimeout: 0,
    initialAvailableOutgoingBitrate: initialOutgoingBitrate,
  });
  return reportAsGatewayError(madeOn(router, opening));
}

/** Says in our words that a worker could not do something. Throws `ERR_MEDIA_UNAVAILABLE`; mistakes of our own as they are. */
export async function reportAsGatewayError<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (cause) {
    // A type error or an unsupported codec is a mistake of our own: parameters are planned before they come here.
    if (cause instanceof GatewayError || cause instanceof TypeError || cause instanceof UnsupportedError) throw cause;
    throw new GatewayError('ERR_MEDIA_UNAVAILABLE', 'The media worker could not do this; try again.', { cause, retryAfterSeconds: 1 });
  }
}

/** What flows on a transport, from its bitrate and its streams; `fractionLost` is the byte of RTCP receiver reports (RFC 3550 §6.4.1). */
export function trafficOf(
  bitrate: number | undefined,
  streams: readonly Pick<BaseRtpStreamStats, 'fractionLost' | 'roundTripTime'>[],
): TransportTraffic {
  const roundTrips = streams.flatMap(({ roundTripTime = 0 }) => (roundTripTime > 0 ? [roundTripTime] : []));
  return {
    bitrate: bitrate ?? 0,
    loss: Math.max(0, ...streams.map(({ fractionLost }) => fractionLost / 256)),
    roundTripMs: roundTrips.length === 0 ? undefined : Math.round(Math.max(...roundTrips)),
  };
}

/** Of all together. */
export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
