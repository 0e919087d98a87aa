import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as base } from 'vitest';
import { readHost } from '../../src/config/host.ts';
import { NativePublisher } from '../fixtures/native-peer.ts';
import { listenToEvents } from '../fixtures/sse.ts';
import { type ConfiguredGateway, openConfigured } from './configured-gateway.ts';

/** With a gateway for those that leave it as it was. */
const test = base.extend('shared', { scope: 'file' }, async ({}, { onCleanup }) => {
  const gateway = await openConfigured({}, readHost(process.env));
  onCleanup(async () => gateway.close());
  return gateway;
});

const soon = { interval: 50 };

const aDate: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
const target = { kind: 'rtmp', name: 'mine', url: 'rtmp://127.0.0.1:1/live', key: 'a-secret-key' };

const urlOf = ({ url }: ConfiguredGateway) => `${url}/api/v1/streams/show/egresses`;

async function post(gateway: ConfiguredGateway, body: unknown, type = 'application/json'): Promise<Response> {
  return fetch(urlOf(gateway), {
    method: 'POST',
    headers: { 'Content-Type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

async function list(gateway: ConfiguredGateway): Promise<unknown> {
  return (await fetch(urlOf(gateway))).json();
}

/** What the API shows of {@link target} before its stream is live. */
const waiting = {
  id: 'rtmp-mine',
  kind: 'rtmp',
  streamId: 'show',
  state: 'waiting',
  since: aDate,
  reason: 'publisher',
  details: { name: 'mine', url: target.url, attempts: 0, sentBytes: 0, backlogBytes: 0, warnings: [] },
};

test('a target is added, shown and removed, and its key is nowhere', async () => {
  await using gateway = await openConfigured({}, readHost(process.env));
  expect(await list(gateway)).toEqual([]);
  const created = await post(gateway, target);
  expect([created.status, await created.json()]).toEqual([201, waiting]);
  const location = created.headers.get('Location') ?? '';
  expect(location).toBe(`${urlOf(gateway)}/rtmp-mine`);
  expect(await list(gateway)).toEqual([waiting]);
  expect(await (await fetch(location)).json()).toEqual(waiting);
  expect((await fetch(location, { method: 'DELETE' })).status).toBe(204);
  expect(await list(gateway)).toEqual([]);
  for (const method of ['GET', 'DELETE']) {
    const gone = await fetch(location, { method });
    expect([gone.status, await gone.json()]).toMatchObject([404, { code: 'ERR_EGRESS_NOT_FOUND' }]);
  }
});

test.for([
  ['no JSON', '{', 400, 'ERR_REQUEST_INVALID'],
  ['no kind', {}, 400, 'ERR_REQUEST_INVALID'],
  ['an unknown kind', { ...target, kind: 'srt' }, 400, 'ERR_REQUEST_INVALID'],
  ['no key', { ...target, key: undefined }, 400, 'ERR_REQUEST_INVALID'],
  ['an unknown member', { ...target, stream: 'x' }, 400, 'ERR_REQUEST_INVALID'],
  ['a name with spaces', { ...target, name: 'my target' }, 400, 'ERR_REQUEST_INVALID'],
  ['no RTMP', { ...target, url: 'https://host/live' }, 422, 'ERR_EGRESS_TARGET_INVALID'],
  ['a key with a line break', { ...target, key: 'a\nb' }, 422, 'ERR_EGRESS_TARGET_INVALID'],
] as const)('a POST with %s is refused without repeating the key', async ([, body, status, code], { shared }) => {
  const response = await post(shared, body);
  const text = await response.text();
  expect([response.status, JSON.parse(text)]).toMatchObject([status, { code }]);
  expect(text).not.toContain(target.key);
});

test('a POST of another type is 415, of a name that is taken 409, of a stream that cannot be 404', async () => {
  await using gateway = await openConfigured({}, readHost(process.env));
  expect((await post(gateway, target, 'text/plain')).status).toBe(415);
  expect((await post(gateway, target)).status).toBe(201);
  const again = await post(gateway, target);
  expect([again.status, await again.json()]).toMatchObject([409, { code: 'ERR_EGRESS_EXISTS' }]);
  expect((await fetch(`${gateway.url}/api/v1/streams/no%20name/egresses`)).status).toBe(404);
});

test('without FFmpeg a POST is 503 and says so', async () => {
  await using gateway = await openConfigured();
  const response = await post(gateway, target);
  expect([response.status, await response.json()]).toMatchObject([503, { code: 'ERR_EGRESS_UNAVAILABLE' }]);
});

test('a live stream is recorded from a POST to its DELETE', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-recordings-'));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rmSync(folder, { recursive: true }));
  const gateway = cleanup.use(await openConfigured({ SLUICE_EGRESS_RECORD_DIRECTORY: folder }, readHost(process.env)));
  const none = await post(gateway, { kind: 'record' });
  expect([none.status, await none.json()]).toMatchObject([404, { code: 'ERR_STREAM_NOT_FOUND' }]);
  await using _publisher = await NativePublisher.open(`${gateway.url}/whip/show`);
  await expect.poll(() => gateway.registry.counts().live, soon).toBe(1);
  const started = await post(gateway, { kind: 'record' });
  expect([started.status, await started.json()]).toMatchObject([201, { kind: 'record', streamId: 'show' }]);
  const again = await post(gateway, { kind: 'record' });
  expect([again.status, await again.json()]).toMatchObject([409, { code: 'ERR_RECORDING_ACTIVE' }]);
  expect((await fetch(started.headers.get('Location') ?? '', { method: 'DELETE' })).status).toBe(204);
  expect(await list(gateway)).toEqual([]);
});

test('a live stream is packaged as HLS from a POST to its DELETE, though nobody watches', async () => {
  await using gateway = await openConfigured({ SLUICE_EGRESS_HLS_LINGER: '0s' }, readHost(process.env));
  const none = await post(gateway, { kind: 'hls' });
  expect([none.status, await none.json()]).toMatchObject([404, { code: 'ERR_STREAM_NOT_FOUND' }]);
  await using _publisher = await NativePublisher.open(`${gateway.url}/whip/show`, { codec: 'H264' });
  await expect.poll(() => gateway.registry.counts().live, soon).toBe(1);
  const started = await post(gateway, { kind: 'hls' });
  expect([started.status, await started.json()]).toMatchObject([201, { id: 'hls', kind: 'hls', state: 'starting' }]);
  const again = await post(gateway, { kind: 'hls' });
  expect([again.status, await again.json()]).toMatchObject([409, { code: 'ERR_EGRESS_EXISTS' }]);
  const since = Date.now();
  await expect.poll(() => Date.now() - since, soon).toBeGreaterThan(1_500); // longer than it looks whether anybody watches
  expect(await list(gateway)).toMatchObject([{ id: 'hls' }]);
  expect((await fetch(started.headers.get('Location') ?? '', { method: 'DELETE' })).status).toBe(204);
  expect(await list(gateway)).toEqual([]);
});

test('a stream that is not to be HLS is not packaged by a POST either', async () => {
  await using gateway = await openConfigured({ SLUICE_STREAMS_DEFAULT_HLS: 'off' }, readHost(process.env));
  const response = await post(gateway, { kind: 'hls' });
  expect([response.status, await response.json()]).toMatchObject([404, { code: 'ERR_HLS_DISABLED' }]);
});

test('a restart makes outputs again: a target for ever, what belongs to a life of its stream if that comes back in time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-state-'));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rmSync(folder, { recursive: true }));
  const open = async (grace: string): Promise<ConfiguredGateway> =>
    openConfigured(
      {
        SLUICE_EGRESS_STATE_DIRECTORY: join(folder, 'state'),
        SLUICE_EGRESS_RECORD_DIRECTORY: join(folder, 'recordings'),
        SLUICE_STREAMS_DEFAULT_GRACE: grace,
      },
      readHost(process.env),
    );
  const kept = () => readFileSync(join(folder, 'state', 'egresses.json'), 'utf8');
  const ids = async (gateway: ConfiguredGateway) => ((await list(gateway)) as { id: string }[]).map(({ id }) => id).toSorted();
  {
    await using first = await open('60s');
    await using _publisher = await NativePublisher.open(`${first.url}/whip/show`, { codec: 'H264' });
    await expect.poll(() => first.registry.counts().live, soon).toBe(1);
    for (const body of [target, { kind: 'record' }, { kind: 'hls' }]) expect((await post(first, body)).status).toBe(201);
  }
  {
    await using second = await open('60s');
    expect(await ids(second)).toEqual(['hls', 'record', 'rtmp-mine']);
    expect(await list(second)).toMatchObject([{ state: 'waiting' }, { state: 'waiting' }, { state: 'waiting' }]);
    await using _publisher = await NativePublisher.open(`${second.url}/whip/show`, { codec: 'H264' });
    await expect.poll(() => second.registry.counts().live, soon).toBe(1);
    expect(await ids(second)).toEqual(['hls', 'record', 'rtmp-mine']);
  }
  expect(kept()).toContain('"hls"');
  await using third = await open('500ms');
  await expect.poll(async () => ids(third), soon).toEqual(['rtmp-mine']);
  await expect.poll(kept, soon).not.toContain('"hls"');
  expect(kept()).toContain(target.key);
  expect((await fetch(`${urlOf(third)}/rtmp-mine`, { method: 'DELETE' })).status).toBe(204);
  expect(kept()).not.toContain(target.key);
});

test('operators of the stream may, others may not', async () => {
  await using gateway = await openConfigured({ SLUICE_AUTH_MODE: 'keys', SLUICE_AUTH_KEYS_PLAY: 'a-key-of-a-viewer' });
  for (const [token, status] of [
    ['', 401],
    ['a-key-of-a-viewer', 403],
  ] as const) {
    const headers = token === '' ? {} : { Authorization: `Bearer ${token}` };
    expect((await fetch(urlOf(gateway), { headers })).status).toBe(status);
    expect((await fetch(`${urlOf(gateway)}/rtmp-mine`, { method: 'DELETE', headers })).status).toBe(status);
    expect((await fetch(urlOf(gateway), { method: 'POST', headers, body: '{}' })).status).toBe(status);
  }
});

test('events tell of outputs, late listeners what there is, and metrics count', async () => {
  await using gateway = await openConfigured({}, readHost(process.env));
  using listener = await listenToEvents(`${gateway.url}/api/v1/events`);
  await post(gateway, target);
  const added = { event: 'egress', data: { change: 'added', egress: waiting } };
  await expect.poll(() => listener.events, soon).toEqual([added]);
  using late = await listenToEvents(`${gateway.url}/api/v1/events`);
  await expect.poll(() => late.events, soon).toEqual([added]);
  expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain('sluice_rtmp_targets{state="waiting"} 1');
  await fetch(`${urlOf(gateway)}/rtmp-mine`, { method: 'DELETE' });
  await expect.poll(() => listener.events.at(-1), soon).toMatchObject({ event: 'egress', data: { change: 'removed' } });
});

test('a target of the configuration is there while its stream is', async () => {
  const yaml = `egress:\n  rtmp:\n    targets:\n      - { match: sh*, name: archive, url: 'rtmp://127.0.0.1:1/live', keyFile: /nowhere }\n`;
  await using gateway = await openConfigured({ SLUICE_STREAMS_DEFAULT_GRACE: '500ms' }, { yaml });
  expect(await list(gateway)).toEqual([]);
  await using publisher = await NativePublisher.open(`${gateway.url}/whip/show`);
  await expect.poll(async () => list(gateway), soon).toMatchObject([{ id: 'rtmp-archive', kind: 'rtmp' }]);
  await fetch(publisher.session.location, { method: 'DELETE' });
  await expect.poll(async () => list(gateway), soon).toEqual([]);
});
