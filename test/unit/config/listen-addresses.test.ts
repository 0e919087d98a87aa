import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from 'vitest';
import { listenAddresses } from '../../../src/config/listen-addresses.ts';

const rest = { netmask: '', mac: '', cidr: null };
const v4 = (address: string, internal = false): NetworkInterfaceInfo => ({ ...rest, address, family: 'IPv4', internal });
const v6 = (address: string, internal = false): NetworkInterfaceInfo => ({ ...rest, address, family: 'IPv6', scopeid: 0, internal });

const laptop = {
  lo: [v4('127.0.0.1', true), v6('::1', true)],
  docker0: [v4('172.17.0.1')],
  eth0: [v6('2001:db8::5'), v6('fe80::5'), v4('192.0.2.5')],
  wlan0: [v4('192.0.2.6'), v4('169.254.1.1')],
};

test('without any key media listens on every address: LAN IPv4 first, then IPv6, bridges of containers, loopback last', () => {
  expect(listenAddresses({}, laptop)).toEqual([
    { ip: '192.0.2.5' },
    { ip: '192.0.2.6' },
    { ip: '2001:db8::5' },
    { ip: '172.17.0.1' },
    { ip: '127.0.0.1' },
  ]);
});

test('a host without network listens on loopback', () => {
  expect(listenAddresses({}, { lo: laptop.lo })).toEqual([{ ip: '127.0.0.1' }]);
});

test('a host with hundreds of addresses offers eight, loopback among them', () => {
  const many = { eth0: Array.from({ length: 200 }, (_, index) => v4(`192.0.2.${index}`)) };
  const addresses = listenAddresses({}, many);
  expect(addresses).toHaveLength(8);
  expect(addresses.at(-1)).toEqual({ ip: '127.0.0.1' });
});

test('an announced address alone is the only one that clients are told', () => {
  expect(listenAddresses({ announcedAddress: '203.0.113.7' }, laptop)).toEqual([{ ip: '0.0.0.0', announcedAddress: '203.0.113.7' }]);
  expect(listenAddresses({ announcedAddress: '2001:db8::7' }, laptop)).toEqual([{ ip: '::', announcedAddress: '2001:db8::7' }]);
});

test('a list is taken as it is, in its order', () => {
  expect(listenAddresses({ listen: ['2001:db8::5', '192.0.2.6'] }, laptop)).toEqual([{ ip: '2001:db8::5' }, { ip: '192.0.2.6' }]);
});

test('an announced address stands for the listed one of its family', () => {
  expect(listenAddresses({ listen: ['192.0.2.5', '2001:db8::5'], announcedAddress: '203.0.113.7' }, laptop)).toEqual([
    { ip: '192.0.2.5', announcedAddress: '203.0.113.7' },
    { ip: '2001:db8::5' },
  ]);
});
