/**
 * Every failure that a client, an operator or another layer may see, by its stable name.
 *
 * `http/error-reply.ts` maps each code to a status; a code without a status does not compile.
 */
export type ErrorCode =
  // configuration
  | 'ERR_CONFIG_INVALID'
  // requests
  | 'ERR_NOT_FOUND'
  | 'ERR_METHOD_NOT_ALLOWED'
  | 'ERR_CONTENT_TYPE'
  | 'ERR_BODY_TOO_LARGE'
  | 'ERR_REQUEST_INVALID'
  | 'ERR_RANGE_INVALID'
  | 'ERR_REQUEST_ABORTED'
  | 'ERR_STREAM_ID_INVALID'
  | 'ERR_SESSION_NOT_FOUND'
  | 'ERR_ETAG_REQUIRED'
  | 'ERR_ETAG_MISMATCH'
  | 'ERR_FRAGMENT_MALFORMED'
  | 'ERR_FRAGMENT_UNPROCESSABLE'
  // access
  | 'ERR_TLS_REQUIRED'
  | 'ERR_RATE_LIMITED'
  | 'ERR_UNAUTHENTICATED'
  | 'ERR_FORBIDDEN'
  | 'ERR_AUTH_UNAVAILABLE'
  // offers
  | 'ERR_OFFER_MALFORMED'
  | 'ERR_OFFER_DIRECTION'
  | 'ERR_OFFER_TRACKS'
  | 'ERR_OFFER_FINGERPRINT'
  | 'ERR_OFFER_ICE'
  | 'ERR_OFFER_SETUP'
  | 'ERR_OFFER_RTCP_MUX'
  | 'ERR_OFFER_BUNDLE'
  | 'ERR_OFFER_PROTOCOL'
  | 'ERR_OFFER_SIMULCAST'
  | 'ERR_OFFER_TOO_LARGE'
  | 'ERR_CODEC_UNSUPPORTED'
  | 'ERR_CODEC_H265_UNSUPPORTED'
  | 'ERR_NO_COMMON_CODEC'
  | 'ERR_ANSWER_UNEXPECTED'
  | 'ERR_ANSWER_MISMATCH'
  // streams
  | 'ERR_STREAM_TAKEN'
  | 'ERR_STREAM_CONTESTED'
  | 'ERR_STREAM_NOT_LIVE'
  | 'ERR_LAYER_UNKNOWN'
  // recordings
  | 'ERR_RECORDING_NOT_FOUND'
  | 'ERR_RECORDING_ACTIVE'
  | 'ERR_RECORDING_OFF'
  | 'ERR_RECORDING_MOVED'
  // egress
  | 'ERR_EGRESS_UNAVAILABLE'
  // HLS
  | 'ERR_HLS_DISABLED'
  | 'ERR_HLS_NOT_READY'
  // limits
  | 'ERR_TOO_MANY_SESSIONS'
  | 'ERR_LIMIT_REACHED'
  | 'ERR_STREAM_NOT_FOUND'
  // egress
  | 'ERR_EGRESS_NOT_FOUND'
  | 'ERR_EGRESS_TARGET_INVALID'
  | 'ERR_EGRESS_EXISTS'
  // the gateway itself
  | 'ERR_OVERLOADED'
  | 'ERR_DRAINING'
  | 'ERR_MEDIA_UNAVAILABLE'
  | 'ERR_INTERNAL';

/** What travels with a {@link GatewayError}. */
export interface GatewayErrorOptions {
  /** The error that caused this one. */
  readonly cause?: unknown;
  /** When a retry may succeed, in whole seconds; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** Facts for logs; must hold no SDP, token or session secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The one error that Sluice throws on purpose: a stable code and a sentence that tells the reader what to do. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly retryAfterSeconds: number | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.details = options.details ?? {};
  }
}
