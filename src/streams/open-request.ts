import type { SessionClient } from './seats.ts';
import type { StreamId } from './stream-id.ts';

/** One POST. */
export interface OpenRequest {
  readonly streamId: StreamId;
  readonly offerText: string;
  readonly userAgent: string;
  /** Default: nobody whom limits are for. */
  readonly client?: SessionClient;
  /** Fires when the client is gone. */
  readonly signal: AbortSignal;
}

/** One POST of a player. */
export interface SubscribeRequest extends OpenRequest {
  /** The player wants our offer instead of an answer to its own (WHEP §4.3.2). */
  readonly counterOffer?: boolean;
}
