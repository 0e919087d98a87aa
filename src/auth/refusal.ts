import { GatewayError } from '../errors.ts';
import type { AccessRequest, Refusal, TokenProblem } from './access.ts';

const retryAfterSeconds = 5;

const sentences: Readonly<Record<TokenProblem, string>> = {
  missing: 'This needs a token; send it as "Authorization: Bearer …".',
  invalid: 'The token is not valid here.',
  expired: 'The token has expired; get a new one.',
};

/**
 * The one error that tells what all methods said to a request.
 *
 * A method that knows the token beats those that do not, one that cannot tell now comes next, and then whatever says most about the token.
 * `details.because` lists what each of them said, for the log.
 */
export function refusalError({ action, streamId }: Pick<AccessRequest, 'action' | 'streamId'>, refusals: readonly Refusal[]): GatewayError {
  const because = refusals.map((refusal) => refusal.because);
  if (refusals.some(({ name }) => name === 'forbidden')) {
    const lacksName = streamId === undefined && action !== 'operate';
    const message = lacksName
      ? 'This does not tell which one stream it is for; name it in the URL, such as /whip/{stream}.'
      : `This token does not allow to ${action}${streamId === undefined ? '' : ` "${streamId}"`}.`;
    return new GatewayError('ERR_FORBIDDEN', message, { details: { because } });
  }
  if (refusals.some(({ name }) => name === 'unavailable')) {
    const message = 'The token cannot be checked right now; try again.';
    return new GatewayError('ERR_AUTH_UNAVAILABLE', message, { retryAfterSeconds, details: { because } });
  }
  const reasons = refusals.flatMap((refusal) => (refusal.name === 'unauthenticated' ? [refusal.reason] : []));
  const reason = (['expired', 'invalid'] as const).find((each) => reasons.includes(each)) ?? 'missing';
  return new GatewayError('ERR_UNAUTHENTICATED', sentences[reason], { details: { reason, because } });
}
