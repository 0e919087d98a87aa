import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { boundPorts, readPorts, waitUntilBound } from '../../../../src/egress/tap/bound-ports.ts';
import { PortPairs } from '../../../../src/egress/tap/port-pairs.ts';

test('pairs begin with an even port, and no two leases share one', () => {
  const pairs = new PortPairs(0.5);
  const leases = Array.from({ length: 100 }, () => pairs.lease(new Set()));
  const ports = leases.map(({ port }) => port);
  expect(new Set(ports).size).toBe(100);
  expect(ports.every((port) => port % 2 === 0 && port >= 30_000 && port <= 39_998)).toBe(true);
  leases[3]?.[Symbol.dispose]();
  expect(pairs.size).toBe(99);
});

test('ports that others have bound are passed over, and the search goes round', () => {
  const pairs = new PortPairs(0.9999);
  const first = pairs.lease(new Set()).port;
  expect(first).toBe(39_996);
  expect(pairs.lease(new Set([39_999, 30_000])).port).toBe(30_002);
});

test('when no pair is left, that is said', () => {
  expect(() => new PortPairs(0).lease(new Set(Array.from({ length: 10_000 }, (_, index) => 30_000 + index)))).toThrow(RangeError);
});

test('ports are read from the table of the kernel', () => {
  const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  340: 0100007F:B720 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 11 2 0000000000000000 0
  341: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 0 0 0 2 0 0`;
  expect(readPorts(table)).toEqual([46_880, 53]);
});

test.runIf(process.platform === 'linux')('a port counts as bound from the moment on that somebody binds it', async () => {
  const socket = createSocket('udp4');
  try {
    const other = createSocket('udp4').bind(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address();
    other.close();
    const signal = AbortSignal.timeout(30_000);
    const waiting = waitUntilBound([port], 30_000, signal);
    socket.bind(port, '127.0.0.1');
    expect(await waiting).toBe(true);
    expect((await boundPorts())?.has(port)).toBe(true);
    expect(await waitUntilBound([1], 30, signal)).toBe(false);
    expect(await waitUntilBound([1], 5_000, AbortSignal.abort())).toBe(false);
  } finally {
    socket.close();
  }
});
