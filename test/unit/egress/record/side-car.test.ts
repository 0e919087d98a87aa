import { expect, test } from 'vitest';
import type { Recording } from '../../../../src/egress/record/recording.ts';
import { parseSideCar, writeSideCar } from '../../../../src/egress/record/side-car.ts';
import { parseStreamId } from '../../../../src/streams/stream-id.ts';

const recording: Recording = {
  id: '0123456789abcdef',
  session: 'fedcba9876543210',
  streamId: parseStreamId('show'),
  part: 1,
  state: 'complete',
  startedAt: new Date('2026-11-26T09:14:22.345Z'),
  durationMs: 12_345,
  bytes: 678_901,
  container: 'mp4',
  path: 'show/20261126T091422Z-001.mp4',
  video: { codec: 'avc1.42e01f', width: 1280, height: 720 },
  audio: { codec: 'mp4a.40.2', sampleRate: 48_000, channels: 2 },
  ending: { cause: 'stopped', detail: 'The recording was stopped.' },
  remote: {
    bucket: 'recordings',
    key: 'sluice/show/20261126T091422Z-001.mp4',
    uploadId: 'abc',
    partBytes: 8_388_608,
    confirmedAt: new Date('2026-11-26T10:00:00.000Z'),
  },
};

test.for<[string, Partial<Recording>]>([
  ['everything', {}],
  ['a recording that grows', { state: 'recording', ending: undefined, remote: undefined, durationMs: 0 }],
  ['sound alone', { video: undefined }],
  ['a picture alone, of unknown size', { audio: undefined, video: { codec: 'vp8', width: undefined, height: undefined } }],
])('a side-car of %s is read back as it was', ([, changes]) => {
  const changed = { ...recording, ...changes };
  expect(parseSideCar(writeSideCar(changed), changed.path)).toEqual(changed);
});

test('a side-car that was moved with its file tells the new place', () => {
  expect(parseSideCar(writeSideCar(recording), 'archive/one.mp4')?.path).toBe('archive/one.mp4');
});

test.for<[string, string]>([
  ['nothing', ''],
  ['no JSON', '{'],
  ['a list', '[]'],
  ['another version', JSON.stringify({ ...recording, version: 2 })],
  ['an id that would leave the folder', JSON.stringify({ ...recording, version: 1, id: '../../etc/passwd' })],
  ['a stream that cannot be', JSON.stringify({ ...recording, version: 1, streamId: '../x' })],
  ['a container that cannot be', JSON.stringify({ ...recording, version: 1, container: 'exe' })],
  ['a negative size', JSON.stringify({ ...recording, version: 1, bytes: -1 })],
  ['no time', JSON.stringify({ ...recording, version: 1, startedAt: 'yesterday' })],
])('a file with %s is not ours', ([, text]) => {
  expect(parseSideCar(text, 'x.mp4')).toBeUndefined();
});
