import type { AccessRequest, Action } from './access.ts';
import { isStreamPattern, matchesStreamPattern } from './stream-pattern.ts';

/** The streams that each action is allowed for: names, in which `*` stands for any characters. */
export type Permissions = Readonly<Record<Action, readonly string[]>>;

/** Permissions as people write them: `true` stands for every stream, what is absent is not allowed. */
export type WrittenPermissions = { readonly [action in Action]?: boolean | readonly string[] | undefined };

/** Everything is allowed. */
export const everything: Permissions = { publish: ['*'], play: ['*'], operate: ['*'] };

/**
 * Reads `{ publish, play, operate }`, in keys and in a JWT's claim alike: each is `true` or a list of stream patterns.
 *
 * Other members are left to the caller. Undefined where the value has another shape.
 * @example
 * parsePermissions({ publish: ['show-*'], play: true });
 */
export function parsePermissions(value: unknown): Permissions | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const scopeOf = (action: Action) => parseScope(Object.hasOwn(value, action) ? Reflect.get(value, action) : undefined);
  const [publish, play, operate] = [scopeOf('publish'), scopeOf('play'), scopeOf('operate')];
  return publish && play && operate && { publish, play, operate };
}

/** Everything that one of them allows. */
export function unionOf(permissions: readonly Permissions[]): Permissions {
  const scopeOf = (action: Action) => permissions.flatMap((each) => each[action]);
  return { publish: scopeOf('publish'), play: scopeOf('play'), operate: scopeOf('operate') };
}

/**
 * The stream that the permissions let a request have; undefined where they do not.
 *
 * A request that names no stream gets the only one that is allowed by its name. An operator's request about no one stream needs `*`.
 */
export function admit(
  permissions: Permissions,
  { action, streamId }: Pick<AccessRequest, 'action' | 'streamId'>,
): { readonly streamId: string | undefined } | undefined {
  const scope = permissions[action];
  if (streamId !== undefined) return scope.some((pattern) => matchesStreamPattern(pattern, streamId)) ? { streamId } : undefined;
  if (action === 'operate') return scope.includes('*') ? { streamId } : undefined;
  const [only, ...others] = new Set(scope);
  return only === undefined || others.length > 0 || only.includes('*') ? undefined : { streamId: only };
}

function parseScope(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === false) return [];
  if (value === true) return ['*'];
  return Array.isArray(value) && value.every(isWrittenPattern) ? value : undefined;
}

function isWrittenPattern(value: unknown): value is string {
  return typeof value === 'string' && isStreamPattern(value);
}
