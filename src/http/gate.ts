import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { Action, Authorizer, Grant } from '../auth/authorizer.ts';
import { bearerToken } from '../auth/bearer-token.ts';
import { GatewayError } from '../errors.ts';
import type { SessionClient } from '../streams/seats.ts';
import { parseStreamId } from '../streams/stream-id.ts';
import { clientAddress } from './client-address.ts';
import { clientGoneSignal } from './client-gone.ts';
import { RateLimit } from './rate-limit.ts';

/** What the gate works with. */
export interface GateOptions {
  readonly authorizer: Authorizer;
  /** Take an `Authorization` header of one word for the token itself. Default false. */
  readonly allowRawToken?: boolean | undefined;
  /** Who knows a session's URL needs no token for it. Default false. */
  readonly sessionUrlIsCapability?: boolean | undefined;
  /** Refuse requests that came by plain HTTP. Default false. */
  readonly requireTls?: boolean | undefined;
  /** Requests of one address, a minute, by method. Default: no limit. */
  readonly rates?: { readonly [method in LimitedMethod]?: number | undefined } | undefined;
  /** Why no new session fits in now; undefined: it does. */
  readonly overload?: (() => string | undefined) | undefined;
}

/** GET stands for HEAD too. */
type LimitedMethod = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** What a route is for. */
export interface Purpose {
  readonly action: Action;
  /** `opens`: a POST that makes a session. `uses`: what happens to one that there is. Default: neither. */
  readonly session?: 'opens' | 'uses';
  /** Also take a token from `?access_token=`, for pages that people open by their URL (RFC 6750 §2.3). */
  readonly tokenInQuery?: boolean;
}

const retryAfterSeconds = 5;

/**
 * The one place that lets requests in: everything that is checked before a handler, a body or a media type is looked at, in the order in
 * which the checks win (conformance, "status decision order"). Nothing is allocated for who does not get past it.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #isDraining: () => boolean;
  readonly #grants = new WeakMap<FastifyRequest, Grant>();
  readonly #rates: ReadonlyMap<string, RateLimit>;

  constructor(options: GateOptions, isDraining: () => boolean) {
    this.#options = options;
    this.#isDraining = isDraining;
    this.#rates = new Map(
      Object.entries(options.rates ?? {}).flatMap(([method, perMinute]) =>
        perMinute === undefined ? [] : [[method, new RateLimit({ perMinute })] as const],
      ),
    );
  }

  /** The `onRequest` hook of a route. */
  guard(purpose: Purpose): onRequestAsyncHookHandler {
    return async (request, reply) => {
      const streamId = streamOf(request);
      await this.admit(request);
      if (purpose.session === 'opens') this.#refuseMore();
      if (purpose.session === 'uses' && this.#options.sessionUrlIsCapability === true) return;
      this.#grants.set(request, await this.authorize(request, reply, { ...purpose, streamId }));
    };
  }

  /** The `onRequest` hook of a route whose handler asks for grants itself; {@link guard} includes it. */
  readonly admit = async (request: FastifyRequest): Promise<void> => {
    await this.requireTransport(request);
    this.#refuseHaste(request);
  };

  /** The `onRequest` hook of a route that is for everybody; {@link admit} includes it. */
  readonly requireTransport = async ({ protocol }: FastifyRequest): Promise<void> => {
    if (this.#options.requireTls !== true || protocol === 'https') return;
    throw new GatewayError('ERR_TLS_REQUIRED', 'Use https://: this gateway takes nothing over plain HTTP.');
  };

  /** What the guard of its route granted to a request. */
  grantOf(request: FastifyRequest): Grant {
    const grant = this.#grants.get(request);
    if (grant === undefined) throw new TypeError('the route has no guard');
    return grant;
  }

  /** Asks whether a request may do something. Throws what `Authorizer.authorize` throws. */
  async authorize(
    request: FastifyRequest,
    reply: FastifyReply,
    { action, streamId, tokenInQuery }: Purpose & { readonly streamId: string | undefined },
  ): Promise<Grant> {
    return this.#options.authorizer.authorize({
      action,
      streamId,
      token: this.#tokenOf(request, tokenInQuery),
      address: request.ip,
      userAgent: request.headers['user-agent'] ?? '',
      signal: clientGoneSignal(reply),
    });
  }

  /** The same, where a refusal is an answer too. */
  async allows(
    request: FastifyRequest,
    reply: FastifyReply,
    purpose: Purpose & { readonly streamId: string | undefined },
  ): Promise<boolean> {
    try {
      await this.authorize(request, reply, purpose);
      return true;
    } catch (error) {
      if (error instanceof GatewayError) return false;
      throw error;
    }
  }

  /** Who opens a session, as limits see it. */
  clientOf(request: FastifyRequest): SessionClient {
    const { expiresAt, limits, subject } = this.grantOf(request);
    const token = subject === 'anyone' ? undefined : this.#tokenOf(request, true);
    return {
      address: clientAddress(request.ip),
      holder: token === undefined ? subject : createHash('sha256').update(token).digest('base64'),
      isAnonymous: subject === 'anyone',
      maxSessions: limits?.maxSessions,
      maxBitrate: limits?.maxBitrate,
      expiresAt,
    };
  }

  /** Counts a request of no limited method as one of `method`; false: there were too many. */
  countsAs(method: LimitedMethod, request: FastifyRequest): boolean {
    return (this.#rates.get(method)?.take(clientAddress(request.ip), performance.now()) ?? 0) === 0;
  }

  #tokenOf({ headers, query }: FastifyRequest, inQuery = false): string | undefined {
    const token = bearerToken(headers.authorization, { allowRaw: this.#options.allowRawToken ?? false });
    if (token !== undefined || !inQuery || typeof query !== 'object' || query === null || !('access_token' in query)) return token;
    return typeof query.access_token === 'string' ? query.access_token : undefined;
  }

  #refuseHaste({ method, ip }: FastifyRequest): void {
    const waitMs = this.#rates.get(method === 'HEAD' ? 'GET' : method)?.take(clientAddress(ip), performance.now()) ?? 0;
    if (waitMs === 0) return;
    throw new GatewayError('ERR_RATE_LIMITED', `There are too many ${method} requests from your address; slow down.`, {
      retryAfterSeconds: Math.ceil(waitMs / 1000),
    });
  }

  #refuseMore(): void {
    if (this.#isDraining()) throw new GatewayError('ERR_DRAINING', 'The gateway is shutting down; try again.', { retryAfterSeconds });
    const reason = this.#options.overload?.();
    if (reason === undefined) return;
    throw new GatewayError('ERR_OVERLOADED', 'The gateway has no room for more now; try again.', {
      retryAfterSeconds,
      details: { reason },
    });
  }
}

/** The stream in the URL. Throws `ERR_STREAM_ID_INVALID`: there is nothing at such a URL, whoever asks. */
function streamOf({ params }: FastifyRequest): string | undefined {
  const stream: unknown = typeof params === 'object' && params !== null && 'stream' in params ? params.stream : undefined;
  return typeof stream === 'string' ? parseStreamId(stream) : undefined;
}
