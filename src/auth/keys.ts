import type { Logger } from 'pino';
import type { AccessRequest, AuthMethod, Verdict } from './access.ts';
import { parseKeyFile, parseKeys, type WrittenKey } from './key-list.ts';
import { KeyRing, openPasswordTurnstile } from './key-ring.ts';
import { admit, unionOf } from './permissions.ts';
import { WatchedFile } from './watched-file.ts';

/** `keys`: the token is a key that was handed out. */
export interface KeysOptions {
  readonly method: 'keys';
  readonly keys?: readonly WrittenKey[] | undefined;
  /** More of them: a YAML or JSON list, read again when it changes. */
  readonly file?: string | undefined;
  /** How often to look at the file, in milliseconds. Default 500. */
  readonly pollMs?: number | undefined;
}

/** Opens the method that knows keys. Throws `ERR_CONFIG_INVALID` when they are not usable. */
export async function openKeys({ keys: written = [], file: path, pollMs }: KeysOptions, logger: Logger): Promise<AuthMethod> {
  const keys = parseKeys(written);
  const turnstile = openPasswordTurnstile();
  const parse = (text: string) => new KeyRing([...keys, ...parseKeyFile(text)], turnstile);
  const file = path === undefined ? undefined : await WatchedFile.open({ path, parse, logger, pollMs });
  const ring = new KeyRing(keys, turnstile);
  return {
    name: 'keys',
    judge: async (request) => judge(file?.current ?? ring, request),
    [Symbol.asyncDispose]: async () => file?.[Symbol.asyncDispose](),
  };
}

async function judge(ring: KeyRing, request: AccessRequest): Promise<Verdict> {
  if (request.token === undefined) return { name: 'unauthenticated', reason: 'missing', because: 'no token' };
  const found = await ring.find(request.token, request.address);
  if (found === 'busy') return { name: 'unavailable', because: 'too many unknown keys at once' };
  if (found.length === 0) return { name: 'unauthenticated', reason: 'invalid', because: 'unknown key' };
  const subject = found.map(({ name }) => name).join(', ');
  const admission = admit(unionOf(found.map(({ permissions }) => permissions)), request);
  if (admission === undefined) return { name: 'forbidden', because: `not allowed to ${subject}` };
  return { name: 'granted', grant: { ...admission, subject, expiresAt: undefined, limits: undefined } };
}
