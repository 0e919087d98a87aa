import { createHmac } from 'node:crypto';

/** STUN or TURN servers with the same credentials. */
export interface IceServer {
  readonly urls: readonly string[];
  readonly username: string | undefined;
  readonly credential: string | undefined;
  /** Makes a credential of its own for each client, good for `ttlMs`: what coturn calls `static-auth-secret`. */
  readonly secret: string | undefined;
  readonly ttlMs: number;
}

/**
 * The values of one `Link` header line each, with their attributes in the order that clients are used to (RFC 9725 §4.6, conformance J05).
 *
 * A time-limited user is `expiry` or `expiry:username`, its password the HMAC of that. @see draft-uberti-behave-turn-rest-00 §2.2
 */
export function iceServerLinks(servers: readonly IceServer[], nowMs: number): readonly string[] {
  return servers.flatMap((server) => {
    const attributes = credentialAttributes(server, nowMs);
    return server.urls.map((url) => `<${url}>; rel="ice-server"${url.startsWith('turn') ? attributes : ''}`);
  });
}

function credentialAttributes(server: IceServer, nowMs: number): string {
  const { username, credential } = server.secret === undefined ? server : timeLimited(server.secret, server, nowMs);
  return `; username="${username ?? ''}"; credential="${credential ?? ''}"; credential-type="password"`;
}

function timeLimited(secret: string, { username: name, ttlMs }: IceServer, nowMs: number) {
  const expiry = Math.floor((nowMs + ttlMs) / 1000);
  const username = name === undefined ? String(expiry) : `${expiry}:${name}`;
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64') };
}
