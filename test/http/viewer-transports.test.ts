import type { Router, Worker } from 'mediasoup/types';
import { expect, test as base } from 'vitest';
import { LoadMeter } from '../../src/media/load-meter.ts';
import { ViewerTransports } from '../../src/media/viewer-transports.ts';
import { endWorker, listenInfos, openServer, startWorker, type WorkerHome } from '../../src/media/worker-process.ts';
import { openTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { NativePlayer, NativePublisher } from '../fixtures/native-peer.ts';

/** The transports of a router's viewers, and what the worker says is open. */
interface Stage {
  readonly worker: Worker;
  readonly router: Router;
  readonly transports: ViewerTransports;
  readonly open: () => Promise<readonly string[]>;
}

const test = base.extend<{ stage: Stage }>({
  stage: async ({ task: _task }, use) => {
    const worker = await startWorker(undefined);
    const { server, port } = await openServer(worker, listenInfos({ tcp: false, listen: [{ ip: '127.0.0.1' }] }, 0));
    const home: WorkerHome = { id: 0, worker, server, port, load: new LoadMeter(0, 0) };
    const router = await worker.createRouter();
    const open = async () => (await server.dump()).webRtcTransportIds;
    await use({ worker, router, transports: new ViewerTransports(router, home), open });
    await endWorker(worker);
  },
});

test('a viewer takes the transport that was opened when the one before had come', async ({ stage: { transports, open } }) => {
  const first = await transports.take();
  expect(await open()).toEqual([first.transport.id]);
  transports.refill();
  transports.refill(); // one is enough
  const before = await open();
  expect(before).toHaveLength(2);
  const second = await transports.take();
  expect(before.toSorted()).toEqual([first.transport.id, second.transport.id].toSorted());
  expect(await open()).toHaveLength(2);
});

test('viewers who come at once get a transport each, whether the spare one is there or still being opened', async ({
  stage: { transports, open },
}) => {
  const first = await transports.take();
  transports.refill();
  const others = await Promise.all(Array.from({ length: 5 }, async () => transports.take()));
  const ids = [first, ...others].map(({ transport }) => transport.id);
  expect(new Set(ids).size).toBe(6);
  expect((await open()).toSorted()).toEqual(ids.toSorted());
});

test('the spare transport closes with the last viewer, not before', async ({ stage: { transports, open } }) => {
  const [first, second] = [await transports.take(), await transports.take()];
  transports.refill();
  expect(await open()).toHaveLength(3);
  first.transport.close();
  first.leave();
  expect(await open()).toHaveLength(2);
  second.transport.close();
  second.leave();
  await expect.poll(open).toEqual([]);
  transports.refill(); // nobody watches
  expect(await open()).toEqual([]);
});

test('a spare transport that is still being opened as the last viewer leaves closes too', async ({ stage: { transports, open } }) => {
  const { transport, leave } = await transports.take();
  transports.refill();
  transport.close();
  leave();
  await expect.poll(open).toEqual([]);
});

test('a viewer who comes as the last one leaves gets a transport that stays', async ({ stage: { transports, open } }) => {
  const first = await transports.take();
  transports.refill();
  const taking = transports.take();
  first.transport.close();
  first.leave();
  const second = await taking;
  expect(second.transport.closed).toBe(false);
  expect(await open()).toEqual([second.transport.id]);
});

test('a spare transport that has closed meanwhile is not given to anybody', async ({ stage: { router, transports, open } }) => {
  const made: { close(): void }[] = [];
  router.observer.on('newtransport', (transport) => made.push(transport));
  await transports.take();
  transports.refill();
  expect(await open()).toHaveLength(2);
  made[1]?.close();
  expect((await transports.take()).transport.closed).toBe(false);
  expect(await open()).toHaveLength(2);
});

test('a router that closes while its spare transport is opened leaves nothing behind, and says so to who comes', async ({
  stage: { router, transports, open },
}) => {
  await transports.take();
  transports.refill();
  const taking = transports.take();
  router.close();
  await expect(taking).rejects.toMatchObject({ code: 'ERR_MEDIA_UNAVAILABLE' });
  await expect.poll(open).toEqual([]);
  transports.refill();
  await expect(transports.take()).rejects.toMatchObject({ code: 'ERR_MEDIA_UNAVAILABLE' });
});

test('the spare transport of a worker that died is none', async ({ stage: { worker, transports, open } }) => {
  await transports.take();
  transports.refill();
  await open();
  const died = new Promise((resolve) => worker.once('died', resolve));
  process.kill(worker.pid, 'SIGKILL');
  await died;
  transports.refill();
  await expect(transports.take()).rejects.toMatchObject({ code: 'ERR_MEDIA_UNAVAILABLE' });
});

async function openLive(gateway: TestGateway): Promise<NativePublisher> {
  const publisher = await NativePublisher.open(gateway.whip('show'));
  await expect.poll(() => gateway.stream('show')?.state).toBe('live');
  return publisher;
}

const transportsOf = async (gateway: TestGateway): Promise<number> => (await gateway.workerTotals()).transports;

test('players on one router play side by side, and the transport that waits for the next goes with the last of them', async () => {
  await using gateway = await openTestGateway();
  await using _publisher = await openLive(gateway);
  await using peers = new AsyncDisposableStack();
  const players: NativePlayer[] = [];
  for (let count = 1; count <= 3; count += 1) {
    players.push(peers.use(await NativePlayer.open(gateway.whep('show'))));
    await expect.poll(async () => transportsOf(gateway)).toBe(1 + count + 1); // the publisher's, the viewers', and the spare one
  }
  for (const player of players) await expect.poll(() => player.videoPackets).toBeGreaterThan(0);
  for (const player of players) expect(await player.delete()).toBe(200);
  await expect.poll(async () => transportsOf(gateway)).toBe(1);
});
