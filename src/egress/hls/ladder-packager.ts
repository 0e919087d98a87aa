import type { Fragment } from '../fragment.ts';
import { soundsAlike } from '../tap-sound.ts';
import { AudioLane } from './audio-lane.ts';
import { endOf } from './fragment-times.ts';
import { Horizon } from './horizon.ts';
import { audioName, cutsAt, videoRenditions, type Packager, type PackagerOptions } from './packager.ts';
import type { Step } from './segment.ts';
import { momentMs, Rung, type Share, type Span } from './rung.ts';
import { silence } from './silence.ts';
import { VideoLane } from './video-lane.ts';

/** Without a picture for this long, the sound goes first, in milliseconds. */
const pictureDeadlineMs = 2_000;

/** How far the picture may be ahead of the sound before a segment is closed without it, in milliseconds. */
const soundPatienceMs = 400;

/** The same for the first segment of a run: FFmpeg hands out pictures that were kept at once, and encodes the sound since then meanwhile. */
const firstSoundPatienceMs = 1_500;

/** A longer hole between segments is a discontinuity, in milliseconds. */
const longestHoleMs = 1_000;

/** Shorter ends of runs are left out, in milliseconds. */
const shortestMs = 300;

/**
 * Packages whole segments, of one encoding or of several, which all renditions get at once.
 *
 * The lowest encoding's key frames are the cuts. Each rendition has what lies between its own key frames nearest to them; one that has no
 * whole segment there shows the next lower one's, which makes a discontinuity for all.
 */
export class LadderPackager implements Packager {
  readonly #options: PackagerOptions;
  /** From the lowest up. */
  readonly #rungs: readonly Rung[];
  readonly #audio: AudioLane;
  readonly #awaitsSound: boolean;
  readonly #awaitsPicture: boolean;
  readonly #horizon: Horizon;
  #sounds: readonly Fragment[] = [];
  /** Where the present segments begin, more or less; undefined before the first. */
  #cutMs: number | undefined;
  #isBreak = true;
  #isFirst = true;

  constructor(options: PackagerOptions) {
    const { run, presentation, keys, segmentMs } = options;
    this.#options = options;
    const isExpected = run.renditions.some(({ kind }) => kind === 'video');
    this.#rungs = videoRenditions(run, presentation).map(
      (name) => new Rung(name, new VideoLane({ stillMs: segmentMs / 4, key: keys.get(name), isExpected })),
    );
    this.#horizon = new Horizon(run);
    this.#awaitsPicture = isExpected || keys.size > 0;
    this.#audio = new AudioLane(presentation.initOf(audioName));
    this.#awaitsSound = run.renditions.some(({ name }) => name === audioName);
  }

  push(fragment: Fragment): void {
    this.#horizon.saw(fragment);
    if (fragment.rendition === audioName) this.#takeSound(fragment);
    const rung = this.#rungs.find(({ name }) => name === fragment.rendition);
    rung?.push(rung.lane.accept(fragment));
    for (let until = this.#nextCut(); until !== undefined; until = this.#nextCut()) this.#publish(until);
  }

  end(): void {
    const endMs = this.#lead()?.endMs ?? this.#audio.endMs;
    if (this.#cutMs !== undefined && endMs - this.#cutMs >= shortestMs) this.#publish(endMs);
    for (const { name, lane } of this.#rungs) if (lane.key !== undefined) this.#options.keys.set(name, lane.key);
  }

  #takeSound(fragment: Fragment): void {
    this.#sounds = [...this.#sounds, ...this.#audio.accept(fragment)];
    if (this.#rungs.some(this.#lives)) return;
    // No encoding is left that could stand in for the others.
    const known = this.#rungs.filter(({ lane }) => lane.key !== undefined);
    const lastMs = Math.max(...known.map(({ lane }) => lane.endMs ?? -Infinity));
    const rung = known.find(({ lane }) => (lane.endMs ?? -Infinity) === lastMs);
    rung?.push(rung.lane.keepUp(endOf(fragment)));
  }

  readonly #lives = (rung: Rung): boolean => rung.lives(this.#horizon.expectedOf(rung.name));

  /** The lowest encoding that is there and can begin at the present cut. */
  #lead(): Rung | undefined {
    const canLead = this.#rungs.filter(({ startMs }) => startMs !== undefined);
    return canLead.find(this.#lives) ?? canLead[0];
  }

  /** Where the present segments end, once every encoding that can have its share has got there. */
  #nextCut(): number | undefined {
    if (this.#cutMs === undefined || (this.#lead() === undefined && !this.#soundLeads)) this.#begin();
    const fromMs = this.#cutMs;
    if (fromMs === undefined) return undefined;
    const untilMs = this.#lead() === undefined ? this.#cutOfSound(fromMs) : this.#cutOfLead(fromMs);
    if (untilMs === undefined) return undefined;
    const isSettled = this.#rungs.every((rung) => rung.isSettled({ fromMs, untilMs }, this.#horizon.expectedOf(rung.name)));
    const patienceMs = this.#isFirst ? firstSoundPatienceMs : soundPatienceMs;
    const hasSound = !this.#awaitsSound || this.#audio.endMs >= untilMs - 50 || this.#horizon.newestMs >= untilMs + patienceMs;
    return isSettled && hasSound ? untilMs : undefined;
  }

  /** There is sound, and no picture has come. */
  get #soundLeads(): boolean {
    return this.#audio.endMs > -Infinity && !this.#rungs.some(this.#lives);
  }

  /** Begins with the first key frame, or the first sound where none comes; goes on with a key frame after every encoding was gone. */
  #begin(): void {
    const cutMs = this.#cutMs;
    const rung = this.#rungs.find((each) => this.#lives(each) && each.keyFrom(cutMs ?? -Infinity) !== undefined);
    const keyMs = rung?.keyFrom(cutMs ?? -Infinity)?.startMs;
    const startMs = keyMs ?? (cutMs === undefined ? this.#firstSoundMs() : undefined);
    if (startMs === undefined) return;
    if (keyMs !== undefined) rung?.beginAt(keyMs);
    if (cutMs === undefined) {
      this.#cutMs = startMs;
      this.#sounds = this.#audio.begin(startMs);
      return;
    }
    this.#isBreak ||= startMs - cutMs > longestHoleMs;
    if (this.#sounds.length > 0) return;
    this.#cutMs = startMs; // nothing was there meanwhile
    if (this.#isBreak) this.#audio.skipTo(startMs);
  }

  #firstSoundMs(): number | undefined {
    const { earlyMs } = this.#audio;
    return earlyMs !== undefined && (!this.#awaitsPicture || this.#horizon.newestMs - earlyMs >= pictureDeadlineMs) ? earlyMs : undefined;
  }

  #cutOfSound(fromMs: number): number | undefined {
    const { endMs } = this.#audio;
    return endMs >= fromMs + this.#options.segmentMs ? fromMs + this.#options.segmentMs : undefined;
  }

  #cutOfLead(fromMs: number): number | undefined {
    const lead = this.#lead();
    return lead?.findNext(
      (fragment, first) => fragment.init !== first.init || cutsAt(fragment, Math.max(first.startMs, fromMs), this.#options.segmentMs),
    )?.startMs;
  }

  #publish(untilMs: number): void {
    const { presentation } = this.#options;
    const span: Span = { fromMs: this.#cutMs ?? untilMs, untilMs };
    const lead = this.#lead();
    if (this.#isFirst) for (const rung of this.#rungs) rung.beginNear(span);
    this.#isFirst = false;
    const shares = this.#rungs.map((rung) => rung.share(span));
    const shown = this.#rungs.map((_rung, index) => shareFor(index, shares, lead));
    const changes = shown.some((share, index) => {
      const before = presentation.initOf(this.#rungs[index]?.name ?? '');
      return share !== undefined && before !== undefined && share.fragments[0]?.init !== before;
    });
    const step = presentation.openStep(this.#isBreak || changes);
    this.#isBreak = false;
    for (const share of new Set(shown)) if (share !== undefined) this.#show(step, share);
    for (const [index, rung] of this.#rungs.entries()) {
      const share = shown[index];
      const isOwn = share?.rung === rung;
      if (share !== undefined && !isOwn) presentation.lend(step, { from: share.rung.name, to: rung.name });
      rung.advance(span, { shownMs: share?.endMs ?? untilMs, own: isOwn ? share : undefined });
    }
    if (lead !== undefined) lead.beginAt(untilMs);
    this.#showSound(step, untilMs);
    this.#cutMs = untilMs;
  }

  #show(step: Step, { rung: { name }, fragments, endMs }: Share): void {
    const [first] = fragments;
    if (first === undefined) return;
    const { presentation, epochMs } = this.#options;
    presentation.start(step, { rendition: name, init: first.init, startsAt: epochMs + first.startMs });
    presentation.add(step, name, fragments);
    presentation.complete(step, name, endMs - first.startMs);
  }

  #showSound(step: Step, untilMs: number): void {
    const audio = this.#audio;
    const { presentation, epochMs } = this.#options;
    const missing = audio.endMs < untilMs - momentMs / 2 ? audio.fill(untilMs) : [];
    const all = [...this.#sounds, ...missing];
    const belongs = ({ startMs, durationMs }: Fragment): boolean => startMs + durationMs / 2 < untilMs;
    const own = all.filter(belongs);
    // Numbers have no holes: there is a frame of silence at least.
    const fragments = own.length > 0 ? own : silence(audio.init, untilMs - 25, untilMs);
    const [first] = fragments;
    if (first === undefined) return;
    presentation.start(step, { rendition: audioName, init: audio.init, startsAt: epochMs + first.startMs });
    presentation.add(step, audioName, fragments);
    presentation.complete(step, audioName);
    this.#sounds = all.filter((fragment) => !belongs(fragment));
    if (audio.wantsChange) this.#changeSound(audio);
  }

  #changeSound(audio: AudioLane): void {
    audio.changeInit();
    this.#isBreak = true;
    this.#sounds = this.#sounds.filter(({ init }) => soundsAlike(init, audio.init));
  }
}

/** What a rendition shows: its own share, else the next lower one's, else the next higher one's, else whatever the lead has. */
function shareFor(index: number, shares: readonly Share[], lead: Rung | undefined): Share | undefined {
  const lower = shares.slice(0, index + 1).findLast(({ whole }) => whole);
  return (
    lower ??
    shares.slice(index + 1).find(({ whole }) => whole) ??
    shares.find(({ rung, fragments }) => rung === lead && fragments.length > 0)
  );
}
