import { createSocket } from 'node:dgram';
import { randomBytes, randomInt } from 'node:crypto';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { openTestGateway } from '../fixtures/gateway.ts';
import { NativePlayer, NativePublisher } from '../fixtures/native-peer.ts';
import { bindingRequest } from '../fixtures/stun.ts';
import { numbers, type Next } from './mutations.ts';

const datagrams = 5_000;
const soon = { timeout: 30_000, interval: 20 };

/** The transports of a publisher and of a player, and the one that waits for the next player; the player is on a router of its own. */
const held = { routers: 2, transports: 3 };

/** First bytes that tell what a datagram is (RFC 7983), the rest random. */
function garbage(next: Next, credentials: { readonly usernameFragment: string; readonly password: string }): Buffer {
  const body = randomBytes(next(1400));
  const kinds: readonly (() => Buffer)[] = [
    () => body,
    () => Buffer.concat([Buffer.from([0, 1, 0, next(256), 0x21, 0x12, 0xa4, 0x42]), body]), // STUN request
    () => Buffer.concat([Buffer.from([1, 1, 0, body.length & 0xfc, 0x21, 0x12, 0xa4, 0x42]), body]), // STUN response
    () => Buffer.concat([Buffer.from([20 + next(44), 254, 253, 0, next(2), 0, 0, 0, 0, 0, next(9), next(6), next(256)]), body]), // DTLS
    () => Buffer.concat([Buffer.from([22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, body.length >> 8, body.length & 255, 1]), body]), // ClientHello
    () => Buffer.concat([Buffer.from([0x80 | next(64), 96 + next(32)]), body]), // RTP
    () => Buffer.concat([Buffer.from([0x80 | next(32), 200 + next(10), 0, next(256)]), body]), // RTCP
    () => bindingRequest(`${credentials.usernameFragment}:x`, 'a wrong password'),
    () => spoilt(bindingRequest(`${credentials.usernameFragment}:x`, credentials.password), next),
  ];
  return kinds[next(kinds.length)]?.() ?? body;
}

function spoilt(bytes: Buffer, next: Next): Buffer {
  const copy = Buffer.from(bytes.subarray(0, 8 + next(bytes.length - 8)));
  copy.writeUInt8(next(256), next(copy.length));
  return copy;
}

test('garbage at the media port, over UDP and TCP, disturbs neither the worker nor a session', { timeout: 60_000 }, async () => {
  const seed = randomInt(2 ** 31);
  await using gateway = await openTestGateway();
  await using publisher = await NativePublisher.open(gateway.whip('show'));
  await expect.poll(() => gateway.stream('show')?.state, soon).toBe('live');
  await using player = await NativePlayer.open(gateway.whep('show'));
  await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(5);
  const worker = (await gateway.workers())[0]?.pid;
  await expect.poll(async () => gateway.workerTotals(), soon).toEqual(held);
  const portOf = (protocol: string) =>
    Number(new RegExp(`^a=candidate:\\S+ 1 ${protocol} \\d+ \\S+ (\\d+)`, 'm').exec(publisher.session.answerText)?.[1]);
  const value = (attribute: string) => new RegExp(`^a=${attribute}:(\\S+)`, 'm').exec(publisher.session.answerText)?.[1] ?? '';
  const credentials = { usernameFragment: value('ice-ufrag'), password: value('ice-pwd') };

  const next = numbers(seed, 0);
  const socket = createSocket('udp4');
  for (let count = 0; count < datagrams; count += 1) {
    const bytes = garbage(next, credentials);
    await new Promise((resolve) => socket.send(bytes, portOf('udp'), '127.0.0.1', resolve));
  }
  socket.close();
  for (let count = 0; count < 100; count += 1) {
    const stream = connect(portOf('tcp'), '127.0.0.1');
    stream.on('error', () => undefined); // the worker may well hang up
    for (let frames = next(5); frames >= 0; frames -= 1) {
      const bytes = garbage(next, credentials);
      const length = Buffer.from([bytes.length >> 8, bytes.length & 255]); // RFC 4571
      stream.write(next(2) === 0 ? bytes : Buffer.concat([length, bytes]));
    }
    if (next(2) === 0) stream.end();
    else stream.destroy();
    if (!stream.destroyed) stream.resume();
    await new Promise((resolve) => stream.once('close', resolve));
  }

  const before = player.videoPackets;
  await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(before + 30);
  expect([publisher.state, player.state]).toEqual(['connected', 'connected']);
  expect((await gateway.workers())[0]?.pid, `seed ${seed}`).toBe(worker);
  expect(await gateway.workerTotals()).toEqual(held);
});
