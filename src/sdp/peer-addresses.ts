import type { AttributeBlock } from 'sdp-transform';

/** Where a peer says that it can be reached over UDP, as written: a name ending in `.local` stays one (conformance E07). */
export interface PeerAddress {
  readonly ip: string;
  readonly port: number;
}

/** More than a host with many networks has; what follows is left out. */
const most = 32;

/** The addresses of all UDP candidates (RFC 8839 §5.1), each once. For comparing only: nothing is ever resolved, or sent there. */
export function peerAddresses(blocks: readonly AttributeBlock[]): readonly PeerAddress[] {
  const addresses = blocks.flatMap(({ candidates = [] }) => candidates.flatMap(addressOf));
  return [...new Map(addresses.map((address) => [`${address.ip} ${address.port}`, address])).values()].slice(0, most);
}

function addressOf({ transport, ip, port }: Readonly<Record<'transport' | 'ip' | 'port', unknown>>): PeerAddress[] {
  if (String(transport).toLowerCase() !== 'udp' || typeof port !== 'number') return [];
  return [{ ip: String(ip).toLowerCase(), port }];
}
