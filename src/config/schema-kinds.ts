import Type, { type TProperties } from 'typebox';
import { durationPattern, longestDurationMs, parseDuration } from './duration.ts';

/*
 * `expects` completes "must be …" where a pattern alone would tell the reader nothing; `fileOnly` keys have no environment variable;
 * `secret` keys are masked by --print-config, and so are members of that name in the entries of a list with `secretMembers`.
 */

/** A group of keys; unknown ones are errors. */
export const group = <Keys extends TProperties>(description: string, keys: Keys) =>
  Type.Object(keys, { description, additionalProperties: false, default: {} });

/** Text of a certain form. */
export const text = (options: { pattern: string; expects: string; description: string; default?: string; secret?: true }) =>
  Type.String(options);

/** A whole number and its unit. */
export const duration = (options: { description: string; default?: string }) =>
  Type.Refine(
    Type.String({ ...options, pattern: durationPattern.source, expects: 'a duration such as 500ms, 60s or 2m' }),
    (value) => (parseDuration(value) ?? 0) <= longestDurationMs,
    () => 'must be at most 24h',
  );

/** A name of a file. */
export const file = (description: string) => text({ description, pattern: '^[^\\0]+$', expects: 'the name of a file' });

/** A limit that 0 switches off. */
export const limit = (description: string, defaultLimit: number) =>
  Type.Integer({ description, minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: defaultLimit });

/** A switch. */
export const flag = (description: string, defaultValue: boolean) => Type.Boolean({ description, default: defaultValue });

/** A stream name in which `*` stands for any characters. */
export const streamPattern = (description: string) =>
  text({ description, pattern: '^[A-Za-z0-9_*-]{1,64}$', expects: 'a stream name in which * stands for any characters' });
