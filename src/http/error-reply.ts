import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';
import { GatewayError, type ErrorCode } from '../errors.ts';
import { challengeOf } from './challenge.ts';

/** The status of every failure: the one place where it is decided (conformance, "status decision order"). */
const statusOf = {
  ERR_CONFIG_INVALID: 500,
  ERR_NOT_FOUND: 404,
  ERR_METHOD_NOT_ALLOWED: 405,
  ERR_CONTENT_TYPE: 415,
  ERR_BODY_TOO_LARGE: 413,
  ERR_REQUEST_INVALID: 400,
  ERR_RANGE_INVALID: 416,
  ERR_REQUEST_ABORTED: 499, // nobody reads it; logs and metrics do
  ERR_STREAM_ID_INVALID: 404, // no such name can exist, so there is nothing at the URL
  ERR_SESSION_NOT_FOUND: 404,
  ERR_ETAG_REQUIRED: 428,
  ERR_ETAG_MISMATCH: 412,
  ERR_FRAGMENT_MALFORMED: 400,
  ERR_FRAGMENT_UNPROCESSABLE: 422,
  ERR_TLS_REQUIRED: 403,
  ERR_RATE_LIMITED: 429,
  ERR_UNAUTHENTICATED: 401,
  ERR_FORBIDDEN: 403,
  ERR_AUTH_UNAVAILABLE: 503,
  ERR_OFFER_MALFORMED: 400,
  ERR_OFFER_DIRECTION: 422,
  ERR_OFFER_TRACKS: 422,
  ERR_OFFER_FINGERPRINT: 422,
  ERR_OFFER_ICE: 422,
  ERR_OFFER_SETUP: 422,
  ERR_OFFER_RTCP_MUX: 422,
  ERR_OFFER_BUNDLE: 422,
  ERR_OFFER_PROTOCOL: 422,
  ERR_OFFER_SIMULCAST: 422,
  ERR_OFFER_TOO_LARGE: 422,
  ERR_CODEC_UNSUPPORTED: 422,
  ERR_CODEC_H265_UNSUPPORTED: 422,
  ERR_NO_COMMON_CODEC: 422,
  ERR_ANSWER_UNEXPECTED: 422,
  ERR_ANSWER_MISMATCH: 422,
  ERR_STREAM_TAKEN: 409,
  ERR_STREAM_CONTESTED: 409,
  ERR_STREAM_NOT_LIVE: 409,
  ERR_LAYER_UNKNOWN: 422,
  ERR_RECORDING_NOT_FOUND: 404,
  ERR_RECORDING_ACTIVE: 409,
  ERR_RECORDING_OFF: 409,
  ERR_RECORDING_MOVED: 404, // the bucket has it, and only the bucket
  ERR_EGRESS_UNAVAILABLE: 503,
  ERR_HLS_DISABLED: 404, // nothing is at the URL, whoever asks
  ERR_HLS_NOT_READY: 503,
  ERR_TOO_MANY_SESSIONS: 429, // of this client
  ERR_LIMIT_REACHED: 503, // of everybody
  ERR_OVERLOADED: 503,
  ERR_STREAM_NOT_FOUND: 404,
  ERR_EGRESS_NOT_FOUND: 404,
  ERR_EGRESS_TARGET_INVALID: 422,
  ERR_EGRESS_EXISTS: 409,
  ERR_DRAINING: 503,
  ERR_MEDIA_UNAVAILABLE: 503,
  ERR_INTERNAL: 500,
} satisfies Record<ErrorCode, number>;

/** What the HTTP library itself refuses, by the status that it gives. */
const libraryErrors: ReadonlyMap<number, { readonly code: ErrorCode; readonly message: string }> = new Map([
  [404, { code: 'ERR_NOT_FOUND', message: 'There is nothing at this URL.' }],
  [413, { code: 'ERR_BODY_TOO_LARGE', message: 'The body is too large.' }],
  [414, { code: 'ERR_NOT_FOUND', message: 'There is nothing at this URL.' }],
  [415, { code: 'ERR_CONTENT_TYPE', message: 'The Content-Type header is not a media type.' }],
  [416, { code: 'ERR_RANGE_INVALID', message: 'The file has no such range.' }],
]);

/** Answers with `application/problem+json` (RFC 9457). What is not a {@link GatewayError} tells the client nothing about itself. */
export function replyWithError(error: GatewayError, reply: FastifyReply): FastifyReply {
  const status = statusOf[error.code];
  const challenge = challengeOf(error);
  if (challenge !== undefined) reply.header('WWW-Authenticate', challenge);
  if (error.retryAfterSeconds !== undefined) reply.header('Retry-After', error.retryAfterSeconds);
  return reply
    .code(status)
    .type('application/problem+json')
    .serializer((problem: object) => JSON.stringify(problem)) // the library's own appends a charset to the type
    .send({ title: STATUS_CODES[status] ?? 'Error', status, code: error.code, detail: error.message });
}

/** Whatever a handler threw, as the error that its client is told. */
export function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const status = statusIn(error);
  const known = libraryErrors.get(status);
  if (known !== undefined) return new GatewayError(known.code, known.message, { cause: error });
  if (status < 500) return new GatewayError('ERR_REQUEST_INVALID', 'The request is malformed.', { cause: error });
  return new GatewayError('ERR_INTERNAL', 'Something went wrong here; the log tells more.', { cause: error });
}

const onPurpose: ReadonlySet<ErrorCode> = new Set(['ERR_DRAINING', 'ERR_OVERLOADED', 'ERR_LIMIT_REACHED', 'ERR_HLS_NOT_READY']);

/** Whether an operator should look at it. */
export function isOurFault({ code }: GatewayError): boolean {
  return statusOf[code] >= 500 && !onPurpose.has(code);
}

/** For URLs that nothing is behind. */
export function refuseUnknownUrl(): never {
  throw new GatewayError(
    'ERR_NOT_FOUND',
    'There is nothing at this URL. Publish with POST /whip/{stream}, watch with POST /whep/{stream}.',
  );
}

function statusIn(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : 500;
}
