import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ExpiringMap } from './expiring-map.ts';
import type { Key } from './key-list.ts';
import { digestOf, hasDigest, isPassword, type DigestKey, type PasswordKey } from './stored-key.ts';
import { Turnstile } from './turnstile.ts';

/** The keys that a token is; `busy`: too many guess at passwords to say. */
export type KeyLookup = readonly Key[] | 'busy';

/** Guesses are checked one after the other. */
export function openPasswordTurnstile(): Turnstile {
  return new Turnstile({ atOnce: 1, waiting: 32, perAddress: 2 });
}

/** How much longer than its check a wrong password holds its turn: a flood of them gets a quarter of one core. */
const restFactor = 3;

const rememberedGuesses = 1024;

/**
 * Finds the keys that a token is.
 *
 * Keys are compared in constant time. Passwords are slow to check by design, so they come last, are checked once for all who send
 * the same one, and remembered: who has the right one never waits behind a flood of wrong ones again.
 */
export class KeyRing {
  /** By blinded digest. */
  readonly #digests: ReadonlyMap<string, readonly { readonly key: Key; readonly stored: DigestKey }[]>;
  readonly #passwords: readonly { readonly key: Key; readonly stored: PasswordKey }[];
  readonly #turnstile: Turnstile;
  readonly #blinding = randomBytes(32);
  /** By blinded digest, as are the others; right passwords are as few as keys. */
  readonly #right = new Map<string, readonly Key[]>();
  readonly #wrong = new ExpiringMap<true>(rememberedGuesses);
  readonly #checks = new Map<string, Promise<KeyLookup>>();

  constructor(keys: readonly Key[], turnstile: Turnstile) {
    const digests = keys.flatMap((key) => (key.stored.kind === 'digest' ? [{ key, stored: key.stored }] : []));
    this.#digests = Map.groupBy(digests, ({ stored }) => this.#blind(stored.digest));
    this.#passwords = keys.flatMap((key) => (key.stored.kind === 'password' ? [{ key, stored: key.stored }] : []));
    this.#turnstile = turnstile;
  }

  async find(token: string, address: string): Promise<KeyLookup> {
    const digest = digestOf(token);
    const id = this.#blind(digest);
    const found = (this.#digests.get(id) ?? []).filter(({ stored }) => hasDigest(stored, digest)).map(({ key }) => key);
    if (found.length > 0 || this.#passwords.length === 0) return found;
    return this.#findPassword(token, id, address);
  }

  /** What to look a digest up by: nobody else can tell it from a token, so how long the look-up takes tells nothing about the keys. */
  #blind(digest: Buffer): string {
    return createHmac('sha256', this.#blinding).update(digest).digest('base64');
  }

  async #findPassword(token: string, id: string, address: string): Promise<KeyLookup> {
    if (this.#wrong.get(id, 0) !== undefined) return [];
    const known = this.#right.get(id) ?? this.#checks.get(id);
    if (known !== undefined) return known;
    const check = this.#check(token, id, address).finally(() => this.#checks.delete(id));
    this.#checks.set(id, check);
    return check;
  }

  async #check(token: string, id: string, address: string): Promise<KeyLookup> {
    const turn = await this.#turnstile.enter(address);
    if (turn === undefined) return 'busy';
    const startedMs = performance.now();
    const found: Key[] = [];
    try {
      for (const { key, stored } of this.#passwords) {
        if (await isPassword(stored, token)) found.push(key);
      }
    } finally {
      const restMs = found.length > 0 ? 0 : restFactor * (performance.now() - startedMs);
      void delay(restMs, undefined, { ref: false }).then(() => turn[Symbol.dispose]());
    }
    if (found.length > 0) this.#right.set(id, found);
    else this.#wrong.set(id, true, Infinity);
    return found;
  }
}
