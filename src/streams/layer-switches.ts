import type { LayerIndices } from '../media/track.ts';
import type { ControlReason } from './layer-decision.ts';

/**
 * Why a viewer gets another layer: what its receiver reports told ({@link ControlReason}), mediasoup's `estimate` from bandwidth feedback, its
 * own `wish`, or the `publisher`, whose layers come and go.
 */
export type SwitchReason = ControlReason | 'estimate' | 'wish' | 'publisher';

/** A picture size that a viewer gets instead of another one. */
export interface LayerSwitch {
  /** Its place among the track's layers, 0 is the smallest; undefined when the video begins or ends. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** Undefined when the video begins or ends. */
  readonly reason: SwitchReason | undefined;
}

/** A cause that has had no effect by then has none: encoders that ignore requests have key frames every few seconds, 10 at most. */
const longestWaitMs = 12_000;

/** Follows one viewer's layers, and tells switches of size with their reasons. */
export class LayerSwitches {
  readonly #tell: (layerSwitch: LayerSwitch) => void;
  /** What moves a layer when nothing else was asked for. */
  #otherwise: SwitchReason = 'publisher';
  #present: number | undefined;
  #cause: { readonly reason: SwitchReason; readonly atMs: number } | undefined;

  constructor(tell: (layerSwitch: LayerSwitch) => void) {
    this.#tell = tell;
  }

  /** Another track: the one before has ended. */
  begin({ isEstimated }: { readonly isEstimated: boolean }): void {
    this.end();
    this.#otherwise = isEstimated ? 'estimate' : 'publisher';
  }

  /** Something was done that may lead to another layer. */
  cause(reason: SwitchReason, atMs: number): void {
    this.#cause = { reason, atMs };
  }

  /** The viewer gets these layers now; undefined: none for the moment, which is no switch. */
  sent(layers: LayerIndices | undefined, atMs: number): void {
    const to = layers?.spatialLayer;
    const from = this.#present;
    if (to === undefined || to === from) return;
    this.#present = to;
    this.#tell({ from, to, reason: from === undefined ? undefined : this.#reasonOf(to > from, atMs) });
  }

  /** The video ends. */
  end(): void {
    const from = this.#present;
    this.#present = undefined;
    this.#cause = undefined;
    if (from !== undefined) this.#tell({ from, to: undefined, reason: undefined });
  }

  #reasonOf(isUp: boolean, atMs: number): SwitchReason {
    const cause = this.#cause;
    if (cause === undefined || atMs - cause.atMs > longestWaitMs || !explains(cause.reason, isUp)) return this.#otherwise;
    this.#cause = undefined;
    return cause.reason;
  }
}

function explains(reason: SwitchReason, isUp: boolean): boolean {
  if (reason === 'probe') return isUp;
  return reason === 'wish' || !isUp;
}
