import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import { EventStream, type EventStreamOptions } from '../../src/http/event-stream.ts';

const soon = { interval: 10 };

/** A server whose one URL answers with events; `opened` holds what it answered. */
async function openServer(options: EventStreamOptions = {}) {
  const app = fastify({ forceCloseConnections: true });
  const opened: EventStream[] = [];
  app.get('/events', { exposeHeadRoute: false }, async (_request, reply) => {
    const stream = new EventStream(options);
    opened.push(stream);
    return stream.answer(reply);
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return { opened, port, url: `http://127.0.0.1:${port}/events`, [Symbol.asyncDispose]: async () => app.close() };
}

/** Everything that a response holds, as it grows. */
function collect(response: Response): { readonly text: string } {
  const result = { text: '' };
  void (async () => {
    for await (const chunk of response.body ?? []) result.text += Buffer.from(chunk).toString();
  })().catch(() => undefined); // cut off
  return result;
}

test('events arrive as they are sent, with type, id and JSON', async () => {
  await using server = await openServer();
  const response = await fetch(server.url);
  expect(response.headers.get('Content-Type')).toBe('text/event-stream');
  expect(response.headers.get('Cache-Control')).toBe('no-store');
  const received = collect(response);
  server.opened[0]?.send({ event: 'stream', data: { text: 'two\nlines' } });
  server.opened[0]?.send({ event: 'other', data: 1, id: '7' });
  await expect.poll(() => received.text, soon).toBe(':\n\nevent: stream\ndata: {"text":"two\\nlines"}\n\nid: 7\nevent: other\ndata: 1\n\n');
});

test('a silent stream has a heartbeat', async () => {
  await using server = await openServer({ heartbeatMs: 20 });
  const received = collect(await fetch(server.url));
  await expect.poll(() => received.text, soon).toMatch(/^(:\n\n){3}/);
});

test('the end reaches the client after what was sent', async () => {
  await using server = await openServer();
  const response = await fetch(server.url);
  server.opened[0]?.send({ event: 'last', data: {} });
  server.opened[0]?.end();
  server.opened[0]?.end();
  expect(await response.text()).toContain('event: last');
  expect(server.opened[0]?.isOpen).toBe(false);
});

test('its owner hears of a client that has gone', async () => {
  await using server = await openServer();
  const gone = new AbortController();
  await fetch(server.url, { signal: gone.signal });
  let closed = 0;
  server.opened[0]?.onClosed(() => (closed += 1));
  gone.abort();
  await expect.poll(() => closed, soon).toBe(1);
  expect(server.opened[0]?.isOpen).toBe(false);
  server.opened[0]?.onClosed(() => (closed += 1));
  expect(closed).toBe(2);
});

test('a client that does not read is cut off, and costs no more memory than allowed', async () => {
  await using server = await openServer({ longestBacklog: 10_000 });
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.pause();
  socket.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
  await expect.poll(() => server.opened.length, soon).toBe(1);
  await expect
    .poll(() => {
      for (let index = 0; index < 100; index += 1) server.opened[0]?.send({ event: 'much', data: 'x'.repeat(5_000) });
      return server.opened[0]?.isOpen;
    }, soon)
    .toBe(false);
  socket.destroy();
});
