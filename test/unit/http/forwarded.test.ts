import type { IncomingHttpHeaders } from 'node:http';
import { expect, test } from 'vitest';
import { translateForwarded } from '../../../src/http/forwarded.ts';

function translated(forwarded: string | undefined, others: IncomingHttpHeaders = {}) {
  const headers: IncomingHttpHeaders = { ...others, ...(forwarded !== undefined && { forwarded }) };
  translateForwarded(headers);
  return [headers['x-forwarded-for'], headers['x-forwarded-proto'], headers['x-forwarded-host']];
}

test.for([
  ['for=192.0.2.1;proto=https;host=cam.example', ['192.0.2.1', 'https', 'cam.example']],
  ['For="[2001:db8::1]:5000"; Proto=HTTPS', ['[2001:db8::1]:5000', 'HTTPS', undefined]],
  ['for=a, for=b;host="x:8443"', ['a, b', undefined, 'x:8443']],
  ['for="a,b;c\\"d"', ['a,b;c"d', undefined, undefined]],
  ['for', [undefined, undefined, undefined]],
  ['"', [undefined, undefined, undefined]],
  ['', [undefined, undefined, undefined]],
  [undefined, [undefined, undefined, undefined]],
] as const)('Forwarded: %s', ([forwarded, expected]) => {
  expect(translated(forwarded)).toEqual(expected);
});

test('beside any X-Forwarded header it counts for nothing: the client may have sent it', () => {
  expect(translated('for=a;host=evil', { 'x-forwarded-for': 'b' })).toEqual(['b', undefined, undefined]);
});

test('a long header takes no long time', () => {
  const start = performance.now();
  translated(`for="${'\\"'.repeat(5_000)}`);
  translated('for="a'.repeat(2_000));
  expect(performance.now() - start).toBeLessThan(50);
});
