import { createLocalJWKSet, createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import type { Logger } from 'pino';
import { jwksFetch, parseJwks } from './jwks.ts';
import { parseServiceUrl } from './service-url.ts';
import { unusable } from './unusable.ts';
import { WatchedFile } from './watched-file.ts';

/** Where the keys come from that tokens are verified with. */
export type JwtKeySource =
  /** A JSON Web Key Set at a URL: fetched when needed, again for a key id that it lacks (at most twice a minute) and when 10 minutes old. */
  | { readonly from: 'url'; readonly url: string; /** Default 5000. */ readonly timeoutMs?: number | undefined }
  /** One in a file, read again when it changes. `pollMs`: how often to look, default 500. */
  | { readonly from: 'file'; readonly path: string; readonly pollMs?: number | undefined }
  /** A secret that is shared with whoever mints the tokens: at least 32 bytes. */
  | { readonly from: 'secret'; readonly secret: string };

/** Keys, and the algorithms that they are for: never HMAC together with any other, lest a public key be taken for a secret. */
export interface JwtKeys extends AsyncDisposable {
  readonly algorithms: readonly string[];
  readonly find: JWTVerifyGetKey;
}

const publicKeyAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];

/** A secret has to be as long as the digest, at least. @see RFC 7518 §3.2 */
const hmacAlgorithms = [
  { algorithm: 'HS256', minBytes: 32 },
  { algorithm: 'HS384', minBytes: 48 },
  { algorithm: 'HS512', minBytes: 64 },
];

const cooldownMs = 30_000;
const maxAgeMs = 600_000;

/** Opens a source of keys. Throws `ERR_CONFIG_INVALID` when it is not usable; one at a URL is not asked before it is needed. */
export async function openJwtKeys(source: JwtKeySource, logger: Logger): Promise<JwtKeys> {
  switch (source.from) {
    case 'url':
      return remoteKeys(source, logger);
    case 'file':
      return fileKeys(source, logger);
    case 'secret':
      return secretKey(source.secret);
  }
}

function remoteKeys({ url, timeoutMs = 5_000 }: Extract<JwtKeySource, { from: 'url' }>, logger: Logger): JwtKeys {
  const find = createRemoteJWKSet(parseServiceUrl(url, 'The URL of the JSON Web Key Set'), {
    timeoutDuration: timeoutMs,
    cooldownDuration: cooldownMs,
    cacheMaxAge: maxAgeMs,
    [customFetch]: jwksFetch(logger),
  });
  return { algorithms: publicKeyAlgorithms, find, [Symbol.asyncDispose]: async () => {} };
}

async function fileKeys({ path, pollMs }: Extract<JwtKeySource, { from: 'file' }>, logger: Logger): Promise<JwtKeys> {
  const file = await WatchedFile.open({ path, parse: (text) => createLocalJWKSet(parseJwks(text)), logger, pollMs });
  return {
    algorithms: publicKeyAlgorithms,
    find: async (header, token) => file.current(header, token),
    [Symbol.asyncDispose]: async () => file[Symbol.asyncDispose](),
  };
}

function secretKey(secret: string): JwtKeys {
  const bytes = new TextEncoder().encode(secret);
  const algorithms = hmacAlgorithms.filter(({ minBytes }) => bytes.length >= minBytes).map(({ algorithm }) => algorithm);
  if (algorithms.length === 0) throw unusable('The secret for JWTs must have at least 32 bytes; "openssl rand -hex 32" makes one.');
  return { algorithms, find: async () => bytes, [Symbol.asyncDispose]: async () => {} };
}
