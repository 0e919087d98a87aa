import { expect, test } from 'vitest';
import { openTestGateway } from '../fixtures/gateway.ts';
import { heldBy } from '../fixtures/held-memory.ts';
import { NativePublisher } from '../fixtures/native-peer.ts';
import { offerText } from '../fixtures/offers/corpus.ts';

test('a session takes less memory than an offer may have: nothing keeps the offer itself', async () => {
  await using gateway = await openTestGateway();
  await using _publisher = await NativePublisher.open(gateway.whip('show'));
  await expect.poll(() => gateway.stream('show')?.state, { timeout: 20_000 }).toBe('live');
  const body = offerText('chromium-whep') + `a=x-long:${'x'.repeat(3900)}\r\n`.repeat(14);
  const each = await heldBy(async () => {
    const response = await fetch(gateway.whep('show'), { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body });
    expect(response.status).toBe(201);
    await response.text(); // until then, it is kept with its request
  });
  expect(each).toBeLessThan(body.length);
});
