import { once } from 'node:events';
import request from 'supertest';
import { expect, test } from 'vitest';
import { openTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { NativePlayer, NativePublisher } from '../fixtures/native-peer.ts';

/** Stops a worker as an endless loop would; what is disposed of goes on. */
function hang(gateway: TestGateway, id: number): Disposable {
  const pid = gateway.engine.loads()[id]?.pid ?? 0;
  process.kill(pid, 'SIGSTOP');
  return { [Symbol.dispose]: () => process.kill(pid, 'SIGCONT') };
}

async function readiness({ url }: TestGateway): Promise<number> {
  return (await request(url).get('/readyz')).status;
}

test('a gateway whose only worker hangs is not ready, says so at once, and is ready again when it goes on', async () => {
  await using gateway = await openTestGateway();
  expect(await readiness(gateway)).toBe(200);
  const hanging = hang(gateway, 0);
  await expect.poll(async () => readiness(gateway)).toBe(503);
  expect(await request(gateway.url).get('/health')).toMatchObject({
    body: { status: 'unavailable', workers: [{ id: 0, answers: false, moreViewers: 0 }] },
  });
  expect(await gateway.workers()).toEqual([]);
  hanging[Symbol.dispose]();
  await expect.poll(async () => readiness(gateway)).toBe(200);
});

test('a worker that hangs gets no sessions', async () => {
  await using gateway = await openTestGateway({ workers: 2, evenly: true });
  using _hanging = hang(gateway, 0);
  await expect.poll(() => gateway.engine.loads()[0]?.answers).toBe(false);
  await using _publisher = await NativePublisher.open(gateway.whip('show'));
  await expect.poll(() => gateway.stream('show')?.state).toBe('live');
  await using player = await NativePlayer.open(gateway.whep('show'));
  await expect.poll(() => player.videoPackets).toBeGreaterThan(0);
  expect(gateway.engine.loads()).toMatchObject([
    { publishers: 0, viewers: 0 },
    { publishers: 1, viewers: 1 },
  ]);
});

test('a worker that hangs for too long is replaced', async () => {
  await using gateway = await openTestGateway({ hungMs: 1500 });
  const pid = gateway.engine.loads()[0]?.pid ?? 0;
  const replaced = once(gateway.engine.observer, 'workerreplaced');
  process.kill(pid, 'SIGSTOP');
  await replaced;
  expect(gateway.engine.loads()).toMatchObject([{ id: 0, answers: true }]);
  expect(gateway.engine.loads()[0]?.pid).not.toBe(pid);
});
