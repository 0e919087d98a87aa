import { scryptSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { parseKeyFile, parseKeys } from '../../../src/auth/key-list.ts';
import { errorOf } from '../../fixtures/auth.ts';
import { digestOf, isPassword } from '../../../src/auth/stored-key.ts';

const secret = 'correct-horse-battery';
const sha256 = `sha256:${digestOf(secret).toString('hex')}`;
const scrypt = `scrypt:1024:8:1:${'ab'.repeat(16)}:${scryptSync(secret, Buffer.from('ab'.repeat(16), 'hex'), 32, { N: 1024 }).toString('hex')}`;

test('plain keys and sha256 hashes become the same digest', () => {
  const [plain, hashed] = parseKeys([
    { name: 'a', key: secret },
    { name: 'b', key: sha256.toUpperCase().replace('SHA256', 'sha256') },
  ]);
  expect(plain?.stored).toEqual({ kind: 'digest', digest: digestOf(secret) });
  expect(hashed?.stored).toEqual(plain?.stored);
});

test('a scrypt hash knows its password and no other', async () => {
  const [key] = parseKeys([{ name: 'a', key: scrypt }]);
  if (key?.stored.kind !== 'password') throw new Error('not a password');
  expect(await isPassword(key.stored, secret)).toBe(true);
  expect(await isPassword(key.stored, `${secret}x`)).toBe(false);
});

test('a file of keys is YAML or JSON', () => {
  const yaml = `- name: studio\n  key: ${sha256}\n  publish: [show-*]\n  play: true\n`;
  const [studio] = parseKeyFile(yaml);
  expect(studio).toMatchObject({ name: 'studio', permissions: { publish: ['show-*'], play: ['*'], operate: [] } });
  expect(parseKeyFile(JSON.stringify([{ name: 'studio', key: sha256, publish: ['show-*'], play: true }]))).toEqual([studio]);
  expect(parseKeyFile('[]')).toEqual([]);
});

const salt = 'ab'.repeat(16);
const hash = 'cd'.repeat(32);

test.for([
  ['a file that is empty', ''],
  ['a file that is no list', 'name: x'],
  ['a file that is no YAML', `- name: [\n  key: ${secret}`],
  ['an entry that is no object', [secret]],
  ['an entry that is null', [null]],
  ['a name that is missing', [{ key: secret }]],
  ['a name with a line break', [{ name: 'a\nb', key: secret }]],
  ['a key that is missing', [{ name: 'a' }]],
  ['a key that is a number', [{ name: 'a', key: 1234567890 }]],
  ['a key that is short', [{ name: 'a', key: 'short' }]],
  ['a key with a space', [{ name: 'a', key: `${secret} ` }]],
  ['a member with a typing error', [{ name: 'a', key: secret, publsh: true }]],
  ['a scope that is text', [{ name: 'a', key: secret, publish: 'show' }]],
  ['a sha256 hash that is cut off', [{ name: 'a', key: sha256.slice(0, -1) }]],
  ['a scrypt hash that is cut off', [{ name: 'a', key: `scrypt:1024:8:1:${salt}:${hash.slice(2)}` }]],
  ['scrypt with little salt', [{ name: 'a', key: `scrypt:1024:8:1:${salt.slice(2)}:${hash}` }]],
  ['scrypt with an N that is no power of two', [{ name: 'a', key: `scrypt:1000:8:1:${salt}:${hash}` }]],
  ['scrypt that costs nothing', [{ name: 'a', key: `scrypt:1:8:1:${salt}:${hash}` }]],
  ['scrypt that wants all memory', [{ name: 'a', key: `scrypt:1048576:8:1:${salt}:${hash}` }]],
  ['more passwords than can be tried', Array.from({ length: 17 }, () => ({ name: 'a', key: scrypt }))],
] as const)('%s is refused, and the message quotes no key', async ([, written]) => {
  const parse = async () => (typeof written === 'string' ? parseKeyFile(written) : parseKeys(written));
  const error = await errorOf(parse());
  expect(error.code).toBe('ERR_CONFIG_INVALID');
  expect(error.message).not.toMatch(/battery|abab|cdcd/);
});
