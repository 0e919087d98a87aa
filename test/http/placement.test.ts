import { expect, test } from 'vitest';
import { openTestGateway } from '../fixtures/gateway.ts';
import { NativePlayer, NativePublisher } from '../fixtures/native-peer.ts';

test('viewers stay on their stream’s worker while it has room, and share one edge router there', async () => {
  await using gateway = await openTestGateway({ workers: 2 });
  await using _publisher = await NativePublisher.open(gateway.whip('show'));
  await expect.poll(() => gateway.stream('show')?.state).toBe('live');
  await using peers = new AsyncDisposableStack();
  for (let count = 0; count < 3; count += 1) peers.use(await NativePlayer.open(gateway.whep('show')));
  expect(gateway.engine.loads()).toMatchObject([
    { publishers: 1, viewers: 3 },
    { publishers: 0, viewers: 0 },
  ]);
  expect(await gateway.workerTotals()).toMatchObject({ routers: 2 });
});

test('streams spread over the workers', async () => {
  await using gateway = await openTestGateway({ workers: 2 });
  await using peers = new AsyncDisposableStack();
  for (const name of ['one', 'two', 'three', 'four']) peers.use(await NativePublisher.open(gateway.whip(name)));
  const publishers = gateway.engine.loads().map((load) => load.publishers);
  expect(publishers).toHaveLength(2);
  for (const count of publishers) expect(count).toBeGreaterThan(0);
});
