import type { StreamId } from '../../streams/stream-id.ts';

/** What the path of a recording is made of. */
export interface PathFacts {
  readonly streamId: StreamId;
  /** Of the whole recording, so that all its parts share it. */
  readonly startedAt: Date;
  /** From 1. */
  readonly part: number;
}

/** Writes the path of a part, relative to the folder of recordings and without the ending that its container gives it. */
export type PathTemplate = (facts: PathFacts) => string;

const placeholders: Readonly<Record<string, (facts: PathFacts) => string>> = {
  stream: ({ streamId }) => streamId,
  start: ({ startedAt }) => `${dateOf(startedAt)}T${timeOf(startedAt)}Z`,
  date: ({ startedAt }) => dateOf(startedAt),
  time: ({ startedAt }) => timeOf(startedAt),
  part: ({ part }) => String(part).padStart(3, '0'),
};

/** A folder or file of a template: letters, digits, `_ . -` and placeholders, not beginning with a dot. */
const segmentPattern = /^(?!\.)(?:[A-Za-z0-9_.-]|\{(?:stream|start|date|time|part)\})+$/;

/**
 * Parses a template such as `{stream}/{start}-{part}`. Times are UTC.
 *
 * What it writes stays below its folder whatever the stream is called: stream names hold no slash and no dot, and no segment of a template
 * begins with one. Throws `TypeError` for anything that the configuration would have refused.
 */
export function parsePathTemplate(text: string): PathTemplate {
  const segments = text.split('/');
  if (!segments.every((segment) => segmentPattern.test(segment))) throw new TypeError(`no path template: ${text}`);
  if (!text.includes('{part}')) throw new TypeError(`a path template without {part}: ${text}`);
  return (facts) => text.replaceAll(/\{(\w+)\}/g, (_, name: string) => placeholders[name]?.(facts) ?? '');
}

function dateOf(time: Date): string {
  return time.toISOString().slice(0, 10).replaceAll('-', '');
}

function timeOf(time: Date): string {
  return time.toISOString().slice(11, 19).replaceAll(':', '');
}
