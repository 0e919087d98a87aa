import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { RenditionFeed } from '../../../../src/egress/tap/rendition-feed.ts';
import { TapJudge } from '../../../../src/egress/tap/tap-watch.ts';
import type { LocalLeg, LocalLegEvents } from '../../../../src/media/engine.ts';
import { madeUpFragments } from '../../../fixtures/made-up-fragments.ts';

/** A leg to which more packets are sent at each look. */
function busyLeg(): LocalLeg {
  let packets = 0;
  return {
    events: new EventEmitter<LocalLegEvents>(),
    kind: 'video',
    payloadType: 96,
    since: undefined,
    resume: async () => undefined,
    requestKeyFrame: async () => undefined,
    packets: async () => (packets += 5),
    close: () => undefined,
  };
}

/** What is found to be wrong first with a run of which fragments of 400 ms come out at times, and when; all in milliseconds since its first key frame. */
async function firstProblem(fragmentsAt: readonly number[], untilMs: number) {
  const feed = new RenditionFeed({ name: 'webm', kind: 'video', rid: undefined }, busyLeg());
  const judge = new TapJudge();
  const fragments = madeUpFragments({ from: 0, until: fragmentsAt.length * 400, step: 400 });
  await feed.resume(0);
  feed.keyFrameSent(0);
  for (let now = 100; now <= untilMs; now += 100) {
    for (const [index, at] of fragmentsAt.entries()) {
      const fragment = fragments[index];
      if (at === now && fragment !== undefined) feed.took(fragment, now);
    }
    if (now % 500 !== 0) continue;
    await feed.look(now);
    const problem = judge.look(feed.facts === undefined ? [] : [feed.facts], now);
    if (problem !== undefined) return { problem, now };
  }
  return undefined;
}

const every = (ms: number, count: number) => Array.from({ length: count }, (_, index) => (index + 1) * ms);

test('a publisher slower than real time fills fragments slowly, and is not taken for stalled', async () => {
  expect(await firstProblem(every(2_900, 12), 40_000)).toBeUndefined();
});

test.for([
  [400, 4_500],
  [2_900, 8_000],
] as const)('fragments that came every %i ms and come no more are missed', async ([ms, noticedMs]) => {
  const lastAt = ms * 4;
  const found = await firstProblem(every(ms, 4), 60_000);
  expect(found?.problem).toBe('webm: packets go in, nothing comes out');
  expect((found?.now ?? 0) - lastAt).toBeLessThan(noticedMs);
});
