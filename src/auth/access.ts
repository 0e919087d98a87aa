/** What somebody wants to do; `operate` stands for the operator API, metrics and the details of health. */
export type Action = 'publish' | 'play' | 'operate';

/** One request for access. */
export interface AccessRequest {
  readonly action: Action;
  /** Undefined: `/whip` without a name (the token must name exactly one stream), or an operator's request that is about no one stream. */
  readonly streamId: string | undefined;
  /** The bearer token as it was sent; undefined: none. */
  readonly token: string | undefined;
  /** The peer's address. */
  readonly address: string;
  readonly userAgent: string;
  readonly signal: AbortSignal;
}

/** What was granted, and to whom. */
export interface Grant {
  /** The stream asked for, or the one that the token names. */
  readonly streamId: string | undefined;
  /** Who, for logs; never a secret: the name of a key, a JWT's `sub`, `http`, `anyone`. */
  readonly subject: string;
  /** When a session with this grant has to end. */
  readonly expiresAt: Date | undefined;
  readonly limits: GrantLimits | undefined;
}

/** Limits that come with a grant. */
interface GrantLimits {
  readonly maxSessions?: number;
  /** Bits per second. */
  readonly maxBitrate?: number;
}

/** Why a token proves nothing. */
export type TokenProblem = 'missing' | 'invalid' | 'expired';

/** Why a method does not grant. `because` is for the log: it names no token. */
export type Refusal =
  | { readonly name: 'unauthenticated'; readonly reason: TokenProblem; readonly because: string }
  /** The token is good, but not for this. */
  | { readonly name: 'forbidden'; readonly because: string }
  /** The method cannot tell now. */
  | { readonly name: 'unavailable'; readonly because: string };

/** What one method says to a request. */
export type Verdict = { readonly name: 'granted'; readonly grant: Grant } | Refusal;

/** One way to tell who may do what. */
export interface AuthMethod extends AsyncDisposable {
  readonly name: 'none' | 'keys' | 'jwt' | 'http';
  judge(request: AccessRequest): Promise<Verdict>;
}
