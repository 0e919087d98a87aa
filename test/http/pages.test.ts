import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { test as base, expect } from 'vitest';
import { openTestGateway, type TestGateway } from '../fixtures/gateway.ts';

const files = {
  'index.html': '<title>index',
  'recordings.html': '<title>recordings',
  'publish.html': '<title>publish',
  'watch.html': '<title>watch',
  'style.css': 'a{}',
  'player.js': 'export {}',
};

const test = base.extend<{ gateway: TestGateway }>({
  gateway: async ({}, use) => {
    const webRoot = mkdtempSync(join(tmpdir(), 'sluice-web-'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(webRoot, name), text);
    {
      await using gateway = await openTestGateway({ webRoot });
      await use(gateway);
    }
    rmSync(webRoot, { recursive: true });
  },
});

test.for([
  ['/', 'text/html', '<title>index'],
  ['/recordings', 'text/html', '<title>recordings'],
  ['/publish/show', 'text/html', '<title>publish'],
  ['/watch/show', 'text/html', '<title>watch'],
  ['/web/style.css', 'text/css', 'a{}'],
  ['/web/player.js', 'javascript', 'export {}'],
] as const)('%s is served as %s', async ([path, type, text], { gateway }) => {
  const response = await request(gateway.url).get(path).buffer(true);
  expect(response.status).toBe(200);
  expect(response.headers['content-type']).toContain(type);
  expect(response.text).toBe(text);
  expect(response.headers['content-security-policy']).toContain("default-src 'self'");
  expect(response.headers['x-content-type-options']).toBe('nosniff');
});

test('an asset that a browser has is not sent again', async ({ gateway }) => {
  const { headers } = await request(gateway.url).get('/web/player.js');
  const again = await request(gateway.url)
    .get('/web/player.js')
    .set('If-None-Match', headers['etag'] ?? '');
  expect(again.status).toBe(304);
});

test.for(['/web/', '/web/missing.js', '/web/..%2fpackage.json', '/watch/a.b', '/watch'])('%s is 404', async (path, { gateway }) => {
  expect((await request(gateway.url).get(path)).status).toBe(404);
});

test('modules can be imported by pages of other origins', async ({ gateway }) => {
  expect((await request(gateway.url).get('/web/player.js')).headers['access-control-allow-origin']).toBe('*');
});

test('pages are read only', async ({ gateway }) => {
  expect((await request(gateway.url).post('/watch/show')).status).toBe(405);
});

test.for([
  ['/watch/show/', '/watch/show'],
  ['/publish/show/?source=pattern&next=/a/', '/publish/show?source=pattern&next=/a/'],
] as const)(
  '%s leads to %s under whatever prefix, because pages name what they need relative to themselves',
  async ([path, target], { gateway }) => {
    const response = await request(gateway.url).get(path);
    expect(response.status).toBe(308);
    expect(new URL(response.get('Location') ?? '', `https://proxy.example/live${path}`).href).toBe(`https://proxy.example/live${target}`);
  },
);
