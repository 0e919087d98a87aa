import { isIPv6 } from 'node:net';

/**
 * What stands for a client in limits: its address, of IPv6 the /64 network, in which one host can have any address.
 *
 * IPv4 that came over an IPv6 socket (`::ffff:192.0.2.1`) counts as IPv4.
 */
export function clientAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  return isIPv6(address) ? `${groupsOf(address).slice(0, 4).join(':')}::/64` : address;
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(address: string): readonly string[] {
  const [head = '', tail] = withoutZone(address).split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const width = (groups: readonly string[]) => groups.reduce((sum, group) => sum + (group.includes('.') ? 2 : 1), 0);
  const zeros = tail === undefined ? 0 : 8 - width(before) - width(after);
  return [...before, ...Array.from({ length: zeros }, () => '0'), ...after].map((group) => Number.parseInt(group, 16).toString(16));
}

function withoutZone(address: string): string {
  return address.split('%', 1)[0] ?? address;
}
