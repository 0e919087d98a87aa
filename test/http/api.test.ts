import { Writable } from 'node:stream';
import { pino } from 'pino';
import request from 'supertest';
import Schema from 'typebox/schema';
import { expect, test } from 'vitest';
import { readHost } from '../../src/config/host.ts';
import { LivedTime } from '../fixtures/lived-time.ts';
import { NativePlayer, NativePublisher } from '../fixtures/native-peer.ts';
import { type ApiDescription, operationsOf, readDescription } from '../fixtures/openapi.ts';
import { type ConfiguredGateway, openConfigured } from './configured-gateway.ts';

const soon = { interval: 50 };

const aDate: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
const aSessionId: unknown = expect.stringMatching(/^[0-9a-f]{12}$/);

async function read({ url }: ConfiguredGateway, path: string): Promise<unknown> {
  const response = await request(url).get(`/api/v1${path}`);
  expect(response.status).toBe(200);
  return response.body;
}

/** Pushes the stream to where nobody is, under the name `mine`. */
async function addTarget({ url }: ConfiguredGateway): Promise<void> {
  const target = { kind: 'rtmp', name: 'mine', url: 'rtmp://127.0.0.1:1/live', key: 'a-key' };
  const response = await request(url).post('/api/v1/streams/show/egresses').send(target);
  expect(response.status).toBe(201);
}

/** The id by which operators call the one viewer. */
async function viewerOf(gateway: ConfiguredGateway): Promise<string> {
  const sessions = await gateway.registry.sessions();
  return sessions.find(({ kind }) => kind === 'subscribe')?.id ?? '';
}

/** A live stream with one viewer that gets packets. */
async function openStream(gateway: ConfiguredGateway) {
  const publisher = await NativePublisher.open(`${gateway.url}/whip/show`);
  await expect.poll(async () => read(gateway, '/streams'), soon).toMatchObject([{ state: 'live' }]);
  const player = await NativePlayer.open(`${gateway.url}/whep/show`);
  await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(5);
  return {
    publisher,
    player,
    [Symbol.asyncDispose]: async () => {
      await player[Symbol.asyncDispose]();
      await publisher[Symbol.asyncDispose]();
    },
  };
}

test('a stream shows its publisher without address and secret', async () => {
  await using gateway = await openConfigured();
  await using stream = await openStream(gateway);
  const detail = await read(gateway, '/streams/show');
  expect(detail).toMatchObject({
    streamId: 'show',
    state: 'live',
    since: aDate,
    subscribers: 1,
    publisher: { id: aSessionId, userAgent: 'libdatachannel', connected: true, since: aDate },
    tracks: [
      { kind: 'video', codec: 'VP8' },
      { kind: 'audio', codec: 'opus' },
    ],
  });
  expect(JSON.stringify(detail)).not.toContain('127.0.0.1');
  expect(JSON.stringify(detail)).not.toContain(stream.publisher.session.location.split('/').at(-1));
});

test('sessions show what flows, and nothing that would give somebody the session', async () => {
  await using gateway = await openConfigured();
  await using stream = await openStream(gateway);
  await expect
    .poll(async () => read(gateway, '/sessions'), soon)
    .toMatchObject([
      { id: aSessionId, kind: 'publish', stream: 'show', connected: true, since: aDate, loss: 0 },
      { id: aSessionId, kind: 'subscribe', stream: 'show', connected: true, since: aDate },
    ]);
  await expect
    .poll(async () => (await read(gateway, '/sessions')) as { bitrate: number }[], soon)
    .toSatisfy((sessions: readonly { bitrate: number }[]) => sessions.every(({ bitrate }) => bitrate > 10_000));
  const text = JSON.stringify(await read(gateway, '/sessions'));
  for (const { session } of [stream.publisher, stream.player]) expect(text).not.toContain(session.location.split('/').at(-1));
  expect(await read(gateway, '/sessions?stream=other')).toEqual([]);
  expect(await read(gateway, '/sessions?stream=show')).toHaveLength(2);
});

test('a kicked publisher gets a DTLS alert within a second, its session is gone, its viewers stay', async () => {
  await using gateway = await openConfigured();
  await using stream = await openStream(gateway);
  const closed: unknown[] = [];
  gateway.registry.observer.on('closed', ({ kind }, { ending }) => closed.push([kind, ending]));
  using lived = new LivedTime();
  expect((await request(gateway.url).delete('/api/v1/streams/show')).status).toBe(204);
  await expect.poll(() => stream.publisher.states.at(-1), soon).toBe('closed');
  expect(lived.ms).toBeLessThan(1000);
  expect(closed).toEqual([['publish', 'kicked']]);
  expect((await fetch(stream.publisher.session.location)).status).toBe(404);
  expect(stream.player.state).toBe('connected');
  const again = await request(gateway.url).delete('/api/v1/streams/show');
  expect([again.status, again.body]).toMatchObject([404, { code: 'ERR_SESSION_NOT_FOUND' }]);
});

test('a kicked viewer gets a DTLS alert within a second, the stream goes on, and the log tells who did it', async () => {
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  await using gateway = await openConfigured({}, { logger: pino({ level: 'info' }, sink) });
  await using stream = await openStream(gateway);
  const viewer = await viewerOf(gateway);
  using lived = new LivedTime();
  expect((await request(gateway.url).delete(`/api/v1/sessions/${viewer}`)).status).toBe(204);
  await expect.poll(() => stream.player.states.at(-1), soon).toBe('closed');
  expect(lived.ms).toBeLessThan(1000);
  expect(await read(gateway, '/streams')).toMatchObject([{ state: 'live', subscribers: 0 }]);
  const audits = lines.filter((line) => line.includes('"audit"')).map((line): unknown => JSON.parse(line));
  expect(audits).toMatchObject([{ audit: 'kick', sessionId: viewer, kind: 'subscribe', streamId: 'show', operatorAddress: '127.0.0.1' }]);
});

test.for([
  ['GET', '/streams/nothing', 'ERR_STREAM_NOT_FOUND'],
  ['DELETE', '/streams/nothing', 'ERR_STREAM_NOT_FOUND'],
  ['GET', '/streams/no%20name', 'ERR_STREAM_ID_INVALID'],
  ['DELETE', '/sessions/000000000000', 'ERR_SESSION_NOT_FOUND'],
] as const)('%s %s is 404 with %s', async ([method, path, code]) => {
  await using gateway = await openConfigured();
  const response = await fetch(`${gateway.url}/api/v1${path}`, { method });
  expect(response.status).toBe(404);
  expect(response.headers.get('Content-Type')).toBe('application/problem+json');
  expect(await response.json()).toMatchObject({ status: 404, code });
});

test('the secret of a session is no name for it here', async () => {
  await using gateway = await openConfigured();
  await using publisher = await NativePublisher.open(`${gateway.url}/whip/show`);
  const secret = publisher.session.location.split('/').at(-1) ?? '';
  expect((await fetch(`${gateway.url}/api/v1/sessions/${secret}`, { method: 'DELETE' })).status).toBe(404);
});

test('the node tells its version, its workers and what its kernel grants', async () => {
  await using gateway = await openConfigured({ SLUICE_RTC_WORKERS: '2' });
  expect(await read(gateway, '/node')).toMatchObject({
    status: 'ok',
    node: process.version,
    workers: [{ id: 0 }, { id: 1 }],
    host: { cores: 1, mediaAddresses: ['127.0.0.1'], wantedSocketBufferBytes: 4_194_304 },
  });
});

test('the description is OpenAPI 3.1 without loose ends', async () => {
  await using gateway = await openConfigured();
  const description = await readDescription(gateway.url);
  expect(description.openapi).toMatch(/^3\.1\.\d+$/);
  const operations = operationsOf(description);
  const ids = operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { path, parameters, responses, summary } of operations) {
    expect(summary).toMatch(/^[A-Z].*\.$/);
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(inPath);
    for (const { description: text, schemas } of responses) {
      expect(text).not.toBe('');
      for (const schema of schemas) expect(() => Schema.Compile(schema)).not.toThrow();
    }
  }
  expect(JSON.stringify(description)).not.toContain('"$ref"');
});

test('the description names every URL and method of the API, and no other', async () => {
  await using gateway = await openConfigured();
  const operations = operationsOf(await readDescription(gateway.url));
  expect(operations.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual([
    'DELETE /api/v1/recordings/{id}',
    'DELETE /api/v1/sessions/{id}',
    'DELETE /api/v1/streams/{stream}',
    'DELETE /api/v1/streams/{stream}/egresses/{id}',
    'GET /api/v1/events',
    'GET /api/v1/node',
    'GET /api/v1/recordings',
    'GET /api/v1/recordings/{id}',
    'GET /api/v1/recordings/{id}/file',
    'GET /api/v1/sessions',
    'GET /api/v1/streams',
    'GET /api/v1/streams/{stream}',
    'GET /api/v1/streams/{stream}/egresses',
    'GET /api/v1/streams/{stream}/egresses/{id}',
    'GET /api/v1/streams/{stream}/tap',
    'POST /api/v1/streams/{stream}/egresses',
  ]);
  for (const path of new Set(operations.map((operation) => operation.path))) {
    const allow = (await request(gateway.url).options(path.replaceAll(/\{\w+\}/g, 'x'))).get('Allow')?.split(', ') ?? [];
    const methods = operations.filter((operation) => operation.path === path).map(({ method }) => method);
    expect(allow.filter((method) => method !== 'HEAD' && method !== 'OPTIONS')).toEqual(methods);
  }
});

test.for(['/streams', '/streams/{stream}', '/streams/{stream}/egresses', '/streams/{stream}/egresses/{id}', '/sessions', '/node'])(
  'what GET %s answers is what its schema says',
  async (path) => {
    await using gateway = await openConfigured({}, readHost(process.env));
    await using _stream = await openStream(gateway);
    const description: ApiDescription = await readDescription(gateway.url);
    const operation = operationsOf(description).find((entry) => entry.path === `/api/v1${path}` && entry.method === 'GET');
    const schema = operation?.responses.find(({ status }) => status === '200')?.schemas[0];
    await addTarget(gateway);
    const body = await read(gateway, path.replace('{stream}', 'show').replace('{id}', 'rtmp-mine'));
    expect(body).not.toEqual([]);
    const [, errors] = Schema.Errors(strictly(schema), body);
    expect(errors).toEqual([]);
  },
);

/** The schema with `additionalProperties: false` everywhere, so that fields without a description are found. */
function strictly(schema: unknown): object {
  const close = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(close);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, child]) => [key, close(child)] as const);
    const isObject = 'properties' in value && 'type' in value && value.type === 'object';
    return { ...Object.fromEntries(entries), ...(isObject ? { additionalProperties: false } : {}) };
  };
  const result = close(schema);
  if (typeof result !== 'object' || result === null) throw new TypeError('there is no schema');
  return result;
}
