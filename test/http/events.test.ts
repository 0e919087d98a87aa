import { expect, test } from 'vitest';
import { listenToEvents } from '../fixtures/sse.ts';
import { NativePublisher } from '../fixtures/native-peer.ts';
import { openConfigured } from './configured-gateway.ts';

const soon = { interval: 50 };

const aDate: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
const stream = (change: string) => ({ event: 'stream', data: { change, streamId: 'show', at: aDate } });

test('who listens hears of streams that go live, idle and away', async () => {
  await using gateway = await openConfigured({ SLUICE_STREAMS_DEFAULT_GRACE: '500ms' });
  using listener = await listenToEvents(`${gateway.url}/api/v1/events`);
  expect(listener.response.headers.get('Content-Type')).toBe('text/event-stream');
  await using publisher = await NativePublisher.open(`${gateway.url}/whip/show`);
  await expect.poll(() => listener.events, soon).toEqual([stream('live')]);
  await fetch(publisher.session.location, { method: 'DELETE' });
  await expect.poll(() => listener.events, soon).toEqual([stream('live'), stream('idle'), stream('ended')]);
});

test('a late listener gets what there is first', async () => {
  await using gateway = await openConfigured();
  await using _publisher = await NativePublisher.open(`${gateway.url}/whip/show`);
  await expect.poll(() => gateway.registry.counts().live, soon).toBe(1);
  using listener = await listenToEvents(`${gateway.url}/api/v1/events`);
  await expect.poll(() => listener.events, soon).toEqual([stream('live')]);
});

test('events are for operators, by header or query', async () => {
  await using gateway = await openConfigured({ SLUICE_AUTH_MODE: 'keys', SLUICE_AUTH_KEYS_OPERATE: 'open-sesame-open' });
  const url = `${gateway.url}/api/v1/events`;
  expect((await fetch(url)).status).toBe(401);
  using listener = await listenToEvents(`${url}?access_token=open-sesame-open`);
  expect(listener.response.status).toBe(200);
});

test('a hundred may listen, one more is told to come back, and there is room again when one has gone', async () => {
  await using gateway = await openConfigured();
  const url = `${gateway.url}/api/v1/events`;
  using listeners = new DisposableStack();
  const [first] = await Promise.all(Array.from({ length: 100 }, async () => listeners.use(await listenToEvents(url))));
  const refused = await fetch(url);
  expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'ERR_LIMIT_REACHED' }]);
  expect(refused.headers.get('Retry-After')).toBe('30');
  first?.[Symbol.dispose]();
  await expect
    .poll(async () => {
      using listener = await listenToEvents(url);
      return listener.response.status;
    }, soon)
    .toBe(200);
});

test('the gateway closes although somebody listens', async () => {
  const gateway = await openConfigured();
  using listener = await listenToEvents(`${gateway.url}/api/v1/events`);
  await gateway.close();
  await expect.poll(() => listener.ended, soon).toBe(true);
});
