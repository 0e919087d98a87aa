import { isIPv6 } from 'node:net';
import type { NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { isLoopback } from './loopback.ts';

/** One address that media listens on. */
export interface ListenAddress {
  readonly ip: string;
  /** What clients are told instead of `ip`. */
  readonly announcedAddress?: string | undefined;
}

/** More would only lengthen every answer (OBS and FFmpeg take 8 KiB); hosts of containers can have hundreds. */
const mostAddresses = 8;

/** Bridges of container engines and hypervisors: not where a player on the LAN is. */
const bridgeName = /^(br-|cni|docker|flannel|kube|lxc|lxd|veth|virbr|vmnet)/;

/**
 * Decides where media listens and what it offers, in the order of the candidates.
 *
 * - Neither key set: every address of the host, LAN IPv4 first (FFmpeg takes only the first candidate), then IPv6, loopback last (Firefox
 *   never pairs with it).
 * - `announcedAddress` alone: all interfaces behind the one announced address; clients are told nothing else (conformance C14).
 * - `listen`: exactly these, in this order; `announcedAddress` stands for the one of its family. A host name counts as IPv4.
 */
export function listenAddresses(
  { listen, announcedAddress }: { readonly listen?: readonly string[] | undefined; readonly announcedAddress?: string | undefined },
  interfaces: ReturnType<typeof networkInterfaces>,
): readonly ListenAddress[] {
  if (announcedAddress === undefined) return (listen ?? hostAddresses(interfaces)).map((ip) => ({ ip }));
  const announcesIpv6 = isIPv6(announcedAddress);
  if (listen === undefined) return [{ ip: announcesIpv6 ? '::' : '0.0.0.0', announcedAddress }];
  return listen.map((ip) => (isIPv6(ip) === announcesIpv6 ? { ip, announcedAddress } : { ip }));
}

function hostAddresses(interfaces: ReturnType<typeof networkInterfaces>): readonly string[] {
  const addresses = Object.entries(interfaces)
    .flatMap(([name, infos = []]) => infos.map((info) => ({ ip: info.address, rank: rankOf(name, info) })))
    .filter(({ rank }) => rank !== undefined)
    .toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0))
    .map(({ ip }) => ip);
  return [...addresses.slice(0, mostAddresses - 1), '127.0.0.1'];
}

/** Lower comes first; undefined is left out. */
function rankOf(name: string, { address, family, internal }: NetworkInterfaceInfo): number | undefined {
  if (internal || isLoopback(address) || /^fe[89ab]/i.test(address) || address.startsWith('169.254.')) return undefined;
  return (bridgeName.test(name) ? 2 : 0) + (family === 'IPv4' ? 0 : 1);
}
