import type { FastifyRequest } from 'fastify';

/**
 * The scheme and authority under which the client reaches us: what `http.publicUrl` says, else what the request says, of which
 * `X-Forwarded-Proto` and `-Host` are part when `http.trustProxy` is set.
 */
export function baseUrlOf(request: FastifyRequest, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl;
  const scheme = request.protocol.toLowerCase() === 'https' ? 'https' : 'http';
  const authority = /^[\w.:[\]-]+$/.test(request.host) ? request.host : localAddress(request);
  return `${scheme}://${authority}`;
}

/** For HTTP/1.0, which needs no Host header. */
function localAddress({ raw: { socket } }: FastifyRequest): string {
  const { localAddress: address = '127.0.0.1', localPort } = socket;
  return `${address.includes(':') ? `[${address}]` : address}:${localPort ?? 80}`;
}
