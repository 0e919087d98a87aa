import { expect, test } from 'vitest';
import { iceServerLinks } from '../../../src/http/ice-servers.ts';

const server = { urls: ['turn:a.example'], username: undefined, credential: undefined, secret: undefined, ttlMs: 60_000 };

test('STUN has no credentials', () => {
  expect(iceServerLinks([{ ...server, urls: ['stun:a.example', 'stuns:a.example'], username: 'u', credential: 'p' }], 0)).toEqual([
    '<stun:a.example>; rel="ice-server"',
    '<stuns:a.example>; rel="ice-server"',
  ]);
});

test('TURN has them in the order that every parser reads', () => {
  expect(iceServerLinks([{ ...server, username: 'u', credential: 'p' }], 0)).toEqual([
    '<turn:a.example>; rel="ice-server"; username="u"; credential="p"; credential-type="password"',
  ]);
});

test('a secret makes a user who expires, and its password', () => {
  const links = (username: string | undefined) => iceServerLinks([{ ...server, secret: 'north', username }], 1_760_000_000_500);
  // printf %s 1760000060 | openssl dgst -sha1 -hmac north -binary | base64
  expect(links(undefined)).toEqual([
    '<turn:a.example>; rel="ice-server"; username="1760000060"; credential="y/zimjT8jlq9JI2Qdq/op+Ss+jI="; credential-type="password"',
  ]);
  expect(links('sluice')).toEqual([
    '<turn:a.example>; rel="ice-server"; username="1760000060:sluice"; credential="U7kjy4RwNziheaTZK/Tz/HFrwf4="; credential-type="password"',
  ]);
});
