import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import type { AccessRequest, AuthMethod, Grant, Refusal, Verdict } from './access.ts';
import { openAnyone, type NoneOptions } from './anyone.ts';
import { openCallback, type CallbackOptions } from './callback.ts';
import { openJwt, type JwtOptions } from './jwt.ts';
import { openKeys, type KeysOptions } from './keys.ts';
import { refusalError } from './refusal.ts';

export type { AccessRequest, Action, Grant } from './access.ts';

/** The methods to ask, in order: the first that grants wins. */
export type AuthOptions = readonly (NoneOptions | KeysOptions | JwtOptions | CallbackOptions)[];

/** What {@link openAuthorizer} needs besides its options. */
export interface AuthDeps {
  readonly logger: Logger;
}

/** Tells who may do what. */
export interface Authorizer extends AsyncDisposable {
  /**
   * Grants, or throws: `ERR_UNAUTHENTICATED` without a good token (`details.reason`: `missing`, `invalid` or `expired`), `ERR_FORBIDDEN`
   * when a good one is not for this, `ERR_AUTH_UNAVAILABLE` when nobody can tell now.
   */
  authorize(request: AccessRequest): Promise<Grant>;
}

/** Far more than any honest token has; longer ones are refused unread. */
const longestToken = 8 * 1024;

/** Opens every method. Throws `ERR_CONFIG_INVALID` when options or files are not usable. */
export async function openAuthorizer(options: AuthOptions, { logger }: AuthDeps): Promise<Authorizer> {
  await using opened = new AsyncDisposableStack();
  const methods: AuthMethod[] = [];
  for (const each of options) methods.push(opened.use(await openMethod(each, logger)));
  const resources = opened.move();
  return {
    authorize: async (request) => authorize(methods, request),
    [Symbol.asyncDispose]: async () => resources.disposeAsync(),
  };
}

async function openMethod(options: AuthOptions[number], logger: Logger): Promise<AuthMethod> {
  switch (options.method) {
    case 'none':
      return openAnyone(options);
    case 'keys':
      return openKeys(options, logger);
    case 'jwt':
      return openJwt(options, logger);
    case 'http':
      return openCallback(options, logger);
  }
}

async function authorize(methods: readonly AuthMethod[], request: AccessRequest): Promise<Grant> {
  const refusals: Refusal[] = [];
  for (const method of methods) {
    const verdict = await judge(method, request);
    if (request.signal.aborted) throw new GatewayError('ERR_REQUEST_ABORTED', 'The request was aborted.');
    if (verdict.name === 'granted') return verdict.grant;
    refusals.push({ ...verdict, because: `${method.name}: ${verdict.because}` });
  }
  throw refusalError(request, refusals);
}

async function judge(method: AuthMethod, request: AccessRequest): Promise<Verdict> {
  const readsToken = method.name !== 'none';
  if (readsToken && (request.token?.length ?? 0) > longestToken) {
    return { name: 'unauthenticated', reason: 'invalid', because: 'token too long' };
  }
  return method.judge(request);
}
