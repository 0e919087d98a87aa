import type { GatewayError } from '../errors.ts';

/** What `WWW-Authenticate` says to a request that was not let in. Undefined for every other error. @see RFC 6750 §3 */
export function challengeOf({ code, details }: GatewayError): string | undefined {
  const realm = 'Bearer realm="sluice"';
  if (code === 'ERR_FORBIDDEN') return `${realm}, error="insufficient_scope"`;
  if (code !== 'ERR_UNAUTHENTICATED') return undefined;
  switch (details['reason']) {
    case 'expired':
      return `${realm}, error="invalid_token", error_description="The token has expired"`;
    case 'invalid':
      return `${realm}, error="invalid_token"`;
    default:
      return realm; // no token, so nothing is wrong with it (§3.1)
  }
}
