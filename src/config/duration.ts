const millisecondsPer = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** What a duration looks like in the file and the environment: a whole number and its unit. */
export const durationPattern = /^(\d+)(ms|s|m|h)$/;

/** Longest duration that a setting may name: a day, far below what timers can hold. */
export const longestDurationMs = 24 * millisecondsPer.h;

/** `60s` → 60000. Undefined where the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit] = durationPattern.exec(text) ?? [];
  if (digits === undefined || !isUnit(unit)) return undefined;
  return Number(digits) * millisecondsPer[unit];
}

function isUnit(text: string | undefined): text is keyof typeof millisecondsPer {
  return text !== undefined && Object.hasOwn(millisecondsPer, text);
}

/** The same for a text that the schema has checked. */
export function milliseconds(duration: string): number {
  const value = parseDuration(duration);
  if (value === undefined) throw new TypeError(`unchecked duration: ${duration}`);
  return value;
}
