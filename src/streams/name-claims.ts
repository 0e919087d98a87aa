import { GatewayError } from '../errors.ts';
import type { StreamPolicy } from './stream-policy.ts';
import { afterTakeover, heldForMs, noTakeovers } from './takeover.ts';

/** A publisher's place in the queue for a name; later claims win. */
export interface Claim {
  readonly order: number;
}

/** Who may have a stream's name: its claims, and what it remembers of publishers replacing each other. */
export class NameClaims {
  readonly #policy: Pick<StreamPolicy, 'takeover'>;
  readonly #pending = new Set<Claim>();
  #count = 0;
  #takeovers = noTakeovers;

  constructor(policy: Pick<StreamPolicy, 'takeover'>) {
    this.#policy = policy;
  }

  /** Whether somebody is about to publish. */
  get arePending(): boolean {
    return this.#pending.size > 0;
  }

  /** Until when a present publisher keeps the name; undefined when it is not contested. */
  get contestedUntil(): Date | undefined {
    const heldMs = heldForMs(this.#takeovers, Date.now());
    return heldMs === 0 ? undefined : new Date(Date.now() + heldMs);
  }

  /** Claims the name. Throws `ERR_STREAM_TAKEN` (policy `reject`) and `ERR_STREAM_CONTESTED`. */
  take({ isPublished }: { readonly isPublished: boolean }): Claim {
    if (isPublished) this.refuseContested();
    if (this.#policy.takeover === 'reject' && (isPublished || this.arePending)) {
      throw new GatewayError('ERR_STREAM_TAKEN', 'This stream has a publisher already.', { retryAfterSeconds: 5 });
    }
    const claim = { order: (this.#count += 1) };
    this.#pending.add(claim);
    return claim;
  }

  release(claim: Claim): void {
    this.#pending.delete(claim);
  }

  /** Throws `ERR_STREAM_CONTESTED` while the present publisher keeps the name. */
  refuseContested(): void {
    const until = this.contestedUntil;
    if (until === undefined) return;
    const message = 'Several publishers keep taking this stream from each other; its present one keeps it for now.';
    throw new GatewayError('ERR_STREAM_CONTESTED', message, { retryAfterSeconds: Math.ceil((until.getTime() - Date.now()) / 1000) });
  }

  /** A publisher is being replaced. */
  countTakeover(): void {
    this.#takeovers = afterTakeover(this.#takeovers, Date.now());
  }
}
