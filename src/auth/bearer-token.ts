/** How to read an `Authorization` header. */
export interface BearerTokenOptions {
  /** Take a header that is one word for the token itself, as some players send it (conformance K06). Default false. */
  readonly allowRaw?: boolean;
}

/**
 * The token in an `Authorization` header: scheme in any case, one or more spaces (RFC 9110 §11.1).
 *
 * Undefined for other schemes and for what is not a token at all. `Bearer undefined` is a token like any other: a wrong one.
 * @see RFC 6750 §2.1
 */
export function bearerToken(header: string | undefined, { allowRaw = false }: BearerTokenOptions = {}): string | undefined {
  const [scheme, token, ...more] = header?.trim().split(/ +/) ?? [];
  if (scheme === undefined || scheme === '' || more.length > 0) return undefined;
  const isBearer = scheme.toLowerCase() === 'bearer';
  if (token === undefined) return allowRaw && !isBearer ? scheme : undefined;
  return isBearer ? token : undefined;
}
