/** When key frames came and were asked for, in milliseconds, in order. */
export interface KeyFrameTimes {
  readonly keyFrames: readonly number[];
  readonly requests: readonly number[];
}

/** How an encoder reacts to requests. */
export interface RequestAnswers {
  /** Requests that were old enough to judge; repetitions of one count once. */
  readonly asked: number;
  readonly ignores: boolean;
  /** Certain only once a few key frames came on request after a time without any. */
  readonly obeys: boolean;
}

/** An encoder that answers does so in a round trip and a frame or two. */
const answerMs = 800;

/** mediasoup repeats a request that is not answered after a second. */
const repetitionMs = 1500;

/** A key frame after so long without one came because of the request, not by chance. */
const quietMs = 4000;

const enoughTellingAnswers = 2;

/** A bit of loss makes nobody deaf; and a key frame every 2 s comes in time for 2 of 5 requests by chance. */
const deafShare = 0.4;

/** Tells whether key frames come when asked for. */
export function requestAnswers({ keyFrames, requests }: KeyFrameTimes, nowMs: number): RequestAnswers {
  const asked = firstOnes(requests).filter((atMs) => nowMs - atMs > repetitionMs);
  const unanswered = asked.filter((atMs) => !keyFrames.some((keyFrame) => isAnswer(keyFrame, atMs))).length;
  const ignores = unanswered > 0 && unanswered / asked.length >= deafShare;
  const telling = asked.filter(
    (atMs) =>
      keyFrames.some((keyFrame) => isAnswer(keyFrame, atMs)) &&
      !keyFrames.some((keyFrame) => keyFrame <= atMs && atMs - keyFrame < quietMs),
  );
  return { asked: asked.length, ignores, obeys: !ignores && telling.length >= enoughTellingAnswers };
}

/** The time between the key frames that nobody asked for, in milliseconds: the median of the last five. Undefined until there are two. */
export function gopMsOf({ keyFrames, requests }: KeyFrameTimes): number | undefined {
  const own = keyFrames
    .slice(1)
    .map((atMs, index) => ({ atMs, gapMs: atMs - (keyFrames[index] ?? atMs) }))
    .filter(({ atMs }) => !requests.some((request) => isAnswer(atMs, request)))
    .slice(-5)
    .map(({ gapMs }) => gapMs)
    .toSorted((a, b) => a - b);
  return own[Math.floor(own.length / 2)];
}

/** Age of the last key frame, in milliseconds; 0 before the first. */
export function sinceKeyFrameMs({ keyFrames }: KeyFrameTimes, nowMs: number): number {
  const last = keyFrames.at(-1);
  return last === undefined ? 0 : nowMs - last;
}

/** Whether the last key frame came by itself and after the time. */
export function cameUnasked({ keyFrames, requests }: KeyFrameTimes, afterMs: number): boolean {
  return keyFrames.some((keyFrame) => keyFrame > afterMs && !requests.some((request) => isAnswer(keyFrame, request)));
}

function isAnswer(keyFrame: number, request: number): boolean {
  return keyFrame > request && keyFrame - request <= answerMs;
}

function firstOnes(requests: readonly number[]): readonly number[] {
  const firsts: number[] = [];
  for (const atMs of requests) if (atMs - (firsts.at(-1) ?? -Infinity) > repetitionMs) firsts.push(atMs);
  return firsts;
}
