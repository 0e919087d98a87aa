import { readFileSync } from 'node:fs';
import request from 'supertest';
import Schema from 'typebox/schema';
import { test as base, expect } from 'vitest';
import type { Recording } from '../../src/egress/record/recording.ts';
import { collectFragments, syntheticRun } from '../fixtures/fragments.ts';
import { openTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { operationsOf, readDescription } from '../fixtures/openapi.ts';
import { openDesk, playRun, type RecordingDesk, show, temporaryFolder } from '../fixtures/recording-desk.ts';

interface Served {
  readonly desk: RecordingDesk;
  readonly gateway: TestGateway;
  /** In the order of their parts. */
  readonly recordings: readonly Recording[];
}

/** A gateway with three files of one recording. */
const test = base
  .extend('fragments', { scope: 'file' }, async () => collectFragments({ seconds: 3 }))
  .extend('served', async ({ fragments }, { onCleanup }): Promise<Served> => {
    const folder = temporaryFolder();
    const desk = await openDesk(folder.path, { limits: { durationMs: 1_000, bytes: undefined } });
    const gateway = await openTestGateway({ recordings: desk.recordings });
    onCleanup(async () => {
      await gateway[Symbol.asyncDispose]();
      await desk[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    });
    const output = desk.recordings.start(show);
    playRun(desk.hub, syntheticRun(), fragments);
    await output.stop();
    return { desk, gateway, recordings: desk.recordings.catalogue.all().toSorted((one, other) => one.part - other.part) };
  });

interface Page {
  readonly recordings: readonly { readonly id: string; readonly part: number }[];
  readonly next?: string;
}

async function list({ gateway }: Served, query = ''): Promise<Page> {
  const response = await request(gateway.url).get(`/api/v1/recordings${query}`);
  expect(response.status).toBe(200);
  return response.body as Page;
}

const partsIn = ({ recordings }: Page) => recordings.map(({ part }) => part);

test('recordings are listed, newest first, as their schema says', async ({ served }) => {
  const page = await list(served);
  expect(page).toMatchObject({
    recordings: [{ part: 3 }, { part: 2 }, { part: 1, stream: 'show', state: 'complete', container: 'mp4', video: { height: 180 } }],
  });
  const operation = operationsOf(await readDescription(served.gateway.url)).find(({ operationId }) => operationId === 'listRecordings');
  const [, errors] = Schema.Errors(operation?.responses[0]?.schemas[0] ?? {}, page);
  expect(errors).toEqual([]);
});

test('the list is filtered and comes in pages', async ({ served }) => {
  expect(partsIn(await list(served, '?stream=other'))).toEqual([]);
  expect(partsIn(await list(served, '?stream=show&state=complete'))).toEqual([3, 2, 1]);
  expect(partsIn(await list(served, '?state=recording'))).toEqual([]);
  const second = served.recordings[1]?.startedAt.toISOString() ?? '';
  expect(partsIn(await list(served, `?from=${second}`))).toEqual([3, 2]);
  expect(partsIn(await list(served, `?until=${second}`))).toEqual([1]);
  const first = await list(served, '?limit=2');
  expect(partsIn(first)).toEqual([3, 2]);
  const rest = await list(served, `?limit=2&after=${first.next ?? ''}`);
  expect([partsIn(rest), rest.next]).toEqual([[1], undefined]);
});

test.for(['?limit=0', '?limit=x', '?state=gone', '?from=yesterday'])('%s is refused with 400', async (query, { served }) => {
  expect((await request(served.gateway.url).get(`/api/v1/recordings${query}`)).status).toBe(400);
});

test('a file is served with its type, its size and in ranges', async ({ served }) => {
  const { desk, gateway, recordings } = served;
  const [recording] = recordings;
  if (recording === undefined) throw new Error('nothing was recorded');
  const url = `${gateway.url}/api/v1/recordings/${recording.id}/file`;
  const file = readFileSync(desk.recordings.catalogue.fileOf(recording));
  const headersOf = (response: Response) => Object.fromEntries(response.headers);

  const whole = await fetch(url);
  expect(whole.status).toBe(200);
  expect(headersOf(whole)).toMatchObject({ 'content-type': 'video/mp4', 'content-length': `${recording.bytes}`, 'accept-ranges': 'bytes' });
  expect(whole.headers.get('content-disposition')).toMatch(/^inline; filename="[\w-]+\.mp4"$/);
  expect(file.equals(Buffer.from(await whole.arrayBuffer()))).toBe(true);

  const range = await fetch(url, { headers: { Range: 'bytes=100-199' } });
  expect([range.status, range.headers.get('content-range')]).toEqual([206, `bytes 100-199/${file.length}`]);
  expect(file.subarray(100, 200).equals(Buffer.from(await range.arrayBuffer()))).toBe(true);

  const head = await fetch(url, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, `${file.length}`]);
  const beyond = await fetch(url, { headers: { Range: 'bytes=99999999-' } });
  expect([beyond.status, await beyond.json()]).toMatchObject([416, { code: 'ERR_RANGE_INVALID' }]);
});

test('a recording is deleted, with its file', async ({ served }) => {
  const [recording] = served.recordings;
  const url = `/api/v1/recordings/${recording?.id ?? ''}`;
  expect((await request(served.gateway.url).delete(url)).status).toBe(204);
  expect((await request(served.gateway.url).get(url)).body).toMatchObject({ status: 404, code: 'ERR_RECORDING_NOT_FOUND' });
  expect((await request(served.gateway.url).get(`${url}/file`)).status).toBe(404);
  expect(partsIn(await list(served))).toEqual([3, 2]);
});

test('what is being written can neither be had nor deleted', async ({ served, fragments }) => {
  const { desk, gateway } = served;
  const output = desk.recordings.start(show);
  desk.hub.startRun(syntheticRun({}, 2));
  for (const fragment of fragments.slice(0, 5)) desk.hub.push(fragment);
  await expect.poll(async () => (await list(served, '?state=recording')).recordings).toHaveLength(1);
  const [growing] = (await list(served, '?state=recording')).recordings;
  for (const [method, path] of [
    ['DELETE', ''],
    ['GET', '/file'],
  ] as const) {
    const response = await fetch(`${gateway.url}/api/v1/recordings/${growing?.id ?? ''}${path}`, { method });
    expect([response.status, await response.json()]).toMatchObject([409, { code: 'ERR_RECORDING_ACTIVE' }]);
  }
  await output.stop();
});

test.for(['/api/v1/recordings/..%2f..%2fetc%2fpasswd/file', '/api/v1/recordings/0000000000000000/file', '/api/v1/recordings/%00'])(
  '%s is 404',
  async (path, { served }) => {
    expect((await request(served.gateway.url).get(path)).status).toBe(404);
  },
);

test('metrics tell what is recorded', async ({ served }) => {
  const text = (await request(served.gateway.url).get('/metrics')).text;
  expect(text).toMatch(/^sluice_recordings 0$/m);
  expect(text).toMatch(/^sluice_recordings_kept 3$/m);
  expect(text).toMatch(/^sluice_recordings_kept_bytes [1-9]\d{4,}$/m);
  expect(text).toMatch(/^sluice_recording_written_bytes_total [1-9]\d{4,}$/m);
  expect(text).toMatch(/^sluice_recording_disk_available_bytes [1-9]\d{6,}/m);
  expect(text).toMatch(/^sluice_recording_uploads_waiting 0$/m);
});
