import { expect, test } from 'vitest';
import type { Fragment, InitSegment, TapRun } from '../../../src/egress/fragment.ts';
import { FragmentHub, fromLastKeyFrames, type FragmentReader } from '../../../src/egress/fragment-hub.ts';

const init: InitSegment = {
  container: 'mp4',
  bytes: new Uint8Array(),
  codec: 'avc1.42e01f',
  timescale: 90_000,
  size: { width: 320, height: 180 },
};

const run: TapRun = { id: 1, startedAt: new Date(0), renditions: [] };

function fragment(rendition: string, startMs: number, { independent = rendition === 'audio', bytes = 100 } = {}): Fragment {
  return { rendition, init, startMs, durationMs: 200, independent, frames: 6, bytes: new Uint8Array(bytes) };
}

/** Two encodings and audio for `seconds`, in fragments of 200 ms, a key frame every second. */
function media(seconds: number, names = ['video-0', 'video-1', 'audio']): Fragment[] {
  return Array.from({ length: seconds * 5 }, (_, index) =>
    names.map((name) => fragment(name, index * 200, { independent: name === 'audio' || index % 5 === 0 })),
  ).flat();
}

class Notes implements FragmentReader {
  readonly notes: string[] = [];
  runStarted({ id }: TapRun): void {
    this.notes.push(`run ${id}`);
  }
  fragment(_run: TapRun, { rendition, startMs }: Fragment): void {
    this.notes.push(`${rendition} ${startMs}`);
  }
  runEnded(_run: TapRun, { cause }: { readonly cause: string }): void {
    this.notes.push(cause);
  }
  ended(): void {
    this.notes.push('ended');
  }
}

test('a late reader begins at the last key frame that all renditions have, with the audio from there on', () => {
  const hub = new FragmentHub();
  hub.startRun(run);
  for (const one of media(3)) hub.push(one);
  hub.push(fragment('video-0', 3000, { independent: true })); // the other encoding's key frame is not there yet
  const reader = new Notes();
  hub.add(reader);
  expect(reader.notes.slice(0, 4)).toEqual(['run 1', 'video-0 2000', 'video-1 2000', 'audio 2000']);
  expect(reader.notes.at(-1)).toBe('video-0 3000');
});

test.for([
  [3, 1000],
  [1, 0],
] as const)('after %i s, one that wants what is complete begins a key frame earlier, where there is one', ([seconds, startMs]) => {
  const hub = new FragmentHub();
  hub.startRun(run);
  for (const one of media(seconds)) hub.push(one);
  const reader = new Notes();
  hub.add(reader, { keyFrames: 2 });
  expect(reader.notes.slice(0, 4)).toEqual(['run 1', `video-0 ${startMs}`, `video-1 ${startMs}`, `audio ${startMs}`]);
});

test('a rendition that has vanished does not hold a late reader back', () => {
  const fragments = [...media(2), ...media(20, ['video-0', 'audio']).filter(({ startMs }) => startMs >= 2000)];
  const replay = fromLastKeyFrames(fragments);
  expect(replay[0]).toMatchObject({ rendition: 'video-0', startMs: 19_000 });
  expect(replay.some(({ rendition }) => rendition === 'video-1')).toBe(false);
});

test('audio alone begins with its last second', () => {
  expect(fromLastKeyFrames(media(5, ['audio'])).map(({ startMs }) => startMs)).toEqual([4000, 4200, 4400, 4600, 4800]);
});

test('nothing is kept but what a late reader may need', () => {
  const hub = new FragmentHub();
  hub.startRun(run);
  for (const one of media(60)) hub.push(one);
  const reader = new Notes();
  hub.add(reader);
  expect(reader.notes).toHaveLength(1 + 15);
  expect(hub.sinceKeyFrame('video-1').map(({ startMs }) => startMs)).toEqual([59_000, 59_200, 59_400, 59_600, 59_800]);
});

test('a stream whose key frames are too far apart for the memory is forgotten until the next one', () => {
  const hub = new FragmentHub({ limitBytes: 1000 });
  hub.startRun(run);
  for (const one of media(10).map((each) => ({ ...each, independent: each.startMs === 0 }))) hub.push(one);
  expect(hub.sinceKeyFrame('video-0')).toEqual([]);
  hub.push(fragment('video-0', 10_000, { independent: true }));
  expect(hub.sinceKeyFrame('video-0')).toHaveLength(1);
});

test('readers hear of runs, and nothing after they left or the hub has ended', () => {
  const hub = new FragmentHub();
  const [stays, leaves] = [new Notes(), new Notes()];
  hub.add(stays);
  const left = hub.add(leaves);
  hub.startRun(run);
  left[Symbol.dispose]();
  hub.push(fragment('audio', 0));
  hub.endRun({ cause: 'publisher-gone' });
  hub.startRun({ ...run, id: 2 });
  hub.end();
  hub.end();
  expect(stays.notes).toEqual(['run 1', 'audio 0', 'publisher-gone', 'run 2', 'stopped', 'ended']);
  expect(leaves.notes).toEqual(['run 1']);
  const late = new Notes();
  hub.add(late);
  expect(late.notes).toEqual(['ended']);
});

test('a reader that leaves while it is told leaves the others alone', () => {
  const hub = new FragmentHub();
  const first = new Notes();
  hub.add(first);
  const other = new Notes();
  const seat = hub.add(other);
  first.runStarted = () => {
    seat[Symbol.dispose]();
  };
  hub.startRun(run);
  expect(other.notes).toEqual([]);
  expect(hub.run?.id).toBe(1);
});

test('a reader that throws is told nothing more, and the others do not notice', () => {
  const errors: unknown[] = [];
  const hub = new FragmentHub({ onReaderError: (error) => errors.push(error) });
  const [broken, sound] = [new Notes(), new Notes()];
  const failure = new Error('full');
  broken.fragment = () => {
    throw failure;
  };
  hub.add(broken);
  hub.add(sound);
  hub.startRun(run);
  hub.push(fragment('audio', 0));
  hub.push(fragment('audio', 200));
  hub.end();
  expect(errors).toEqual([failure]);
  expect(broken.notes).toEqual(['run 1']);
  expect(sound.notes).toEqual(['run 1', 'audio 0', 'audio 200', 'stopped', 'ended']);
});
