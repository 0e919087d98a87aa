import { expect, test } from 'vitest';
import { factsOf, type ListedStream } from '../../../src/web/live-list.ts';

const now = new Date('2026-01-01T12:00:00Z');
const stream: ListedStream = {
  streamId: 'show',
  live: true,
  since: new Date('2026-01-01T11:55:00Z'),
  viewers: 3,
  codecs: ['VP8', 'opus'],
  sizes: 1,
  contested: false,
  thumbnail: true,
};

test.for<[Partial<ListedStream>, string]>([
  [{}, '3 viewers · VP8 + Opus · for 5 min'],
  [{ viewers: 1 }, '1 viewer · VP8 + Opus · for 5 min'],
  [{ sizes: 3 }, '3 viewers · VP8 + Opus · 3 sizes · for 5 min'],
  [{ live: false }, '3 viewers · VP8 + Opus · away for 5 min'],
  [{ codecs: [] }, '3 viewers · for 5 min'],
  [{ since: new Date(Number.NaN) }, '3 viewers · VP8 + Opus'],
  [{ contested: true }, '3 viewers · VP8 + Opus · for 5 min · several publishers want this name'],
])('a stream that is usual but for %j is described as “%s”', ([changes, facts]) => {
  expect(factsOf({ ...stream, ...changes }, now)).toBe(facts);
});
