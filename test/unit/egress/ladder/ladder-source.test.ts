import pino from 'pino';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { LadderSource } from '../../../../src/egress/ladder/ladder-source.ts';
import { FragmentHub } from '../../../../src/egress/fragment-hub.ts';
import { countLadders } from '../../../../src/metrics/ladder-metrics.ts';
import { parseStreamId } from '../../../../src/streams/stream-id.ts';
import { HeardRuns } from '../../../fixtures/tap.ts';
import { madeUpFragments, madeUpRun } from '../../../fixtures/made-up-fragments.ts';

const [high, plain] = ['high', 'plain'].map(parseStreamId);

/** A source above one tap that never was, with an FFmpeg that cannot encode. */
function openSource() {
  const hub = new FragmentHub();
  const source = new LadderSource({
    supervisor: {
      ffmpeg: Promise.resolve({ path: 'ffmpeg', version: '5.1', makesAac: true, encodesH264: false, readsAv1: false }),
      feasibility: async () => undefined,
      hold: (_streamId, reader) => hub.add(reader),
      launcher: async () => Promise.reject(new TypeError('nothing to launch')),
    },
    settings: { rungs: [{ lines: 180, bitrate: 200_000 }], preset: 'veryfast' },
    climbs: (streamId) => streamId === high,
    logger: pino({ level: 'silent' }),
  });
  return { hub, source };
}

test('a stream whose policy has no ladder goes through untouched', async () => {
  const { hub, source } = openSource();
  const heard = new HeardRuns();
  using _hold = source.hold(plain ?? parseStreamId('plain'), heard, 'hls');
  const run = madeUpRun(['video-0', 'audio']);
  hub.startRun(run);
  expect(heard.runs[0]?.run).toBe(run);
  expect(source.states()).toEqual([]);
});

test('a ladder tells what becomes of it, to metrics too, until it is let go', async () => {
  const { hub, source } = openSource();
  const store = new Registry();
  const refresh = countLadders(store, source);
  const heard = new HeardRuns();
  const streamId = high ?? parseStreamId('high');
  const hold = source.hold(streamId, heard, 'hls');
  await source.ffmpeg;
  expect(source.ladder(streamId)).toEqual({ name: 'waiting' });
  hub.startRun(madeUpRun(['video-0']));
  for (const fragment of madeUpFragments({ from: 0, until: 1000 })) hub.push(fragment);
  expect(source.ladder(streamId)).toEqual({ name: 'none', reason: 'This FFmpeg (5.1) has no libx264.' });
  expect(heard.of('video-0')).toHaveLength(5);
  await refresh();
  expect(await store.metrics()).toContain('sluice_ladders{state="none"} 1');
  hold[Symbol.dispose]();
  expect(source.ladder(streamId)).toBeUndefined();
  await refresh();
  expect(await store.metrics()).toContain('sluice_ladders{state="none"} 0');
});
