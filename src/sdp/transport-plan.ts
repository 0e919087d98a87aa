import type { Offer, RemoteTransport } from './model.ts';

/**
 * What mediasoup must know of the remote side.
 *
 * We answer `passive` to actpass and active, so the peer is the DTLS client; `active` to passive, so it is the server (RFC 8842 §5.3).
 */
export function remoteTransport({ ice, addresses, fingerprints, setup }: Offer): RemoteTransport {
  return { ice, addresses, dtlsParameters: { role: setup === 'passive' ? 'server' : 'client', fingerprints: [...fingerprints] } };
}
