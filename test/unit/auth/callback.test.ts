import type { ServerResponse } from 'node:http';
import { expect, test, vi } from 'vitest';
import { openAuthorizer } from '../../../src/auth/authorizer.ts';
import { parseCallbackAnswer } from '../../../src/auth/callback-answer.ts';
import { accessRequest, errorOf, openService, openTestAuthorizer, outcomeOf, recordingLogger, replyJson } from '../../fixtures/auth.ts';

const token = 'a-token-of-the-operator';
const nothing = { streamId: 'show', subject: 'http', expiresAt: undefined, limits: undefined };

/** An authorizer that asks a service, where `reply` tells what it answers. */
async function openAsking(reply: (response: ServerResponse) => void, options: { timeoutMs?: number; cacheMs?: number } = {}) {
  const current = { reply };
  const service = await openService((_request, response) => current.reply(response));
  const { logger, lines } = recordingLogger();
  const auth = await openAuthorizer([{ method: 'http', url: `${service.url}?secret=1`, timeoutMs: 30_000, ...options }], { logger });
  const close = async () => {
    await auth[Symbol.asyncDispose]();
    await service[Symbol.asyncDispose]();
  };
  return { current, service, auth, lines, [Symbol.asyncDispose]: close };
}

const status =
  (code: number, headers = {}) =>
  (response: ServerResponse) =>
    response.writeHead(code, headers).end();

test('the service is told who wants what', async () => {
  await using asking = await openAsking(status(204));
  expect(await asking.auth.authorize(accessRequest({ action: 'publish', token, userAgent: 'OBS' }))).toEqual(nothing);
  await outcomeOf(asking.auth, { action: 'operate', streamId: undefined });
  expect(asking.service.bodies.map((body) => JSON.parse(body) as unknown)).toEqual([
    { action: 'publish', stream: 'show', token, address: '192.0.2.1', userAgent: 'OBS' },
    { action: 'operate', stream: null, token: null, address: '192.0.2.1', userAgent: 'test' },
  ]);
});

test.for([
  ['200 and nothing', status(200), nothing],
  ['200 and text', (response: ServerResponse) => response.end('OK'), nothing],
  ['200 and {}', (response: ServerResponse) => replyJson(response, {}), nothing],
  [
    'who it is',
    (response: ServerResponse) => replyJson(response, { stream: 'show', subject: 'alice', else: 1 }),
    { ...nothing, subject: 'alice' },
  ],
  [
    'limits',
    (response: ServerResponse) => replyJson(response, { maxSessions: 2, maxBitrate: 3e6, subject: null }),
    { ...nothing, limits: { maxSessions: 2, maxBitrate: 3e6 } },
  ],
] as const)('%s grants', async ([, reply, expected]) => {
  await using asking = await openAsking(reply);
  expect(await asking.auth.authorize(accessRequest({ token }))).toEqual(expected);
});

test('a grant may end', async () => {
  await using asking = await openAsking((response) => replyJson(response, { expiresInSeconds: 60 }));
  const startedMs = Date.now();
  const { expiresAt } = await asking.auth.authorize(accessRequest({ token }));
  expect((expiresAt?.getTime() ?? 0) - startedMs).toBeGreaterThanOrEqual(60_000);
  expect((expiresAt?.getTime() ?? 0) - startedMs).toBeLessThan(70_000);
});

const refusals: readonly (readonly [string, (response: ServerResponse) => void, string])[] = [
  ['401', status(401), 'ERR_UNAUTHENTICATED invalid'],
  ['403', status(403), 'ERR_FORBIDDEN'],
  ['404', status(404), 'ERR_FORBIDDEN'],
  ['429', status(429), 'ERR_AUTH_UNAVAILABLE'],
  ['500', status(500), 'ERR_AUTH_UNAVAILABLE'],
  ['a redirect', status(307, { Location: '/elsewhere' }), 'ERR_AUTH_UNAVAILABLE'],
  ['broken JSON', (response) => response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"a'), 'ERR_AUTH_UNAVAILABLE'],
  ['a JSON list', (response) => replyJson(response, []), 'ERR_AUTH_UNAVAILABLE'],
  ['limits that are none', (response) => replyJson(response, { maxSessions: '2' }), 'ERR_AUTH_UNAVAILABLE'],
  ['an endless answer', (response) => response.writeHead(200).end(' '.repeat(20_000)), 'ERR_AUTH_UNAVAILABLE'],
  ['a grant for another stream', (response) => replyJson(response, { stream: 'other' }), 'ERR_FORBIDDEN'],
  ['a hang-up', (response) => response.destroy(), 'ERR_AUTH_UNAVAILABLE'],
];

test.for(refusals)('%s denies', async ([, reply, expected]) => {
  await using asking = await openAsking(reply);
  expect(await outcomeOf(asking.auth, { token })).toBe(expected);
  expect(asking.service.bodies).toHaveLength(1);
});

test('without a token, 401 says that one is missing', async () => {
  await using asking = await openAsking(status(401));
  expect(await outcomeOf(asking.auth, {})).toBe('ERR_UNAUTHENTICATED missing');
});

test('a service that is slow, with its headers or its body, denies', async () => {
  await using asking = await openAsking(() => {}, { timeoutMs: 50 });
  expect(await outcomeOf(asking.auth, { token })).toBe('ERR_AUTH_UNAVAILABLE');
  asking.current.reply = (response) => response.writeHead(200).write('O');
  expect(await outcomeOf(asking.auth, { token })).toBe('ERR_AUTH_UNAVAILABLE');
});

test('a service that is down denies, is logged once, and once more when it works again', async () => {
  await using asking = await openAsking((response) => response.destroy());
  for (let round = 0; round < 3; round += 1) expect(await outcomeOf(asking.auth, { token })).toBe('ERR_AUTH_UNAVAILABLE');
  asking.current.reply = status(204);
  for (let round = 0; round < 3; round += 1) expect(await outcomeOf(asking.auth, { token })).toBe('granted');
  expect(asking.lines).toEqual([expect.stringContaining('fails'), expect.stringContaining('works again')]);
  expect(asking.lines.join('')).not.toMatch(/secret=1|a-token/);
});

test('a client that goes away is an aborted request, and no failure of the service', async () => {
  await using asking = await openAsking(() => {});
  const gone = new AbortController();
  const outcome = outcomeOf(asking.auth, { token, signal: gone.signal });
  await expect.poll(() => asking.service.bodies.length).toBe(1);
  gone.abort();
  expect(await outcome).toBe('ERR_REQUEST_ABORTED');
  expect(asking.lines).toEqual([]);
});

test('a name is taken from the answer, and there has to be one', async () => {
  await using asking = await openAsking((response) => replyJson(response, { stream: 'show' }));
  const nameless = { action: 'publish', streamId: undefined, token } as const;
  expect(await asking.auth.authorize(accessRequest(nameless))).toEqual(nothing);
  asking.current.reply = status(204);
  expect(await outcomeOf(asking.auth, nameless)).toBe('ERR_FORBIDDEN');
});

test('an answer about one stream is none to an operator who asks for all', async () => {
  await using asking = await openAsking((response) => replyJson(response, { stream: 'show' }));
  expect(await outcomeOf(asking.auth, { action: 'operate', streamId: undefined, token })).toBe('ERR_FORBIDDEN');
});

test('answers count again for the same question only, and not for ever', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  try {
    await using asking = await openAsking(status(204), { cacheMs: 1_000 });
    const questions = [
      { token },
      { token: 'another' },
      { token: undefined },
      { token, streamId: 'other' },
      { token, action: 'publish' },
      { token, address: '192.0.2.2' },
    ] as const;
    for (const question of [...questions, ...questions]) expect(await outcomeOf(asking.auth, question)).toBe('granted');
    expect(asking.service.bodies).toHaveLength(questions.length);
    vi.setSystemTime(Date.now() + 1_000);
    asking.current.reply = status(403);
    for (let round = 0; round < 2; round += 1) expect(await outcomeOf(asking.auth, { token })).toBe('ERR_FORBIDDEN');
    expect(asking.service.bodies).toHaveLength(questions.length + 1);
  } finally {
    vi.useRealTimers();
  }
});

test('a failure is not remembered, nor a grant beyond its end', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  try {
    await using asking = await openAsking(status(500), { cacheMs: 60_000 });
    expect(await outcomeOf(asking.auth, { token })).toBe('ERR_AUTH_UNAVAILABLE');
    asking.current.reply = (response) => replyJson(response, { expiresInSeconds: 5 });
    expect(await outcomeOf(asking.auth, { token })).toBe('granted');
    vi.setSystemTime(Date.now() + 5_001);
    asking.current.reply = status(403);
    expect(await outcomeOf(asking.auth, { token })).toBe('ERR_FORBIDDEN');
  } finally {
    vi.useRealTimers();
  }
});

test('without a cache every request is asked about', async () => {
  await using asking = await openAsking(status(204));
  for (let round = 0; round < 3; round += 1) await outcomeOf(asking.auth, { token });
  expect(asking.service.bodies).toHaveLength(3);
});

test('one address cannot take all the service has', async () => {
  const held: ServerResponse[] = [];
  await using asking = await openAsking((response) => held.push(response));
  const outcomes = Array.from({ length: 80 }, async () => outcomeOf(asking.auth, { token }));
  await expect.poll(() => asking.service.bodies.length).toBe(64);
  asking.current.reply = status(204);
  expect(await outcomeOf(asking.auth, { token, address: '192.0.2.2' })).toBe('granted');
  for (const response of held) response.end();
  await Promise.all(outcomes);
  expect(asking.service.bodies).toHaveLength(65);
});

test.for(['ftp://example.com/', 'http://user:secret@example.com/', ''])('%j is not a URL to ask', async (url) => {
  expect((await errorOf(openTestAuthorizer({ method: 'http', url }))).code).toBe('ERR_CONFIG_INVALID');
});

test.for([
  { stream: 'a b' },
  { subject: '' },
  { subject: 'a'.repeat(129) },
  { expiresInSeconds: 0 },
  { expiresInSeconds: 1e300 },
  { maxSessions: 1.5 },
  { maxSessions: -1 },
  { maxBitrate: true },
])('%j is not an answer', (value) => {
  expect(parseCallbackAnswer(value)).toBeUndefined();
});
