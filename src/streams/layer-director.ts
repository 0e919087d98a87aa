import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import type { LayerIndices, OutgoingTrack } from '../media/track.ts';
import { allLayers, chooseLayers, isFixed, refusalOf, type LayerWish } from './layer-choice.ts';
import type { LayerFeed } from './layer-feed.ts';
import type { VideoLayer } from './video-layers.ts';

/** A video track on its way to a viewer. */
interface DirectedTrack {
  readonly feed: LayerFeed;
  readonly outgoing: OutgoingTrack;
  /** Whether the viewer's player can decode more than the smallest picture. */
  readonly decodesAllSizes: boolean;
}

/**
 * Decides which layers one viewer gets: brings together what the viewer wishes, what its network carries, and what arrives.
 *
 * It outlives the tracks that it directs, as a viewer outlives its publishers.
 */
export class LayerDirector {
  /** `change`: other layers arrive, or the viewer gets other ones. `wish`: the viewer has another wish, which is not yet obeyed. */
  readonly events = new EventEmitter<{ change: []; wish: [] }>();
  readonly #log: Logger;
  #track: DirectedTrack | undefined;
  #layers: readonly VideoLayer[] = [];
  #wish: LayerWish = {};
  #bound: LayerIndices | undefined;
  #target = allLayers;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** The layers of the stream's video that the player can decode, smallest first; those that it had last while nobody publishes. */
  get layers(): readonly VideoLayer[] {
    return this.#track?.decodesAllSizes === false ? this.#layers.slice(0, 1) : this.#layers;
  }

  get wish(): LayerWish {
    return this.#wish;
  }

  /** Whether the viewer wants one layer, whatever its network carries: a bound has no effect then. */
  get isFixed(): boolean {
    return isFixed(this.#wish);
  }

  /** The most that the viewer shall get now. */
  get target(): LayerIndices {
    return this.#target;
  }

  /** What the viewer is sent now; undefined while nothing is, and where there are no layers. */
  get current(): LayerIndices | undefined {
    return this.#track?.outgoing.currentLayers;
  }

  /**
   * Takes the viewer's wish, instead of the one before; it stays through publishers that come and go.
   *
   * Throws `ERR_LAYER_UNKNOWN` for a layer that the stream does not have, and keeps the wish before.
   */
  choose(wish: LayerWish): void {
    const refusal = refusalOf(this.layers, wish);
    if (refusal !== undefined) throw new GatewayError('ERR_LAYER_UNKNOWN', refusal);
    this.#wish = wish;
    this.events.emit('wish');
    this.#direct();
  }

  /** Takes what the viewer's network carries, at any time; undefined: whatever there is. A wish for one layer wins over it. */
  limit(bound: LayerIndices | undefined): void {
    this.#bound = bound;
    this.#direct();
  }

  /** Directs this track from now on, which sends everything at first; undefined: none for now. */
  follow(track: DirectedTrack | undefined): void {
    this.#track?.feed.events.off('change', this.#onLayers);
    this.#track?.outgoing.events.off('layerschange', this.#tell);
    this.#track = track;
    this.#target = allLayers;
    if (track === undefined) return;
    track.feed.events.on('change', this.#onLayers);
    track.outgoing.events.on('layerschange', this.#tell);
    this.#onLayers();
  }

  readonly #onLayers = (): void => {
    const { current = [] } = this.#track?.feed ?? {};
    if (current.length > 0) this.#layers = current;
    this.#direct();
    this.#tell();
  };

  readonly #tell = (): void => {
    this.events.emit('change');
  };

  #direct(): void {
    const chosen = chooseLayers(this.#layers, this.#wish, this.#bound);
    const target = this.#track?.decodesAllSizes === false ? { ...chosen, spatialLayer: 0 } : chosen;
    if (target.spatialLayer === this.#target.spatialLayer && target.temporalLayer === this.#target.temporalLayer) return;
    this.#target = target;
    this.#track?.outgoing.setLayers(target).catch((error: unknown) => {
      this.#log.warn({ err: error, target }, 'layers cannot be chosen');
    });
  }
}
