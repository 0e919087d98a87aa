import { GatewayError } from '../errors.ts';

/** Options or a file that nothing can be done with; the message names no secret. */
export function unusable(message: string): GatewayError {
  return new GatewayError('ERR_CONFIG_INVALID', message);
}
