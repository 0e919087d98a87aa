import type { FastifyRequest } from 'fastify';
import { GatewayError } from '../errors.ts';

/** Longest body that is read by default, in bytes (conformance L08). */
const longestBody = 64 * 1024;

/** The media type of the body without case and parameters (RFC 9110 §8.3.1); empty where none is given. */
export function contentTypeOf(request: FastifyRequest): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Throws `ERR_CONTENT_TYPE` unless the body is of the type. */
export function requireContentType(request: FastifyRequest, type: string): void {
  const given = contentTypeOf(request);
  if (given === type) return;
  throw new GatewayError('ERR_CONTENT_TYPE', `Send the body as Content-Type: ${type}${given === '' ? '' : `, not ${given}`}.`);
}

/** Reads the body. Throws `ERR_BODY_TOO_LARGE` without reading the rest, and `ERR_REQUEST_ABORTED` when the client goes away. */
export async function readBody({ raw, headers }: FastifyRequest, bodyLimit = longestBody): Promise<string> {
  if (Number(headers['content-length'] ?? 0) > bodyLimit) throw tooLarge(bodyLimit);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // The socket outlives an early exit: the reply still goes through it.
    for await (const chunk of raw.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError('the request stream gives no bytes');
      size += chunk.length;
      if (size > bodyLimit) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new GatewayError('ERR_REQUEST_ABORTED', 'The request was aborted.', { cause });
  }
  if (size > bodyLimit) throw tooLarge(bodyLimit);
  return Buffer.concat(chunks).toString('utf8');
}

function tooLarge(bodyLimit: number): GatewayError {
  return new GatewayError('ERR_BODY_TOO_LARGE', `The body may have at most ${bodyLimit} bytes.`);
}
