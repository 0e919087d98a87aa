import type { Fragment, InitSegment } from '../fragment.ts';
import { AudioLane } from './audio-lane.ts';
import { audioName, cutsAt, firstSegmentMs, videoRenditions, type Packager, type PackagerOptions } from './packager.ts';
import { PartWriter } from './part-writer.ts';
import type { Step } from './segment.ts';
import { silence } from './silence.ts';
import { VideoLane } from './video-lane.ts';

/** A step that the audio has yet to reach. */
interface Ahead {
  readonly step: Step;
  readonly startMs: number;
}

/** Without a picture for this long, the sound goes first, in milliseconds. */
const pictureDeadlineMs = 2_000;

/**
 * Packages a run with at most one video encoding: every fragment is shown at once, as a part (LL-HLS).
 *
 * The picture's key frames begin the segments; the sound follows at its next fragment. Parts cannot be taken back, so nothing here waits.
 */
export class PartPackager implements Packager {
  readonly #options: PackagerOptions;
  readonly #videoName: string | undefined;
  /** Renditions of earlier runs, which now show what the only one shows. */
  readonly #lentTo: readonly string[];
  readonly #video: VideoLane;
  readonly #audio: AudioLane;
  readonly #awaitsPicture: boolean;
  readonly #pictures: PartWriter;
  readonly #sounds: PartWriter;
  #step: Step | undefined;
  #startMs = 0;
  #init: InitSegment | undefined;
  #ahead: Ahead[] = [];
  #segmentMs: number;

  constructor(options: PackagerOptions) {
    const { run, presentation, keys, partMs, segmentMs } = options;
    this.#options = options;
    this.#segmentMs = Math.min(segmentMs, firstSegmentMs);
    const videos = videoRenditions(run, presentation);
    const own = run.renditions.find(({ kind }) => kind === 'video')?.name ?? videos[0];
    this.#videoName = own;
    this.#lentTo = videos.filter((name) => name !== own);
    const isExpected = run.renditions.some(({ kind }) => kind === 'video');
    this.#video = new VideoLane({ stillMs: partMs * 0.9, key: own === undefined ? undefined : keys.get(own), isExpected });
    this.#awaitsPicture = isExpected || this.#video.key !== undefined;
    this.#audio = new AudioLane(presentation.initOf(audioName));
    this.#pictures = new PartWriter(own ?? '', options);
    this.#sounds = new PartWriter(audioName, options);
  }

  push(fragment: Fragment): void {
    if (fragment.rendition === audioName) this.#takeSound(fragment);
    else if (fragment.rendition === this.#videoName) this.#takePicture(fragment);
  }

  end(): void {
    if (this.#step === undefined) return;
    const endMs = this.#video.endMs ?? Math.max(this.#audio.endMs, this.#startMs);
    this.#endPictures(endMs);
    for (const fragment of this.#audio.fill(endMs)) this.#showSound(fragment);
    while (this.#ahead.length > 0) this.#moveOn();
    this.#endSounds();
    if (this.#videoName !== undefined && this.#video.key !== undefined) this.#options.keys.set(this.#videoName, this.#video.key);
  }

  #takePicture(fragment: Fragment): void {
    for (const each of this.#video.accept(fragment)) this.#showPicture(each);
    for (const each of this.#audio.keepUp(this.#video.endMs ?? -Infinity)) this.#showSound(each);
  }

  #takeSound(fragment: Fragment): void {
    const audio = this.#audio;
    for (const each of audio.accept(fragment)) this.#showSound(each);
    const { earlyMs } = audio;
    const soundMs = earlyMs === undefined ? audio.endMs : fragment.startMs;
    for (const each of this.#video.keepUp(soundMs)) this.#showPicture(each);
    if (this.#step !== undefined || earlyMs === undefined || this.#video.endMs !== undefined) return;
    if (!this.#awaitsPicture || fragment.startMs - earlyMs >= pictureDeadlineMs) this.#cut(earlyMs, undefined);
  }

  #showPicture(fragment: Fragment): void {
    const { init } = fragment;
    if (!this.#pictures.isOpen || init !== this.#init || cutsAt(fragment, this.#startMs, this.#segmentMs)) {
      this.#cut(fragment.startMs, init);
    }
    this.#pictures.add(fragment);
  }

  #showSound(fragment: Fragment): void {
    const { startMs, durationMs } = fragment;
    const leads = this.#init === undefined; // no picture so far
    if (leads && startMs - this.#startMs >= this.#segmentMs) this.#cut(startMs, undefined);
    const next = this.#ahead[0];
    if (next !== undefined && startMs + durationMs / 2 >= next.startMs && !this.#sounds.isEmpty) this.#moveOn();
    this.#sounds.add(fragment);
  }

  /** Begins the next step; `init`: of the picture, undefined where there is none. */
  #cut(atMs: number, init: InitSegment | undefined): void {
    const { presentation } = this.#options;
    const isFirst = this.#step === undefined;
    if (!isFirst) this.#segmentMs = this.#options.segmentMs;
    const audioChanges = this.#audio.wantsChange;
    this.#endPictures(atMs);
    if (audioChanges) for (const fragment of this.#audio.fill(atMs)) this.#showSound(fragment);
    const step = presentation.openStep(isFirst || init !== this.#init || audioChanges);
    this.#step = step;
    this.#startMs = atMs;
    this.#init = init;
    if (init !== undefined) this.#pictures.begin(step, atMs, init);
    this.#ahead.push({ step, startMs: atMs });
    if (!isFirst && !audioChanges) return;
    while (this.#ahead.length > 1) this.#moveOn();
    this.#audio.changeInit();
    const early = isFirst ? this.#audio.begin(atMs) : [];
    this.#moveOn();
    for (const fragment of early) this.#showSound(fragment);
  }

  #endPictures(atMs: number): void {
    const { step } = this.#pictures;
    if (step === undefined || !this.#pictures.isOpen) return;
    this.#pictures.end(atMs);
    for (const to of this.#lentTo) this.#options.presentation.lend(step, { from: this.#videoName ?? '', to });
  }

  /** Takes the sound to the next step. */
  #moveOn(): void {
    const next = this.#ahead.shift();
    if (next === undefined) return;
    this.#endSounds();
    this.#sounds.begin(next.step, next.startMs, this.#audio.init);
  }

  /** Numbers have no holes: a step that the sound would leave out gets a frame of silence. */
  #endSounds(): void {
    const { isOpen, isEmpty, startMs } = this.#sounds;
    if (isOpen && isEmpty) {
      for (const fragment of silence(this.#audio.init, startMs, startMs + 25)) this.#sounds.add(fragment);
    }
    this.#sounds.end();
  }
}
