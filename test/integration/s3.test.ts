import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { test as base, expect, vi } from 'vitest';
import type { StoreError } from '../../src/egress/storage/object-store.ts';
import { S3Store } from '../../src/egress/storage/s3-store.ts';
import { type FileUpload, uploadFile } from '../../src/egress/storage/upload-file.ts';
import { UploadQueue } from '../../src/egress/storage/upload-queue.ts';
import { type Fault, FaultyProxy, type SeenRequest } from '../fixtures/faulty-proxy.ts';
import { bucket, credentials, hasS3Server, S3Server } from '../fixtures/s3-server.ts';

const partBytes = 5 * 2 ** 20;
const never = new AbortController().signal;

const test = base
  .extend('server', { scope: 'file' }, async ({}, { onCleanup }) => {
    const server = hasS3Server ? await S3Server.open() : undefined;
    onCleanup(async () => server?.[Symbol.asyncDispose]());
    return server;
  })
  .extend('s3', ({ server, skip }) => server ?? skip('there is no S3 server here'))
  .extend('folder', ({}, { onCleanup }) => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-upload-'));
    onCleanup(() => rmSync(folder, { recursive: true }));
    return folder;
  });

/** A file of random bytes, as something to upload. */
function fileOf(folder: string, bytes: number): { readonly content: Buffer; readonly file: FileUpload } {
  const content = randomBytes(bytes);
  const key = `show/${content.subarray(0, 8).toString('hex')}.mp4`;
  const path = join(folder, 'recording.mp4');
  writeFileSync(path, content);
  return { content, file: { path, bytes, key, mediaType: 'video/mp4', partBytes, begun: undefined } };
}

const openStore = async (endpoint: string, changes: object = {}) =>
  S3Store.open({ bucket, endpoint, region: undefined, pathStyle: true, credentials, ...changes });

const hooks = { begun: async () => undefined, sent: () => undefined, signal: never };

test.for([
  ['in one piece', 100_000],
  ['in parts', 2 * partBytes + 12_345],
] as const)('a file that is uploaded %s arrives as it was', async ([, bytes], { s3, folder }) => {
  using store = await openStore(s3.endpoint);
  const { content, file } = fileOf(folder, bytes);
  let sent = 0;
  await uploadFile(store, file, { ...hooks, sent: (count) => (sent += count) });
  expect(sent).toBe(bytes);
  expect(content.equals(await s3.read(file.key))).toBe(true);
});

test.for(['the environment', 'a profile', 'the role of a container', 'the role of a machine', 'a web identity'])(
  'without a key of our own, the one of %s is taken',
  async (source, { s3, folder, onTestFinished }) => {
    const roles = await openRoles();
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      roles.close();
    });
    const [profiles, token] = [join(folder, 'credentials'), join(folder, 'token')];
    const { accessKeyId, secretAccessKey } = credentials;
    writeFileSync(profiles, `[recorder]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`);
    writeFileSync(token, 'who-i-am');
    const environments: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      'the environment': { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
      'a profile': { AWS_SHARED_CREDENTIALS_FILE: profiles, AWS_PROFILE: 'recorder' },
      'the role of a container': { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${roles.url}/container` },
      'the role of a machine': { AWS_EC2_METADATA_SERVICE_ENDPOINT: roles.url },
      'a web identity': {
        AWS_WEB_IDENTITY_TOKEN_FILE: token,
        AWS_ROLE_ARN: 'arn:aws:iam::1:role/recorder',
        AWS_ENDPOINT_URL_STS: roles.url,
      },
    };
    const nothing = { AWS_SHARED_CREDENTIALS_FILE: '/dev/null', AWS_CONFIG_FILE: '/dev/null' };
    for (const [name, value] of Object.entries({ ...nothing, ...environments[source] })) vi.stubEnv(name, value);
    using store = await openStore(s3.endpoint, { credentials: undefined });
    const { content, file: upload } = fileOf(folder, 1_000);
    await uploadFile(store, upload, hooks);
    expect(content.equals(await s3.read(upload.key))).toBe(true);
  },
);

/** What containers, machines and holders of tokens ask for credentials. */
async function openRoles(): Promise<{ readonly url: string; close(): void }> {
  const { accessKeyId, secretAccessKey } = credentials;
  const expiration = new Date(Date.now() + 3_600_000).toISOString();
  const role = JSON.stringify({
    ...{ Code: 'Success', AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: 'a-token', Expiration: expiration },
  });
  const metadata = '/latest/meta-data/iam/security-credentials/';
  const answers: Readonly<Record<string, string>> = {
    'GET /container': role,
    'PUT /latest/api/token': 'a-session',
    [`GET ${metadata}`]: 'recorder',
    [`GET ${metadata}recorder`]: role,
    'POST /': `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>
      <AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey><SessionToken>a-token</SessionToken>
      <Expiration>${expiration}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
  };
  const server = createServer((request, response) => {
    const answer = answers[`${request.method} ${request.url}`];
    request.resume();
    response.writeHead(answer === undefined ? 404 : 200).end(answer);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

test('an upload that was interrupted goes on with the part that is missing', async ({ s3, folder }) => {
  const { content, file } = fileOf(folder, 3 * partBytes);
  await using proxy = await FaultyProxy.open(s3.endpoint, ({ url }) =>
    url.includes('partNumber=2') ? { cutAfter: 1_000_000 } : undefined,
  );
  using unlucky = await openStore(proxy.url);
  let begun: FileUpload['begun'];
  const kept = { ...hooks, begun: async (upload: NonNullable<FileUpload['begun']>) => void (begun = upload) };
  await expect(uploadFile(unlucky, file, kept)).rejects.toMatchObject({ failure: 'unreachable' });
  expect(begun).toMatchObject({ partBytes });

  await using witness = await FaultyProxy.open(s3.endpoint, () => undefined);
  using store = await openStore(witness.url);
  await uploadFile(store, { ...file, begun }, hooks);
  expect(partsIn(witness.seen)).toEqual(['2', '3']);
  expect(content.equals(await s3.read(file.key))).toBe(true);
  expect(await s3.unfinishedUploads()).toEqual([]);
});

test('uploads whose beginning was not heard of are none that the bucket keeps', async ({ s3, folder }) => {
  const { content, file } = fileOf(folder, partBytes + 1);
  let beginnings = 0;
  await using proxy = await FaultyProxy.open(s3.endpoint, ({ method, url }) =>
    method === 'POST' && url.includes('uploads') && ++beginnings <= 4 ? { loses: 'the answer' } : undefined,
  );
  using store = await openStore(proxy.url);
  let begun: FileUpload['begun'];
  const kept = { ...hooks, begun: async (upload: NonNullable<FileUpload['begun']>) => void (begun = upload) };
  await expect(uploadFile(store, file, kept)).rejects.toMatchObject({ failure: 'unreachable' });
  expect(begun).toEqual({ uploadId: undefined, partBytes });
  expect(await s3.unfinishedUploads()).toHaveLength(3);
  await uploadFile(store, { ...file, begun }, kept); // the first attempt of this one is lost, too
  expect(beginnings).toBe(5);
  expect(content.equals(await s3.read(file.key))).toBe(true);
  expect(await s3.unfinishedUploads()).toEqual([]);
});

test('an upload whose completion was not heard of is not sent again', async ({ s3, folder }) => {
  using store = await openStore(s3.endpoint);
  const { file } = fileOf(folder, partBytes + 1);
  let begun: FileUpload['begun'];
  await uploadFile(store, file, { ...hooks, begun: async (upload) => void (begun = upload) });
  await using witness = await FaultyProxy.open(s3.endpoint, () => undefined);
  using again = await openStore(witness.url);
  await uploadFile(again, { ...file, begun }, hooks);
  expect(partsIn(witness.seen)).toEqual([]);
});

test('an upload that the bucket has forgotten begins anew', async ({ s3, folder }) => {
  using store = await openStore(s3.endpoint);
  const { content, file } = fileOf(folder, partBytes + 1);
  await uploadFile(store, { ...file, begun: { uploadId: 'Zm9yZ290dGVu', partBytes } }, hooks);
  expect(content.equals(await s3.read(file.key))).toBe(true);
});

test.for([
  ['a wrong secret', { credentials: { ...credentials, secretAccessKey: 'wrong' } }, 'denied'],
  ['a wrong key', { credentials: { ...credentials, accessKeyId: 'nobody:here' } }, 'denied'],
  ['a bucket that is not there', { bucket: 'not-there' }, 'no-bucket'],
  ['a server that is not there', { endpoint: 'http://127.0.0.1:9' }, 'unreachable'],
] as const)('%s is told as what it is, without secrets', async ([, changes, failure], { s3, folder }) => {
  using store = await openStore(s3.endpoint, changes);
  const error: unknown = await uploadFile(store, fileOf(folder, 1_000).file, hooks).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: 'StoreError', failure });
  expect((error as StoreError).message).not.toMatch(/testing|wrong|tester|nobody/);
});

test('a file that has become shorter is not uploaded', async ({ s3, folder }) => {
  using store = await openStore(s3.endpoint);
  const { file } = fileOf(folder, 1_000);
  await expect(uploadFile(store, { ...file, bytes: 2_000 }, hooks)).rejects.toMatchObject({ failure: 'file' });
});

test.for([
  [
    'answers 500 for a while',
    (seen: SeenRequest, count: number): Fault => (seen.method === 'PUT' && count <= 5 ? { status: 500 } : undefined),
  ],
  ['answers 503 for a while', (_seen: SeenRequest, count: number): Fault => (count <= 5 ? { status: 503 } : undefined)],
  ['is slow', (): Fault => ({ delayMs: 300 })],
  [
    'cuts the connection in the middle of parts',
    (seen: SeenRequest, count: number): Fault => (seen.method === 'PUT' && count <= 6 ? { cutAfter: 500_000 } : undefined),
  ],
] as const)('the queue gets a file into a bucket that %s', async ([, faultFor], { s3, folder }) => {
  const { content, file } = fileOf(folder, partBytes + 777);
  let count = 0;
  await using proxy = await FaultyProxy.open(s3.endpoint, (seen) => faultFor(seen, ++count));
  using store = await openStore(proxy.url);
  await using queue = new UploadQueue({ logger: pino({ level: 'silent' }), retryDelayMs: () => 50 });
  let begun: FileUpload['begun'];
  queue.add({
    id: 'one',
    bytes: file.bytes,
    run: async ({ sent, signal }) =>
      uploadFile(store, { ...file, begun }, { sent, signal, begun: async (upload) => void (begun = upload) }),
  });
  expect(queue.backlog()).toEqual({ length: 1, bytes: file.bytes });
  await expect.poll(() => queue.backlog(), { timeout: 20_000 }).toEqual({ length: 0, bytes: 0 });
  expect(content.equals(await s3.read(file.key))).toBe(true);
});

const partsIn = (seen: readonly SeenRequest[]) =>
  seen.flatMap(({ method, url }) => (method === 'PUT' ? [new URL(url, 'http://any').searchParams.get('partNumber')] : []));
