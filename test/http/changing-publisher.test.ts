import { expect, test } from 'vitest';
import { openTestGateway } from '../fixtures/gateway.ts';
import { offerText } from '../fixtures/offers/corpus.ts';
import { deleteSession, postOffer } from '../fixtures/raw-post.ts';
import { expectStatus, openLive, repeat } from '../fixtures/visits.ts';

test('viewers who come while publishers take turns get in, each on the tracks of the next one', { timeout: 60_000 }, async () => {
  await using gateway = await openTestGateway();
  const round = { gateway: gateway.url, name: 'show' };
  await using publishers = new AsyncDisposableStack();
  let present = publishers.use(await openLive(round, 'show'));
  const over = new AbortController();
  const statuses: number[] = [];
  const visitor = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const { status, location } = await postOffer(gateway.whep('show'), offerText('chromium-whep'));
      statuses.push(status);
      await deleteSession(location); // it may have ended with its publisher
    }
  };
  const visitors = Promise.all(Array.from({ length: 4 }, visitor));
  await repeat(20, 1, async (index) => {
    expectStatus(await present.delete(), 200);
    present = publishers.use(await openLive(round, 'show', index % 2 === 0 ? 'H264' : 'VP8'));
  });
  over.abort();
  await visitors;
  expect(new Set(statuses)).toEqual(new Set([201]));
});
