import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { openTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { NativePublisher } from '../fixtures/native-peer.ts';
import { corpus } from '../fixtures/offers/corpus.ts';
import { mutant, numbers } from './mutations.ts';

const texts = corpus.map(({ text }) => text);
const offers = 3_000;
const connections = 16;
const soon = { timeout: 30_000, interval: 50 };

interface Response {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
}

/** One request on a kept connection; it must be answered in time. */
async function send(agent: Agent, method: string, url: string, body = ''): Promise<Response> {
  const headers = { 'Content-Type': method === 'PATCH' ? 'application/trickle-ice-sdpfrag' : 'application/sdp', 'If-Match': '*' };
  const sent = request(url, { method, agent, headers, signal: AbortSignal.timeout(30_000) });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk as Uint8Array));
  return { status: response.statusCode ?? 0, location: response.headers.location, body: Buffer.concat(chunks).toString() };
}

/** POSTs mutants from `connections` clients at once, DELETEs what was accepted, and counts statuses. */
async function bombard(gateway: TestGateway, seed: number): Promise<Map<number, number>> {
  await using closing = new AsyncDisposableStack();
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  closing.defer(async () => agent.destroy());
  const statuses = new Map<number, number>();
  let index = 0;
  const client = async (): Promise<void> => {
    while (index < offers) {
      const own = (index += 1);
      const text = mutant(texts, numbers(seed, own));
      const endpoint = own % 3 === 0 ? gateway.whep('live') : gateway.whip(`show${own}`);
      const { status, location, body } = await send(agent, 'POST', endpoint, text);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status >= 500) throw new Error(`seed ${seed}, number ${own}: ${status} ${body} for ${JSON.stringify(text.slice(0, 5000))}`);
      if (location === undefined) continue;
      const patched = await send(agent, 'PATCH', location, mutant(texts, numbers(seed, -own)));
      if (patched.status >= 500) throw new Error(`seed ${seed}, number ${-own}: ${patched.status} ${patched.body}`);
      if (own % 2 === 0) await send(agent, 'DELETE', location);
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  return statuses;
}

test(`${offers} mutants of offers as requests leave neither a 5xx nor a transport behind`, { timeout: 300_000 }, async () => {
  const seed = randomInt(2 ** 31);
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  process.on('unhandledRejection', onRejection);
  {
    await using gateway = await openTestGateway({ connectTimeoutMs: 1_000, graceMs: 100, takeover: 'replace' });
    const worker = (await gateway.workers())[0]?.pid;
    {
      await using publisher = await NativePublisher.open(gateway.whip('live'));
      await expect.poll(() => gateway.stream('live')?.state, soon).toBe('live');
      const statuses = await bombard(gateway, seed);
      console.log(
        `seed ${seed}: ${[...statuses]
          .toSorted(([a], [b]) => a - b)
          .map(([status, count]) => `${count} × ${status}`)
          .join(', ')}`,
      );
      expect(statuses.get(201)).toBeGreaterThan(offers / 20);
      expect(await publisher.delete()).toBe(200);
    }
    const left = async () => ({ ...(await gateway.workerTotals()), ...gateway.registry.counts() });
    await expect.poll(left, soon).toEqual({ routers: 0, transports: 0, streams: 0, live: 0, publishers: 0, subscribers: 0 });
    expect((await gateway.workers())[0]?.pid).toBe(worker);
  }
  process.off('unhandledRejection', onRejection);
  expect(rejections).toEqual([]);
});

const good = texts[0] ?? '';
const requestLines = [
  'POST /whip/x HTTP/1.1',
  'POST /whep/x HTTP/1.1',
  'PATCH /whip/x/y HTTP/1.1',
  'DELETE /whep/x/y HTTP/1.1',
  'GET / HTTP/1.1',
  'OPTIONS * HTTP/1.1',
  'HEAD /whep/x HTTP/1.1',
];
const requests = requestLines.map((line) =>
  [
    line,
    'Host: localhost',
    'Content-Type: application/sdp',
    'If-Match: "x"',
    'X-Forwarded-Host: a, b',
    `Content-Length: ${Buffer.byteLength(good)}`,
    '',
    good,
  ].join('\r\n'),
);

/** Writes bytes and reads whatever comes until the other side closes, or until nothing more can come. */
async function statusesOf(port: number, bytes: string): Promise<readonly number[]> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setTimeout(1_000, () => socket.destroy());
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  socket.on('error', () => undefined); // a reset is an answer, too
  socket.end(bytes);
  await new Promise((resolve) => socket.once('close', resolve)); // events.once() would throw at the reset
  return [...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status));
}

test('500 requests of garbage on a socket get no 5xx, and the gateway goes on', { timeout: 120_000 }, async () => {
  const seed = randomInt(2 ** 31);
  await using gateway = await openTestGateway({ connectTimeoutMs: 1_000, graceMs: 100 });
  const { port } = new URL(gateway.url);
  let index = 0;
  const client = async (): Promise<void> => {
    while (index < 500) {
      const own = (index += 1);
      const bytes = mutant(requests, numbers(seed, own));
      const statuses = await statusesOf(Number(port), bytes);
      // 501 and 505 are the HTTP parser's own words for a method or version that it does not know.
      const bad = statuses.filter((status) => status >= 500 && status !== 501 && status !== 505);
      expect([seed, own, bad]).toEqual([seed, own, []]);
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  await expect.poll(async () => gateway.workerTotals(), soon).toEqual({ routers: 0, transports: 0 });
});
