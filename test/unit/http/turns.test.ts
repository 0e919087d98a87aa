import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { setImmediate as nextRound } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inTurns, Turns } from '../../../src/http/turns.ts';

test('a few are served at once', async () => {
  const turns = new Turns({ atOnce: 3 });
  const served: number[] = [];
  for (const each of [1, 2, 3, 4]) void turns.take().then(() => served.push(each));
  await Promise.resolve();
  await Promise.resolve();
  expect(served).toEqual([1, 2, 3]);
});

test('the event loop comes round between the turns of a crowd, which is served in its order', async () => {
  const turns = new Turns({ atOnce: 3 });
  const served: number[] = [];
  const crowd = Array.from({ length: 10 }, async (_, index) => {
    await turns.take();
    served.push(index);
  });
  const counts: number[] = [];
  while (served.length < 10) {
    await nextRound();
    counts.push(served.length);
  }
  await Promise.all(crowd);
  expect(served).toEqual([...served.keys()]);
  expect(counts.length).toBeGreaterThanOrEqual(3);
  for (const [index, count] of counts.entries()) expect(count - (counts[index - 1] ?? 0)).toBeLessThanOrEqual(6);
});

test('how long the first has waited tells how late everybody is', async () => {
  const turns = new Turns({ atOnce: 1 });
  expect(turns.waitMs).toBe(0);
  const both = [turns.take(), turns.take()];
  const until = performance.now() + 5;
  while (performance.now() < until); // the event loop does not come round
  expect(turns.waitMs).toBeGreaterThan(4);
  await Promise.all(both);
  expect(turns.waitMs).toBe(0);
});

test('who comes after a crowd for another path is not behind it, and who has gone is not served', async () => {
  const served: string[] = [];
  const listener = inTurns(({ url = '' }) => served.push(url), '/hls/', new Turns({ atOnce: 2 }));
  const ask = (url: string): ServerResponse => {
    const request = Object.assign(new IncomingMessage(new Socket()), { url });
    const response = new ServerResponse(request);
    listener(request, response);
    return response;
  };
  const responses = Array.from({ length: 10 }, (_, index) => ask(`/hls/show/${index}`));
  ask('/whep/show');
  responses[7]?.destroy();
  while (served.length < 10) await nextRound();
  expect(served.indexOf('/whep/show')).toBeLessThanOrEqual(2);
  expect(served.filter((url) => url !== '/whep/show')).toEqual([0, 1, 2, 3, 4, 5, 6, 8, 9].map((index) => `/hls/show/${index}`));
});
