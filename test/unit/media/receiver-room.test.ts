import { expect, test } from 'vitest';
import { ReceiverRoom, roomIn } from '../../../src/media/receiver-room.ts';

test.for([
  [212_992, 0, 46],
  [212_992, 2304, 45],
  [212_992, 106_496, 0],
  [212_992, 212_992, 0],
  [8_388_608, 0, 1820],
  [212_992, undefined, Infinity],
] as const)('of a buffer of %s bytes with %s in it, half may be full: %s packets', ([buffer, waiting, packets]) => {
  expect(roomIn(buffer, waiting)).toBe(packets);
});

/** The table of a machine where so many bytes wait in a port. */
function tableOf(port: number, bytes: number): string {
  const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');
  return ` 3059: 0100007F:${hex(port, 4)} 00000000:0000 07 00000000:${hex(bytes, 8)} 00:00000000 00000000     0        0 41239 2 0 0\n`;
}

test('the kernel is asked once for as many packets as there was room for, and then not more than once in a millisecond', () => {
  const looks: number[] = [];
  let waiting = 0;
  const room = new ReceiverRoom({ port: 30_000, bufferBytes: 6 * 2304 }, () => {
    looks.push(waiting);
    return tableOf(30_000, waiting);
  });
  const send = (nowMs: number): number => {
    let sent = 0;
    for (; room.isLeft(nowMs); sent += 1) room.take();
    return sent;
  };
  expect(send(0)).toBe(3);
  waiting = 3 * 2304;
  expect(send(0.9)).toBe(0);
  expect(looks).toEqual([0]);
  expect(send(1)).toBe(0);
  expect(send(1.5)).toBe(0);
  waiting = 2304;
  expect(send(2)).toBe(2);
  expect(looks).toEqual([0, 6912, 2304]);
});

test('where the kernel has no such table there is always room', () => {
  const room = new ReceiverRoom({ port: 30_000, bufferBytes: 212_992 }, () => {
    throw new Error('no such file');
  });
  for (let sent = 0; sent < 1000; sent += 1) room.take();
  expect(room.isLeft(0)).toBe(true);
});
