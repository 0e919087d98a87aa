import { expect, test } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { challengeOf } from '../../../src/http/challenge.ts';

test.for([
  ['ERR_UNAUTHENTICATED', { reason: 'missing' }, 'Bearer realm="sluice"'],
  ['ERR_UNAUTHENTICATED', { reason: 'invalid' }, 'Bearer realm="sluice", error="invalid_token"'],
  ['ERR_UNAUTHENTICATED', { reason: 'expired' }, 'Bearer realm="sluice", error="invalid_token", error_description="The token has expired"'],
  ['ERR_UNAUTHENTICATED', {}, 'Bearer realm="sluice"'],
  ['ERR_FORBIDDEN', {}, 'Bearer realm="sluice", error="insufficient_scope"'],
  ['ERR_NOT_FOUND', {}, undefined],
] as const)('%s with %j is told as %s', ([code, details, challenge]) => {
  expect(challengeOf(new GatewayError(code, 'no', { details }))).toBe(challenge);
});
