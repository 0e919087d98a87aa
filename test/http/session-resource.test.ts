import request from 'supertest';
import { expect } from 'vitest';
import { NativePlayer, NativePublisher } from '../fixtures/native-peer.ts';
import { openConfigured, publish, readOffer, test } from './configured-gateway.ts';

const sdp = 'application/sdp';
const fragment = 'application/trickle-ice-sdpfrag';
const restart = 'a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=end-of-candidates\r\n';

/** The credentials of the offer, so that it is no restart. */
const trickle = `${/a=ice-ufrag:.*\r\na=ice-pwd:.*\r\n/.exec(readOffer('chromium-plain'))?.[0]}m=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:1 1 udp 2 192.0.2.1 5000 typ host\r\n`;

test('A05 a session that never was gets 404, whatever is done to it', async ({ gateway }) => {
  const { path } = await publish(gateway);
  const unknown = [
    `/whip/show/${'A'.repeat(22)}`,
    path.replace('/whip/', '/whep/'),
    path.replace('/show/', '/other/'),
    `/whip/show/${'A'.repeat(500)}`,
  ];
  for (const url of unknown) {
    for (const method of ['get', 'patch', 'delete'] as const) {
      expect((await request(gateway.url)[method](url)).status).toBe(404);
    }
  }
});

test('H01 H02 F06 DELETE ends the session with 200, whatever If-Match says; afterwards its URL is 404', async ({ gateway }) => {
  const { path } = await publish(gateway);
  expect((await request(gateway.url).delete(path).set('If-Match', '"old"')).status).toBe(200);
  expect(gateway.registry.counts().publishers).toBe(0);
  expect((await request(gateway.url).delete(path)).status).toBe(404);
  expect((await request(gateway.url).patch(path).type(fragment).send(trickle)).status).toBe(404);
});

test('E06 F03 F04 F05 trickle candidates get 204 without an ETag when If-Match matches, else 412', async ({ gateway }) => {
  const { path, etag } = await publish(gateway);
  for (const tag of [etag, '*', '"*"', `"other", ${etag}`]) {
    const response = await request(gateway.url).patch(path).type(fragment).set('If-Match', tag).send(trickle);
    expect([tag, response.status]).toEqual([tag, 204]);
    expect(response.headers['etag']).toBeUndefined();
  }
  for (const tag of ['"other"', `W/${etag}`, etag.replaceAll('"', '')]) {
    const response = await request(gateway.url).patch(path).type(fragment).set('If-Match', tag).send(trickle);
    expect([tag, response.status]).toEqual([tag, 412]);
    expect(response.body).toMatchObject({ code: 'ERR_ETAG_MISMATCH' });
  }
});

test('F03 F07 a PATCH without If-Match gets 428, after its syntax was found good', async ({ gateway }) => {
  const { path } = await publish(gateway);
  const patch = (body: string) => request(gateway.url).patch(path).type(fragment).send(body);
  for (const body of [trickle, restart]) {
    const response = await patch(body);
    expect(response.status).toBe(428);
    expect(response.body).toMatchObject({ code: 'ERR_ETAG_REQUIRED' });
  }
  expect((await patch('xyz')).status).toBe(400);
  expect((await request(gateway.url).get(path)).status).toBe(204);
});

test('F09 with http.strictEtag false a PATCH without If-Match is made for the present tag', async () => {
  await using gateway = await openConfigured({ SLUICE_HTTP_STRICT_ETAG: 'false' });
  const { path, etag } = await publish(gateway);
  const patch = (body: string) => request(gateway.url).patch(path).type(fragment).send(body);
  expect((await patch(trickle)).status).toBe(204);
  const restarted = await patch(restart);
  expect(restarted.status).toBe(200);
  expect((await patch(restart).set('If-Match', etag)).status).toBe(412);
});

test('G02 G03 new credentials restart ICE: 200 with a fragment and a new ETag, and the old tag gets 412', async ({ gateway }) => {
  const { path, etag, response } = await publish(gateway);
  const restarted = await request(gateway.url).patch(path).type(fragment).set('If-Match', '*').buffer(true).send(restart);
  expect(restarted.status).toBe(200);
  expect(restarted.headers['content-type']).toBe(fragment);
  expect(restarted.headers['etag']).toMatch(/^"[^"]+"$/);
  expect(restarted.headers['etag']).not.toBe(etag);
  const pwd = /a=ice-pwd:\S+/;
  expect(pwd.exec(restarted.text)?.[0]).not.toBe(pwd.exec(response.text)?.[0]);
  expect((await request(gateway.url).patch(path).type(fragment).set('If-Match', etag).send(restart)).status).toBe(412);
  expect(
    (
      await request(gateway.url)
        .patch(path)
        .type(fragment)
        .set('If-Match', restarted.headers['etag'] ?? '')
        .send(restart)
    ).status,
  ).toBe(204);
});

test('E02 E03 F07 a PATCH is refused for its type, then its size, then its syntax, and only then for its tag', async ({ gateway }) => {
  const { path } = await publish(gateway);
  const patch = (type: string, body: string) => request(gateway.url).patch(path).set('If-Match', '"old"').type(type).send(body);
  const wrongType = await patch('text/plain', 'a'.repeat(100_000));
  expect(wrongType.status).toBe(415);
  expect(wrongType.headers['accept-patch']).toBe(fragment);
  expect((await patch(fragment, 'a'.repeat(100_000))).status).toBe(413);
  expect((await patch(fragment, 'xyz')).status).toBe(400);
  expect((await patch(fragment, trickle)).status).toBe(412);
});

test('B12 an SDP body in a PATCH is no renegotiation: 415 for WHIP', async ({ gateway }) => {
  const { path } = await publish(gateway);
  expect((await request(gateway.url).patch(path).type(sdp).send(readOffer('chromium-plain'))).status).toBe(415);
  expect((await request(gateway.url).get(path)).status).toBe(204);
});

test('D07 E06 a player trickles with 204, and an SDP answer that nobody waits for gets 422', async ({ gateway }) => {
  await using _publisher = await NativePublisher.open(`${gateway.url}/whip/show`);
  await expect.poll(() => gateway.registry.counts().live, { interval: 20 }).toBe(1);
  await using player = await NativePlayer.open(`${gateway.url}/whep/show`);
  const { pathname } = new URL(player.session.location);
  const patch = (type: string, body: string) => request(gateway.url).patch(pathname).set('If-Match', '*').type(type).send(body);
  expect((await patch(fragment, 'a=end-of-candidates\r\n')).status).toBe(204);
  expect((await patch(sdp, 'v=0\r\n')).status).toBe(422);
  expect((await patch('text/plain', 'x')).status).toBe(415);
  expect((await request(gateway.url).get(pathname)).status).toBe(204);
});
