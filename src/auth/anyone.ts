import type { AuthMethod } from './access.ts';
import { admit, everything, parsePermissions, type WrittenPermissions } from './permissions.ts';
import { unusable } from './unusable.ts';

/** `none`: no token is needed, and one that comes nevertheless is not looked at. */
export interface NoneOptions {
  readonly method: 'none';
  /** What anyone may do. Default: everything. */
  readonly permissions?: WrittenPermissions | undefined;
}

/** Opens the method that grants without a token. */
export function openAnyone({ permissions: written }: NoneOptions): AuthMethod {
  const permissions = written === undefined ? everything : parsePermissions(written);
  if (permissions === undefined) throw unusable('auth: what anyone may do is not a set of permissions.');
  return {
    name: 'none',
    judge: async (request) => {
      const admission = admit(permissions, request);
      if (admission !== undefined) {
        return { name: 'granted', grant: { ...admission, subject: 'anyone', expiresAt: undefined, limits: undefined } };
      }
      const lacksName = request.streamId === undefined && request.action !== 'operate' && permissions[request.action].length > 0;
      if (lacksName) return { name: 'forbidden', because: 'no name of a stream' };
      return { name: 'unauthenticated', reason: 'missing', because: 'not open to anyone' };
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
