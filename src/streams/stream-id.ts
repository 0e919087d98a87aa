import { GatewayError } from '../errors.ts';

declare const brand: unique symbol;

/** A checked stream name. */
export type StreamId = string & { readonly [brand]: 'StreamId' };

/** Checks a stream name: 1–64 of `A–Z a–z 0–9 _ -`. Throws `ERR_STREAM_ID_INVALID`. */
export function parseStreamId(text: string): StreamId {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(text)) {
    throw new GatewayError('ERR_STREAM_ID_INVALID', 'A stream name has 1 to 64 characters of A-Z, a-z, 0-9, "_" and "-".');
  }
  return text as StreamId;
}
