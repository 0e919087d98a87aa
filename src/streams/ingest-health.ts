import { driftOf, type ClockReading } from './clock-drift.ts';
import { gopMsOf, requestAnswers, sinceKeyFrameMs } from './key-frame-habits.ts';

/** Everything that can be wrong with what a publisher sends, by its stable name. */
export type IngestWarningCode = keyof typeof advice;

/** One thing that is wrong. */
export interface IngestWarning {
  readonly code: IngestWarningCode;
  /** What it means and what to do. */
  readonly message: string;
  readonly since: Date;
}

/** What was seen of one track. All times in milliseconds on one clock; the lists are short and in order of time. */
export interface TrackObservation {
  /** Counts since the track began. */
  readonly samples: readonly { readonly atMs: number; readonly packets: number; readonly lost: number }[];
  readonly glances: readonly GlanceSummary[];
}

/** What a look at every packet for a second told. */
export interface GlanceSummary extends ClockReading {
  readonly framesPerSecond: number | undefined;
  /** How often a packet's timestamp lay before that of the packet before it. */
  readonly reorders: number;
}

/** What was seen of a video track, of its largest encoding. */
export interface VideoObservation extends TrackObservation {
  readonly codec: string;
  readonly keyFrames: readonly number[];
  readonly requests: readonly number[];
  readonly pictures: readonly { readonly atMs: number; readonly width: number; readonly height: number }[];
}

/** What was seen of a publisher. */
export interface IngestObservation {
  readonly nowMs: number;
  /** When its media began. */
  readonly startedMs: number;
  readonly audio: TrackObservation | undefined;
  readonly video: VideoObservation | undefined;
}

const advice = {
  WARN_GOP_LONG:
    'Key frames are more than 4 s apart and the encoder sends none on request: viewers wait that long for a picture, and HLS segments get as long. Set a key-frame interval of 2 s.',
  WARN_KEY_FRAME_REQUESTS_IGNORED:
    'The encoder does not answer requests for key frames, so viewers wait for its next one. Set a key-frame interval of 1 or 2 s.',
  WARN_B_FRAMES:
    'The stream has B-frames, which WebRTC players show out of order. Set the encoder to 0 B-frames (x264: bframes=0, or tune=zerolatency).',
  WARN_NO_AUDIO: 'No audio arrives. Check that the encoder has an audio source that is not muted, and that it is sent as Opus.',
  WARN_LOSS:
    'More than 2 % of packets are lost on the way here. Lower the bitrate, use a cable instead of Wi-Fi, or look at the receive buffers of this host (net.core.rmem_max).',
  WARN_RESOLUTION_UNSTABLE:
    'The picture size keeps changing back and forth: the publisher has too little bandwidth or CPU for it. Lower the resolution or the bitrate.',
  WARN_CLOCK_DRIFT:
    "The stream's timestamps run faster or slower than real time, so sound and picture drift apart or latency grows. Check the frame rate and the sample rate of the source.",
} as const;

/** Longest time between key frames that is no trouble, for viewers and for platforms, in milliseconds; a bit more than the 4 s that encoders are set to. */
export const longestGopMs = 4200;

/** How long media may take to settle before its absence counts, in milliseconds. */
const settlingMs = 8000;

/** How long a warning outlives what caused it, in milliseconds, so that what comes and goes is one warning. */
const holdMs = 30_000;

/** What is wrong now. Pure: the same observation gives the same codes. */
export function findWarnings(observation: IngestObservation): readonly IngestWarningCode[] {
  const { audio, video, nowMs, startedMs } = observation;
  const tracks = [audio, video].filter((track) => track !== undefined);
  const isSettled = nowMs - startedMs >= settlingMs;
  return [
    ...(video === undefined ? [] : findVideoWarnings(video, nowMs)),
    ...(isSettled && isSilent(audio, nowMs) ? (['WARN_NO_AUDIO'] as const) : []),
    ...(tracks.some(({ samples }) => recentLoss(samples) > 0.02) ? (['WARN_LOSS'] as const) : []),
    ...(tracks.some(({ glances }) => driftOf(glances) !== undefined) ? (['WARN_CLOCK_DRIFT'] as const) : []),
  ];
}

function findVideoWarnings(video: VideoObservation, nowMs: number): readonly IngestWarningCode[] {
  const { codec, glances, pictures } = video;
  const answers = requestAnswers(video, nowMs);
  const gopMs = Math.max(gopMsOf(video) ?? 0, sinceKeyFrameMs(video, nowMs));
  return [
    ...(answers.ignores && gopMs > longestGopMs ? (['WARN_GOP_LONG'] as const) : []),
    // With a key frame every second nobody can tell, and nobody suffers.
    ...(answers.ignores && answers.asked >= 3 && gopMs > 1000 ? (['WARN_KEY_FRAME_REQUESTS_IGNORED'] as const) : []),
    ...(codec === 'H264' && glances.slice(-2).some(({ reorders }) => reorders >= 2) ? (['WARN_B_FRAMES'] as const) : []),
    ...(returns(pictures.filter(({ atMs }) => nowMs - atMs <= 120_000)) >= 2 ? (['WARN_RESOLUTION_UNSTABLE'] as const) : []),
  ];
}

/** A warning that an operator sees, and when it was last true. */
export interface HeldWarning extends IngestWarning {
  readonly lastSeenMs: number;
}

/** The warnings to show: those found now, since when they have been, and those of late that may come back. */
export function holdWarnings(
  held: readonly HeldWarning[],
  found: readonly IngestWarningCode[],
  { nowMs, date }: { readonly nowMs: number; readonly date: Date },
): readonly HeldWarning[] {
  const kept = held
    .map((warning) => (found.includes(warning.code) ? { ...warning, lastSeenMs: nowMs } : warning))
    .filter(({ lastSeenMs }) => nowMs - lastSeenMs < holdMs);
  const fresh = found.filter((code) => !kept.some((warning) => warning.code === code));
  return [...kept, ...fresh.map((code) => ({ code, message: advice[code], since: date, lastSeenMs: nowMs }))];
}

/** Share of packets lost between the first and the last sample; 0 while there are too few to tell. */
export function recentLoss(samples: TrackObservation['samples']): number {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return 0;
  const lost = Math.max(0, last.lost - first.lost);
  const expected = last.packets - first.packets + lost;
  return expected < 50 ? 0 : Math.min(1, lost / expected);
}

/** A track that is not there, or of which nothing came for a while. */
function isSilent(track: TrackObservation | undefined, nowMs: number): boolean {
  if (track === undefined) return true;
  const last = track.samples.at(-1);
  const earlier = track.samples.findLast(({ atMs }) => nowMs - atMs >= settlingMs);
  return last?.packets === 0 || (earlier !== undefined && earlier.packets === last?.packets);
}

/** How often the picture came back to a size that it had before: a ramp that only goes up has none. */
function returns(pictures: VideoObservation['pictures']): number {
  const sizes = pictures.map(({ width, height }) => `${width}x${height}`);
  const steps = sizes.filter((size, index) => size !== sizes[index - 1]);
  return steps.filter((size, index) => steps.indexOf(size) < index).length;
}
