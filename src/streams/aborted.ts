import { GatewayError } from '../errors.ts';

/** Throws `ERR_REQUEST_ABORTED` when the client that asked is gone: nobody would ever use what is being made. */
export function refuseAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new GatewayError('ERR_REQUEST_ABORTED', 'The request was aborted.');
}
