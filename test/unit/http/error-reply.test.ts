import { expect, test } from 'vitest';
import { GatewayError } from '../../../src/errors.ts';
import { isOurFault, toGatewayError } from '../../../src/http/error-reply.ts';

const libraryError = (statusCode: number) => Object.assign(new Error('internal words'), { statusCode });

test.for([
  [400, 'ERR_REQUEST_INVALID'],
  [404, 'ERR_NOT_FOUND'],
  [413, 'ERR_BODY_TOO_LARGE'],
  [414, 'ERR_NOT_FOUND'],
  [415, 'ERR_CONTENT_TYPE'],
  [500, 'ERR_INTERNAL'],
] as const)('what the HTTP library refuses with %d is %s', ([status, code]) => {
  const error = toGatewayError(libraryError(status));
  expect(error.code).toBe(code);
  expect(error.message).not.toContain('internal words');
});

test.for([new Error('a secret'), 'a secret', undefined])('the client learns nothing from %s', (thrown) => {
  const error = toGatewayError(thrown);
  expect(error.code).toBe('ERR_INTERNAL');
  expect(error.message).not.toContain('secret');
  expect(isOurFault(error)).toBe(true);
});

test('our own errors pass, and those of clients are not our fault', () => {
  const error = new GatewayError('ERR_STREAM_TAKEN', 'taken');
  expect(toGatewayError(error)).toBe(error);
  expect(isOurFault(error)).toBe(false);
});
