import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import type { LayerIndices, OutgoingTrack } from '../media/track.ts';
import type { SubscriberTransport } from '../media/transport.ts';
import { noteFreezes, noteSwitch, startFreezes, type FreezeSign } from './freeze-signs.ts';
import { startControl, trustUpTo, type ControlState } from './control-state.ts';
import { controlLayers } from './layer-control.ts';
import type { ControlReason, Decision, Rung } from './layer-decision.ts';
import type { LayerDirector } from './layer-director.ts';
import { floorRate } from './layer-proof.ts';
import { ceilingOf, ladderOf, placeOf } from './layer-ladder.ts';

/** How long to wait with the next look while there is nothing to choose, in milliseconds. */
const idleMs = 2000;

/** Before the first look, in milliseconds: by then the first reports have come. */
const firstLookMs = 1000;

/** A viewer that struggles is looked at at once, but not more often than this, in milliseconds. */
const shortestMs = 300;

/** Everything that a {@link PathWatch} acts on. */
interface WatchedPath {
  readonly outgoing: OutgoingTrack;
  readonly director: LayerDirector;
  /** Of the viewer's transport. */
  readonly estimator: Estimator;
  readonly log: Logger;
  /** The bound to begin with, where an earlier track taught one; default: none. */
  readonly bound: LayerIndices | undefined;
  /** Whether its player drops padding unseen. */
  readonly takesPadding: boolean;
}

/** What mediasoup thinks of a path, for viewers with bandwidth feedback. */
export type Estimator = Pick<SubscriberTransport, 'estimate' | 'setFloor' | 'pad'>;

/** A viewer with bandwidth feedback, for whom all is well, is looked at so often, in milliseconds: the estimate sees trouble too. */
const wellMs = 2000;

/**
 * Watches what a viewer reports of its video, and bounds its layers by that; with bandwidth feedback it keeps the estimate within reason.
 *
 * Costs one request to the worker a second (25 to 50 µs of Node's CPU and 25 to 35 of the worker's, measured with 100 viewers), two while a change is fresh, half a one while all is well and there is an estimate; none while there
 * is nothing to choose.
 */
export class PathWatch {
  readonly events = new EventEmitter<{
    /** The bound moves. */
    bound: [ControlReason];
    /** The viewer's picture seems to stand. */
    freeze: [FreezeSign];
  }>();
  readonly #path: WatchedPath;
  #freezes = startFreezes(performance.now());
  #ladder: readonly Rung[] = [];
  #state: ControlState = startControl(0);
  #timer: NodeJS.Timeout | undefined;
  #lookedMs = -Infinity;
  #stopped = false;
  #looking = false;
  #floor = 0;
  #padding = 0;

  constructor(path: WatchedPath) {
    this.#path = path;
    path.outgoing.events.on('struggle', this.#hurry);
    path.outgoing.events.on('layerschange', this.#noteSwitch);
    path.outgoing.events.on('excess', this.#trustPresent);
    this.#wait(firstLookMs);
  }

  /** The most that the path is trusted with; undefined: anything. */
  get bound(): LayerIndices | undefined {
    if (this.#ladder.length === 0) return this.#path.bound;
    return this.#state.bound >= this.#ladder.length - 1 ? undefined : this.#ladder[this.#state.bound];
  }

  /** The bound stays, for the next track of the same viewer. Idempotent. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#path.outgoing.events.off('struggle', this.#hurry);
    this.#path.outgoing.events.off('layerschange', this.#noteSwitch);
    this.#path.outgoing.events.off('excess', this.#trustPresent);
    this.#keepAbove(0);
    this.#pad(0);
  }

  readonly #hurry = (): void => {
    this.#wait(Math.max(0, this.#lookedMs + shortestMs - performance.now()));
  };

  readonly #noteSwitch = (): void => {
    this.#freezes = noteSwitch(this.#freezes, performance.now());
  };

  /** Once the track itself is sent, mediasoup's estimate may rise by chance above what it was: what was too much is not tried again without a proof. */
  readonly #trustPresent = (): void => {
    const { director, outgoing } = this.#path;
    this.#climbOn(ladderOf(director.layers));
    this.#state = trustUpTo(this.#state, placeOf(this.#ladder, outgoing.currentLayers), performance.now());
    director.limit(this.bound);
  };

  #wait(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), delayMs);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#lookedMs = performance.now();
    this.#climbOn(ladderOf(this.#path.director.layers));
    if (this.#ladder.length < 2) return this.#wait(idleMs);
    if (this.#path.director.isFixed) return this.#insist();
    this.#looking = true;
    const nextMs = await this.#decide().catch(() => idleMs); // the track closed or its worker died: the owner is told, and stops the watch
    this.#looking = false;
    if (!this.#stopped) this.#wait(nextMs);
  }

  /** Who wishes for one layer gets it, whatever the estimate is. */
  #insist(): void {
    const { outgoing } = this.#path;
    this.#pad(0);
    if (outgoing.isEstimated) this.#keep('bound');
    this.#wait(idleMs);
  }

  /** A row of another shape: the bound keeps its meaning, the history is of no use. */
  #climbOn(ladder: readonly Rung[]): void {
    const { bound } = this;
    const isSame = this.#ladder.length === ladder.length;
    this.#ladder = ladder;
    if (isSame) return;
    this.#pad(0);
    this.#state = startControl(bound === undefined ? ladder.length - 1 : Math.max(0, placeOf(ladder, bound)));
  }

  async #decide(): Promise<number> {
    const { outgoing, director, estimator, takesPadding, log } = this.#path;
    const ladder = this.#ladder;
    const report = await outgoing.report();
    const isEstimated = outgoing.isEstimated;
    const look = {
      reading: { atMs: performance.now(), ...report },
      ladder,
      ceiling: ceilingOf(ladder, director.layers, director.wish),
      sent: placeOf(ladder, outgoing.currentLayers),
      layers: outgoing.currentLayers,
      ...(isEstimated ? { estimate: estimator.estimate ?? 0 } : {}),
      takesPadding,
    };
    const { state, decision } = controlLayers(this.#state, look);
    log.trace({ look, decision }, 'viewer path looked at');
    if (this.#stopped || ladder !== this.#ladder) return idleMs;
    this.#state = state;
    const { history, sign } = noteFreezes(this.#freezes, report, performance.now());
    this.#freezes = history;
    if (sign !== undefined) this.events.emit('freeze', sign);
    this.#pad(decision.padding);
    if (decision.reason !== undefined) this.#apply(decision.reason, decision.bound);
    if (decision.drainMs > 0) this.#drain(decision.drainMs);
    if (isEstimated) this.#keep(decision.floor);
    const isWell = isEstimated && look.sent >= look.ceiling && state.calmSinceMs !== undefined;
    return isWell ? wellMs : decision.nextLookMs;
  }

  #keep(floor: Decision['floor']): void {
    const { layers, target } = this.#path.director;
    this.#keepAbove(floorRate(layers, floor === 'bound' ? target : floor, target));
  }

  /** Small changes are not worth a request. */
  #keepAbove(floor: number): void {
    if (Math.abs(floor - this.#floor) <= this.#floor / 5) return;
    this.#floor = floor;
    this.#path.estimator.setFloor(floor).catch((error: unknown) => {
      this.#path.log.warn({ err: error, floor }, 'estimate cannot be bounded');
    });
  }

  #pad(padding: number): void {
    if (padding === this.#padding) return;
    this.#padding = padding;
    this.#path.estimator.pad(padding).catch((error: unknown) => {
      this.#path.log.warn({ err: error }, 'padding cannot be sent');
    });
  }

  #apply(reason: ControlReason, bound: number): void {
    const { director, log } = this.#path;
    const rung = this.#ladder[bound];
    log.debug({ reason, bound: rung }, 'layers bounded by what the viewer reports');
    this.events.emit('bound', reason);
    director.limit(this.bound);
  }

  #drain(drainMs: number): void {
    const { outgoing, log } = this.#path;
    outgoing.drain(drainMs).catch((error: unknown) => {
      log.warn({ err: error }, 'video cannot be paused');
    });
  }
}
