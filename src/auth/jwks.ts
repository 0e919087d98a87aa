import type { FetchImplementation, JSONWebKeySet } from 'jose';
import type { Logger } from 'pino';
import { parseJson, readLimitedText } from './limited-text.ts';
import { loggableUrl, problemOf } from './service-url.ts';

const maxBytes = 256 * 1024;

/** After a failure the service is left alone for this long. */
const backOffMs = 5_000;

/** For so long, a service that fails does not make its last answer worthless. */
const staleMs = 3_600_000;

/** Private RSA, EC, OKP and AKP keys have one, and secrets. */
const secretMembers = ['d', 'priv', 'k'];

/** Reads a JSON Web Key Set. Throws unless every member is a key that may be public. @see RFC 7517 §5 */
export function parseJwks(text: string): JSONWebKeySet {
  const value = parseJson(text);
  if (!isKeySet(value)) throw new Error('not a JSON Web Key Set');
  if (value.keys.some((key) => secretMembers.some((member) => Object.hasOwn(key, member)))) {
    throw new Error('a JSON Web Key Set for everybody to verify with holds a private or secret key');
  }
  return value;
}

/**
 * How `createRemoteJWKSet` fetches: bounded, no more often than a failing service can bear, and with the last good keys at hand when it
 * fails.
 */
export function jwksFetch(logger: Logger): FetchImplementation {
  let good: { readonly text: string; readonly atMs: number } | undefined;
  let retryAtMs = 0;
  return async (url, init) => {
    if (Date.now() >= retryAtMs) {
      try {
        good = { text: await fetchJwks(url, init), atMs: Date.now() };
        return new Response(good.text);
      } catch (error) {
        retryAtMs = Date.now() + backOffMs;
        logger.warn({ url: loggableUrl(url), problem: problemOf(error) }, 'keys to verify tokens with cannot be fetched');
      }
    }
    if (good !== undefined && Date.now() - good.atMs < staleMs) return new Response(good.text);
    throw new Error('keys cannot be fetched');
  };
}

async function fetchJwks(url: string, init: Parameters<FetchImplementation>[1]): Promise<string> {
  const response = await fetch(url, init);
  const text = await readLimitedText(response, maxBytes);
  if (response.status !== 200) throw new Error(`status ${response.status}`);
  parseJwks(text);
  return text;
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  if (typeof value !== 'object' || value === null || !('keys' in value) || !Array.isArray(value.keys)) return false;
  return value.keys.every((key: unknown) => typeof key === 'object' && key !== null && 'kty' in key && typeof key.kty === 'string');
}
