import type { Fragment, InitSegment, TapRun } from '../fragment.ts';
import type { OutputEnding } from '../output.ts';
import { endOf, type GopMemory } from './gop-memory.ts';
import type { RenditionSwitch } from './rendition-switch.ts';

/** How long a push waits for the other track, in milliseconds of media. */
const trackWaitMs = 3_000;

/** What a push begins with. */
export interface PushPlan {
  readonly video: InitSegment | undefined;
  readonly audio: InitSegment | undefined;
  /** In the order of their times. */
  readonly fragments: readonly Fragment[];
}

/** What can be done with a run now: wait for more of it, refuse it for good, or push it. */
export type PushDecision =
  | { readonly name: 'wait' }
  | { readonly name: 'unfit'; readonly ending: OutputEnding }
  | { readonly name: 'push'; readonly plan: PushPlan };

/** Decides whether and how a push of this run begins. A track that is late is waited for a while; then the other one goes alone. */
export function planPush(run: TapRun, memory: GopMemory, choice: RenditionSwitch): PushDecision {
  const refused = run.renditions.map(({ name }) => memory.gop(name)[0]?.init ?? undefined).find((init) => init && !isFit(init));
  if (refused !== undefined) return { name: 'unfit', ending: unfitEnding(refused) };
  const kinds = new Set(run.renditions.map(({ kind }) => kind));
  const { lastAudio } = memory;
  if (lastAudio !== undefined && !isFit(lastAudio.init)) return { name: 'unfit', ending: unfitEnding(lastAudio.init) };
  const waitedMs = memory.newestMs - memory.oldestMs;
  if (kinds.has('audio') && lastAudio === undefined && waitedMs < trackWaitMs) return { name: 'wait' };
  const video = choice.begin();
  const [first] = video;
  if (first === undefined && (lastAudio === undefined || (kinds.has('video') && waitedMs < trackWaitMs))) return { name: 'wait' };
  const audio = memory.audioFrom(first?.startMs ?? -Infinity);
  return {
    name: 'push',
    plan: {
      video: first?.init,
      audio: lastAudio?.init,
      fragments: [...video, ...audio].toSorted((one, other) => endOf(one) - endOf(other)),
    },
  };
}

/** Whether the tracks of a push can go on with a fragment: a player was told of the track, and its clock and codec are the same. */
export function fits({ video, audio }: Pick<PushPlan, 'video' | 'audio'>, { rendition, init }: Fragment): boolean {
  if (rendition !== 'audio') return video !== undefined && video.timescale === init.timescale && isFit(init);
  return audio !== undefined && audio.codec === init.codec && audio.timescale === init.timescale && audio.channels === init.channels;
}

/** RTMP carries H264 and AAC; what newer servers take besides is agreed on by nobody. */
function isFit({ container, codec }: InitSegment): boolean {
  return container === 'mp4' && /^(avc1|avc3|mp4a\.40)\./.test(codec);
}

function unfitEnding({ codec, container }: InitSegment): OutputEnding {
  const what = container === 'webm' ? 'VP8' : codec;
  return {
    cause: 'codec',
    detail: `RTMP carries H264 and AAC, this stream is ${what}. Put H264 first in streams.default.codecs, or set streams.default.transcode.`,
  };
}
