import * as mediasoup from 'mediasoup';
import type { Logger } from 'pino';

/** Errors to mediasoup that no operator needs to hear of. */
const harmless = [
  // A viewer's estimate is not to fall below what its path was seen to carry. Where that is more than mediasoup would try by itself, it says so
  // several times a second, and does as it is told.
  'GoogCcNetworkController::ClampConstraints()',
  // A request failed, mostly because what it was for has just closed: whoever asked is told, and knows what it means.
  'Worker::HandleRequest() | throwing ',
];

/** Writes what mediasoup and its workers complain of into our log: warnings for those who debug, errors as warnings, because they end nothing. */
export function logMediasoup(logger: Logger): void {
  mediasoup.setLogEventListeners({
    onwarn: (namespace, message) => logger.debug({ namespace }, message),
    onerror: (namespace, message, error) => logger[levelOfError(message)]({ namespace, err: error }, message),
  });
}

/** How much an operator must hear of an error of mediasoup's. */
export function levelOfError(message: string): 'debug' | 'warn' {
  return harmless.some((part) => message.includes(part)) ? 'debug' : 'warn';
}
