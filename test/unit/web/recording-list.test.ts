import { expect, test } from 'vitest';
import { factsOfRecording, type ListedRecording } from '../../../src/web/recording-list.ts';

const recording: ListedRecording = {
  id: '0123456789abcdef',
  stream: 'show',
  part: 1,
  state: 'complete',
  startedAt: new Date('2026-01-01T12:00:00Z'),
  durationMs: 320_000,
  bytes: 104_857_600,
  width: 1280,
  height: 720,
  codecs: ['avc1.42e01f', 'mp4a.40.2'],
  ending: 'The stream has ended.',
  upload: undefined,
};

test.for<[Partial<ListedRecording>, string]>([
  [{}, '5 min · 104.9 MB · 1280 × 720 · H264 + AAC · The stream has ended'],
  [{ upload: 'done' }, '5 min · 104.9 MB · 1280 × 720 · H264 + AAC · The stream has ended · in the bucket'],
  [{ state: 'recording', ending: undefined }, '5 min · 104.9 MB · 1280 × 720 · H264 + AAC'],
  [{ width: undefined, height: undefined, codecs: ['mp4a.40.2'] }, '5 min · 104.9 MB · AAC · The stream has ended'],
  [{ codecs: ['vp8', 'opus'] }, '5 min · 104.9 MB · 1280 × 720 · VP8 + Opus · The stream has ended'],
])('a recording that is usual but for %j is described as “%s”', ([changes, facts]) => {
  expect(factsOfRecording({ ...recording, ...changes })).toBe(facts);
});
