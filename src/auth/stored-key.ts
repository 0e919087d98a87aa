import { createHash, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';
import { unusable } from './unusable.ts';

/** A key that is enough to recognize a token by. */
export type StoredKey = DigestKey | PasswordKey;

/** A key of a machine: random enough for a fast digest. Plain keys become digests too. */
export interface DigestKey {
  readonly kind: 'digest';
  readonly digest: Buffer;
}

/** A password that somebody chose: slow to check, since it can be guessed. @see RFC 7914 */
export interface PasswordKey {
  readonly kind: 'password';
  readonly options: ScryptOptions;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const deriveKey = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

const shortestPlainKey = 8;
const mostMemory = 128 * 2 ** 20;
const scryptPattern = /^scrypt:(\d{1,7}):(\d{1,2}):(\d{1,2}):((?:[0-9a-f]{2}){16,64}):((?:[0-9a-f]{2}){32,64})$/i;

/**
 * Reads a key as it is written: `sha256:<hex>`, `scrypt:<N>:<r>:<p>:<salt>:<hash>` (both in hex), or the key itself.
 *
 * Throws `ERR_CONFIG_INVALID`, in which `where` stands for the key.
 */
export function parseStoredKey(text: string, where: string): StoredKey {
  if (text.startsWith('sha256:')) {
    const hex = /^sha256:([0-9a-f]{64})$/i.exec(text)?.[1];
    if (hex === undefined) throw unusable(`${where}: "sha256:" must be followed by 64 hexadecimal digits.`);
    return { kind: 'digest', digest: Buffer.from(hex, 'hex') };
  }
  if (text.startsWith('scrypt:')) return parsePassword(text, where);
  if (text.length < shortestPlainKey || !/^[\x21-\x7e]+$/.test(text)) {
    throw unusable(`${where}: a key has at least ${shortestPlainKey} ASCII characters without spaces.`);
  }
  return { kind: 'digest', digest: digestOf(text) };
}

/** What a token is compared by: its length tells nothing any more. */
export function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Compares digests in constant time. */
export function hasDigest(key: DigestKey, digest: Buffer): boolean {
  return timingSafeEqual(key.digest, digest);
}

/** Derives and compares; takes tens of milliseconds, on another thread. */
export async function isPassword({ options, salt, hash }: PasswordKey, token: string): Promise<boolean> {
  return timingSafeEqual(await deriveKey(token, salt, hash.length, options), hash);
}

function parsePassword(text: string, where: string): PasswordKey {
  const [, N, r, p, salt, hash] = scryptPattern.exec(text) ?? [];
  if (salt === undefined || hash === undefined) {
    throw unusable(`${where}: must read scrypt:N:r:p:salt:hash, with 16 bytes of salt and 32 of hash or more, in hexadecimal.`);
  }
  const options = { N: Number(N), r: Number(r), p: Number(p) };
  const memory = 128 * options.N * options.r;
  const isPowerOfTwo = options.N > 1 && Number.isInteger(Math.log2(options.N));
  if (!isPowerOfTwo || options.r < 1 || options.p < 1 || memory * options.p > mostMemory) {
    throw unusable(`${where}: scrypt needs an N that is a power of two, and 128 · N · r · p of at most 128 MiB.`);
  }
  // OpenSSL wants a little more than the formula says.
  return {
    kind: 'password',
    options: { ...options, maxmem: 2 * memory + 2 ** 20 },
    salt: Buffer.from(salt, 'hex'),
    hash: Buffer.from(hash, 'hex'),
  };
}
