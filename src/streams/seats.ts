import { GatewayError } from '../errors.ts';
import type { SessionKind } from './registry-events.ts';
import type { StreamId } from './stream-id.ts';

/** Who opens a session, as limits see it. */
export interface SessionClient {
  /** What stands for its address: of IPv6 the network. */
  readonly address: string;
  /** What stands for its token, or its name where it needs none; never the token itself. */
  readonly holder: string;
  /** It needs no token: `holder` is everybody. */
  readonly isAnonymous: boolean;
  /** How many sessions the holder may have; undefined: as the limits say. */
  readonly maxSessions: number | undefined;
  /** Bits per second that it may send; undefined: as the limits say. */
  readonly maxBitrate: number | undefined;
  /** When its sessions have to end. */
  readonly expiresAt: Date | undefined;
}

/** A client whom no limit of its own is for. */
export const nobody: SessionClient = {
  address: 'none',
  holder: 'nobody',
  isAnonymous: true,
  maxSessions: undefined,
  maxBitrate: undefined,
  expiresAt: undefined,
};

/** How many sessions there may be at once; undefined: any number. */
export interface SeatLimits {
  readonly publishers?: number | undefined;
  readonly publishersPerAddress?: number | undefined;
  readonly viewers?: number | undefined;
  readonly viewersPerStream?: number | undefined;
  readonly viewersPerAddress?: number | undefined;
  readonly sessionsPerToken?: number | undefined;
}

/** A session that wants in. */
export interface SeatRequest {
  readonly kind: SessionKind;
  readonly streamId: StreamId;
  readonly client: SessionClient;
}

/** One limit as it applies to a request. */
interface Check {
  readonly key: string;
  readonly most: number | undefined;
  readonly refusal: () => GatewayError;
}

const retryAfterSeconds = 10;

/** Counts sessions by what they are limited by. */
export class Seats {
  readonly #limits: SeatLimits;
  readonly #taken = new Map<string, number>();

  constructor(limits: SeatLimits = {}) {
    this.#limits = limits;
  }

  /**
   * Takes a seat, to be disposed of when the session is gone. A publisher that comes for a stream which has one does not count against
   * limits that its predecessor, whom it replaces, counts against already.
   *
   * Throws `ERR_LIMIT_REACHED` when all clients together, and `ERR_TOO_MANY_SESSIONS` when this one has all that there may be.
   */
  take(request: SeatRequest): Disposable {
    const checks = this.#checksFor(request);
    const predecessor = (key: string) => `${request.kind} ${request.streamId} ${key}`;
    for (const { key, most, refusal } of checks) {
      const leaving = request.kind === 'publish' ? Math.min(1, this.#count(predecessor(key))) : 0;
      if (most !== undefined && this.#count(key) - leaving >= most) throw refusal();
    }
    const keys = checks.flatMap(({ key }) => (request.kind === 'publish' ? [key, predecessor(key)] : [key]));
    for (const key of keys) this.#taken.set(key, this.#count(key) + 1);
    let isTaken = true;
    return {
      [Symbol.dispose]: () => {
        if (!isTaken) return;
        isTaken = false;
        for (const key of keys) this.#release(key);
      },
    };
  }

  #checksFor({ kind, streamId, client }: SeatRequest): readonly Check[] {
    const { publishers, publishersPerAddress, viewers, viewersPerStream, viewersPerAddress, sessionsPerToken } = this.#limits;
    const { address, holder, isAnonymous, maxSessions = isAnonymous ? undefined : sessionsPerToken } = client;
    const ofHolder = { key: `holder ${holder}`, most: maxSessions, refusal: () => tooMany('with your token') };
    if (kind === 'publish') {
      return [
        { key: 'publishers', most: publishers, refusal: () => full('This gateway has all the publishers that it takes; try again later.') },
        { key: `publisher ${address}`, most: publishersPerAddress, refusal: () => tooMany('from your address') },
        ofHolder,
      ];
    }
    return [
      { key: 'viewers', most: viewers, refusal: () => full('This gateway has all the viewers that it takes; try again later.') },
      {
        key: `viewers of ${streamId}`,
        most: viewersPerStream,
        refusal: () => full('This stream has all the viewers that it takes; try again later.'),
      },
      { key: `viewer ${address}`, most: viewersPerAddress, refusal: () => tooMany('from your address') },
      ofHolder,
    ];
  }

  #count(key: string): number {
    return this.#taken.get(key) ?? 0;
  }

  #release(key: string): void {
    const left = this.#count(key) - 1;
    if (left > 0) this.#taken.set(key, left);
    else this.#taken.delete(key);
  }
}

function full(message: string): GatewayError {
  return new GatewayError('ERR_LIMIT_REACHED', message, { retryAfterSeconds });
}

function tooMany(whose: string): GatewayError {
  return new GatewayError('ERR_TOO_MANY_SESSIONS', `There are too many sessions ${whose}; end one, or try again later.`, {
    retryAfterSeconds,
  });
}
