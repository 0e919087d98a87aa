import { expect } from 'vitest';
import { readOffer } from '../http/configured-gateway.ts';
import { exchange, fragmentType, patch, post, publish, requestText, restart, sdp, send, trickle } from './client.ts';
import { row } from './row.ts';

const origin = { Origin: 'https://a.example' };
const preflight = {
  ...origin,
  'Access-Control-Request-Method': 'POST',
  'Access-Control-Request-Headers': 'authorization,content-type',
};
const exposed = ['Location', 'ETag', 'Link', 'Retry-After', 'Accept-Post', 'Accept-Patch', 'Access-Control-Allow-Methods'];

/** The names in a header. */
const listed = (headers: Headers, name: string) => (headers.get(name) ?? '').split(',').map((item) => item.trim());

row('I01', async ({ gateway }) => {
  const { location } = await publish(gateway);
  for (const url of [`${gateway.url}/whip/show`, `${gateway.url}/whep/show`, location, location.replace(/[^/]+$/, 'A'.repeat(22))]) {
    const { status, headers, text } = await send('OPTIONS', url, { headers: preflight });
    expect([url, status, text]).toEqual([url, 200, '']);
    expect(headers.get('Access-Control-Allow-Origin')).toBe('*');
  }
});

row('I02', async ({ gateway }) => {
  for (const path of ['/whip/show', '/whep/show']) {
    for (const headers of [{}, origin, preflight]) {
      const reply = await send('OPTIONS', `${gateway.url}${path}`, { headers });
      expect([reply.status, reply.headers.get('Accept-Post')]).toEqual([200, sdp]);
    }
  }
});

row('I04', async ({ gateway }) => {
  const { location } = await publish(gateway);
  for (const url of [`${gateway.url}/whip/show`, `${gateway.url}/whep/show`, location]) {
    for (const headers of [{}, preflight]) {
      const reply = await send('OPTIONS', url, { headers });
      expect(listed(reply.headers, 'Access-Control-Allow-Methods')).toEqual(['OPTIONS', 'GET', 'HEAD', 'POST', 'PATCH', 'DELETE']);
      expect(listed(reply.headers, 'Access-Control-Allow-Headers')).toEqual(
        expect.arrayContaining(['Authorization', 'Content-Type', 'If-Match']),
      );
    }
  }
});

row('I05', async ({ gateway }) => {
  const { location } = await publish(gateway);
  for (const { status, headers } of [
    await post(`${gateway.url}/whip/other`, readOffer('chromium-plain'), origin),
    await post(`${gateway.url}/whep/nobody`, readOffer('chromium-whep'), origin),
    await patch(location, restart, origin),
    await patch(location, restart, { ...origin, 'If-Match': '"old"' }),
  ]) {
    expect([201, 409, 200, 412]).toContain(status);
    expect(listed(headers, 'Access-Control-Expose-Headers')).toEqual(expect.arrayContaining(exposed));
  }
});

row('I06', async ({ gateway }) => {
  const { location, offer } = await publish(gateway);
  const { url } = gateway;
  const replies = [
    await post(`${url}/whip/other`, offer, origin),
    await post(`${url}/whip/other`, 'junk', origin),
    await post(`${url}/whip/other`, readOffer('hevc-only'), origin),
    await post(`${url}/whip/other`, offer, { ...origin, 'Content-Type': 'text/plain' }),
    await post(`${url}/whip/other`, 'a'.repeat(100_000), origin),
    await post(`${url}/whep/nobody`, readOffer('chromium-whep'), origin),
    await send('PUT', location, { headers: origin }),
    await send('GET', `${url}/nothing`, { headers: origin }),
    await send('GET', `${url}/whip/%zz`, { headers: origin }),
    await patch(location, trickle(offer), { ...origin, 'If-Match': '"old"' }),
    await patch(location, trickle(offer), origin),
    await patch(location, restart, origin),
    await send('DELETE', location, { headers: origin }),
    await send('DELETE', location, { headers: origin }),
  ];
  expect(replies.map(({ status }) => status)).toEqual([201, 400, 422, 415, 413, 409, 405, 404, 400, 412, 204, 200, 200, 404]);
  for (const { status, headers } of replies) expect([status, headers.get('Access-Control-Allow-Origin')]).toEqual([status, '*']);
});

row('I07', async ({ gateway }) => {
  const { lines } = await exchange(
    gateway.url,
    requestText('OPTIONS', '/whip/show', ['Origin: https://a.example', 'Access-Control-Request-Method: POST', `Accept: ${fragmentType}`]),
  );
  expect(lines.filter((line) => /^link:/i.test(line))).toEqual([]);
});
