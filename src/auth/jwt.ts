import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyOptions } from 'jose';
import type { Logger } from 'pino';
import type { AccessRequest, AuthMethod, Grant, Refusal, Verdict } from './access.ts';
import { openJwtKeys, type JwtKeySource, type JwtKeys } from './jwt-keys.ts';
import { admit, parsePermissions } from './permissions.ts';
import { unusable } from './unusable.ts';

/**
 * `jwt`: the token is a signed JWT with a claim that says what it is for.
 *
 * `{ "sub": "alice", "exp": 1767225600, "sluice": { "publish": ["alice-*"], "play": true } }`
 * @see RFC 7519, RFC 8725
 */
export interface JwtOptions {
  readonly method: 'jwt';
  readonly keys: JwtKeySource;
  /** Narrows down the algorithms of the source: HS* of a secret, RS*, PS*, ES* and EdDSA of key sets. */
  readonly algorithms?: readonly string[] | undefined;
  /** `iss` must be one of these. Default: not looked at. */
  readonly issuer?: readonly string[] | undefined;
  /** `aud` must hold one of these. Default: not looked at. */
  readonly audience?: readonly string[] | undefined;
  /** How far clocks may differ. Default 5000. */
  readonly clockToleranceMs?: number | undefined;
  /** Refuse tokens without `exp`. Default true. */
  readonly requireExpiry?: boolean | undefined;
  /** Refuse tokens whose `iat` is longer ago than this, or absent. Default: not looked at. */
  readonly maxAgeMs?: number | undefined;
  /** End sessions at `exp`, too. Default false: it counts for new requests only. */
  readonly endsSession?: boolean | undefined;
  /** The claim with the permissions. Default `sluice`. */
  readonly claim?: string | undefined;
}

interface Verifying {
  readonly find: JWTVerifyGetKey;
  readonly checks: JWTVerifyOptions;
  readonly claim: string;
  readonly endsSession: boolean;
}

const longestSubject = 128;

/** Opens the method that verifies JWTs. Throws `ERR_CONFIG_INVALID` when options or files are not usable. */
export async function openJwt(options: JwtOptions, logger: Logger): Promise<AuthMethod> {
  const keys = await openJwtKeys(options.keys, logger);
  try {
    const { claim = 'sluice', endsSession = false } = options;
    const verifying = { find: keys.find, checks: checksOf(options, keys), claim, endsSession };
    return {
      name: 'jwt',
      judge: async (request) => judge(verifying, request),
      [Symbol.asyncDispose]: async () => keys[Symbol.asyncDispose](),
    };
  } catch (error) {
    await keys[Symbol.asyncDispose]();
    throw error;
  }
}

function checksOf(options: JwtOptions, keys: JwtKeys): JWTVerifyOptions {
  const { algorithms = keys.algorithms, issuer, audience, clockToleranceMs = 5_000, requireExpiry = true, maxAgeMs } = options;
  if (algorithms.length === 0 || algorithms.some((each) => !keys.algorithms.includes(each))) {
    throw unusable(`The algorithms of JWTs must be some of ${keys.algorithms.join(', ')}: these are for the given keys.`);
  }
  return {
    algorithms: [...algorithms],
    clockTolerance: clockToleranceMs / 1000,
    requiredClaims: requireExpiry ? ['exp'] : [],
    ...(issuer && { issuer: [...issuer] }),
    ...(audience && { audience: [...audience] }),
    ...(maxAgeMs !== undefined && { maxTokenAge: maxAgeMs / 1000 }),
  };
}

async function judge(verifying: Verifying, request: AccessRequest): Promise<Verdict> {
  if (request.token === undefined) return { name: 'unauthenticated', reason: 'missing', because: 'no token' };
  let payload: JWTPayload;
  try {
    payload = await verify(request.token, verifying);
  } catch (error) {
    return refusalOf(error);
  }
  const { claim, endsSession } = verifying;
  if (!Object.hasOwn(payload, claim)) return { name: 'forbidden', because: `no claim "${claim}"` };
  const permissions = parsePermissions(payload[claim]);
  if (permissions === undefined) return { name: 'unauthenticated', reason: 'invalid', because: `malformed claim "${claim}"` };
  const admission = admit(permissions, request);
  if (admission === undefined) return { name: 'forbidden', because: `not allowed by claim "${claim}"` };
  const expiresAt = endsSession ? expiryOf(payload) : undefined;
  return { name: 'granted', grant: { ...admission, subject: subjectOf(payload), expiresAt, limits: undefined } satisfies Grant };
}

/** The claims of a token whose signature and dates are good. A token that names no key is tried with each that it may be signed by. */
async function verify(token: string, { find, checks }: Verifying): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, find, checks)).payload;
  } catch (ambiguous) {
    if (!(ambiguous instanceof errors.JWKSMultipleMatchingKeys)) throw ambiguous;
    for await (const key of ambiguous) {
      try {
        return (await jwtVerify(token, key, checks)).payload;
      } catch (error) {
        const isOtherKey = error instanceof errors.JWSSignatureVerificationFailed || !(error instanceof errors.JOSEError);
        if (!isOtherKey) throw error;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** Names what is wrong by code and claim: messages may quote the token. */
function refusalOf(error: unknown): Refusal {
  if (!(error instanceof errors.JOSEError) || error.code === 'ERR_JWKS_INVALID' || error.code === 'ERR_JWKS_TIMEOUT') {
    return { name: 'unavailable', because: error instanceof Error ? error.message : 'cannot verify' };
  }
  const isExpired = error instanceof errors.JWTExpired;
  const claim = isExpired || error instanceof errors.JWTClaimValidationFailed ? ` ${error.claim}` : '';
  return { name: 'unauthenticated', reason: isExpired ? 'expired' : 'invalid', because: error.code + claim };
}

function subjectOf({ sub }: JWTPayload): string {
  return typeof sub === 'string' && sub !== '' ? sub.slice(0, longestSubject) : 'jwt';
}

/** Far in the future there are dates that cannot be told. */
function expiryOf({ exp }: JWTPayload): Date | undefined {
  const date = new Date((exp ?? Number.NaN) * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
