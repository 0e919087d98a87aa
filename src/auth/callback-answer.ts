import { isStreamName } from './stream-pattern.ts';

/** What the operator's service adds to a grant: a JSON object, each member optional. */
export interface CallbackAnswer {
  /** The stream, where the request names none. */
  readonly stream?: string;
  /** Who this is, for logs. */
  readonly subject?: string;
  /** After how long sessions with this grant have to end. */
  readonly expiresInSeconds?: number;
  /** How many sessions the token may have at once. */
  readonly maxSessions?: number;
  /** Bits per second. */
  readonly maxBitrate?: number;
}

const checks: { readonly [Member in keyof CallbackAnswer]-?: (value: unknown) => boolean } = {
  stream: (value) => typeof value === 'string' && isStreamName(value),
  subject: (value) => typeof value === 'string' && value.length > 0 && value.length <= 128,
  expiresInSeconds: (value) => isPositive(value) && value <= 10 * 365 * 86_400,
  maxSessions: (value) => isPositive(value) && Number.isInteger(value),
  maxBitrate: isPositive,
};

/** Reads an answer; members that it does not know, and null, are left out. Undefined where one is not what it should be. */
export function parseCallbackAnswer(value: unknown): CallbackAnswer | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const members = Object.entries(value).filter(([name, member]) => Object.hasOwn(checks, name) && member !== null);
  const answer = Object.fromEntries(members);
  return isAnswer(answer) ? answer : undefined;
}

function isAnswer(value: Record<string, unknown>): value is Record<string, unknown> & CallbackAnswer {
  return Object.entries(checks).every(([name, isGood]) => value[name] === undefined || isGood(value[name]));
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}
