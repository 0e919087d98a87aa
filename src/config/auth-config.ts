import { milliseconds } from './duration.ts';
import type { Settings } from './schema.ts';

type AuthSettings = Settings['auth'];
type Scopes = { readonly [action in 'publish' | 'play' | 'operate']?: boolean | readonly string[] | undefined };

/** One way to judge tokens; structurally what `auth/` takes. */
export type AuthMethodConfig =
  | { readonly method: 'none'; readonly permissions: Scopes }
  | {
      readonly method: 'keys';
      readonly keys: readonly (Scopes & { readonly name: string; readonly key: string })[];
      readonly file: string | undefined;
    }
  | {
      readonly method: 'jwt';
      readonly keys:
        | { readonly from: 'url'; readonly url: string; readonly timeoutMs: number }
        | { readonly from: 'file'; readonly path: string }
        | { readonly from: 'secret'; readonly secret: string };
      readonly algorithms: readonly string[] | undefined;
      readonly issuer: readonly string[] | undefined;
      readonly audience: readonly string[] | undefined;
      readonly claim: string;
      readonly clockToleranceMs: number;
      readonly requireExpiry: boolean;
      readonly maxAgeMs: number | undefined;
      readonly endsSession: boolean;
    }
  | { readonly method: 'http'; readonly url: string; readonly timeoutMs: number; readonly cacheMs: number };

/** Who may do what. */
export interface AuthConfig {
  /** In the order in which they are asked; not written down is `none`. */
  readonly methods: readonly AuthMethodConfig[];
  /** Nobody needs a token for anything. */
  readonly isOpen: boolean;
  readonly sessionUrlIsCapability: boolean;
  readonly allowRawToken: boolean;
}

/** Turns checked settings into methods. */
export function parseAuth(auth: AuthSettings): AuthConfig {
  const modes = auth.mode ?? ['none'];
  const isAlone = modes.length === 1;
  const anyone = permissionsOfAnyone(auth.none, isAlone);
  return {
    methods: modes.map((mode) => parseMethod(mode, auth, anyone)),
    isOpen: modes.includes('none') && Object.values(anyone).every((scope) => scope === true),
    sessionUrlIsCapability: auth.sessionUrlIsCapability,
    allowRawToken: auth.allowRawToken,
  };
}

function parseMethod(mode: NonNullable<AuthSettings['mode']>[number], { keys, jwt, http }: AuthSettings, anyone: Scopes): AuthMethodConfig {
  switch (mode) {
    case 'none':
      return { method: 'none', permissions: anyone };
    case 'keys':
      return { method: 'keys', keys: [...globalKeys(keys), ...keys.list], file: keys.file };
    case 'jwt':
      return {
        method: 'jwt',
        keys: jwtKeys(jwt),
        algorithms: jwt.algorithms,
        issuer: jwt.issuer,
        audience: jwt.audience,
        claim: jwt.claim,
        clockToleranceMs: milliseconds(jwt.clockTolerance),
        requireExpiry: jwt.requireExpiry,
        maxAgeMs: jwt.maxAge === undefined ? undefined : milliseconds(jwt.maxAge),
        endsSession: jwt.endsSession,
      };
    case 'http':
      return { method: 'http', url: http.url ?? '', timeoutMs: milliseconds(http.timeout), cacheMs: milliseconds(http.cache) };
  }
}

function permissionsOfAnyone({ publish, play, operate }: AuthSettings['none'], isAlone: boolean) {
  return { publish: publish ?? isAlone, play: play ?? isAlone, operate: operate ?? isAlone };
}

function globalKeys(keys: AuthSettings['keys']) {
  return (['publish', 'play', 'operate'] as const).flatMap((action) => {
    const key = keys[action];
    return key === undefined ? [] : [{ name: `auth.keys.${action}`, key, [action]: true }];
  });
}

function jwtKeys({ jwksUrl, jwksFile, secret, timeout }: AuthSettings['jwt']) {
  if (jwksUrl !== undefined) return { from: 'url', url: jwksUrl, timeoutMs: milliseconds(timeout) } as const;
  if (jwksFile !== undefined) return { from: 'file', path: jwksFile } as const;
  return { from: 'secret', secret: secret ?? '' } as const;
}
