import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { roomFor } from '../../../../src/media/replay/socket-room.ts';
import { packetBytes, readWaiting } from '../../../../src/media/udp-sockets.ts';

const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 3059: 0100007F:7530 00000000:0000 07 00000000:00000A00 00:00000000 00000000     0        0 41239 2 0000000000000000 0
 3060: 0100007F:7531 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 41240 2 0000000000000000 17
 9999: 0100007F:C350 0100007F:7530 07 00000000:00000900 00:00000000 00000000     0        0 41241 2 0000000000000000 0
`;

test('what waits in a socket is read from the table of the kernel', () => {
  expect([0x7530, 0x7531, 0x7532].map((port) => readWaiting(table, port))).toEqual([0xa00, 0, undefined]);
});

test.for([
  [undefined, 20],
  [0, 50],
  [100_000, 13],
  [131_000, 0],
  [500_000, 0],
] as const)('where %s bytes wait, there is room for %s packets', ([waiting, packets]) => {
  expect(roomFor(waiting)).toBe(packets);
});

test.runIf(process.platform === 'linux')('the kernel counts no more for a packet than is reckoned with', async () => {
  const [reader, writer] = [createSocket('udp4'), createSocket('udp4')];
  reader.bind(0, '127.0.0.1');
  await once(reader, 'listening');
  const { port } = reader.address();
  writer.connect(port, '127.0.0.1');
  await once(writer, 'connect');
  const count = 20;
  // Nothing is read meanwhile: nothing here waits.
  for (let sent = 0; sent < count; sent += 1) writer.send(Buffer.alloc(1200));
  const waiting = readWaiting(readFileSync('/proc/net/udp', 'latin1'), port) ?? 0;
  for (const socket of [reader, writer]) socket.close();
  expect(waiting).toBeGreaterThan(0);
  expect(waiting / count).toBeLessThanOrEqual(packetBytes);
});
