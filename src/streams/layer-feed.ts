import { EventEmitter } from 'node:events';
import { isNotable, videoLayers, type LayerMeasurements, type PictureSize, type VideoLayer } from './video-layers.ts';

/** What is known of the layers of one live video track: who measures it writes, and whoever shows or chooses layers listens. */
export class LayerFeed {
  /** `change`: layers came or went, or a size or a bitrate changed notably. */
  readonly events = new EventEmitter<{ change: [] }>();
  #current: readonly VideoLayer[];
  #told: readonly VideoLayer[];

  /** `rids` are the simulcast encodings in the track's order, smallest first; empty without simulcast. */
  constructor(rids: readonly string[]) {
    this.#current = videoLayers({ rids, encodings: [], sizes: [] }, []);
    this.#told = this.#current;
    this.events.setMaxListeners(0); // one for each viewer
  }

  /** Smallest picture first, never empty. */
  get current(): readonly VideoLayer[] {
    return this.#current;
  }

  /** Takes new measurements. */
  measured(measurements: LayerMeasurements): void {
    this.#take(videoLayers(measurements, this.#current));
  }

  /** Takes picture sizes alone, by layer, smallest first. */
  sized(sizes: readonly PictureSize[]): void {
    this.#take(this.#current.map((layer) => ({ ...layer, ...sizes[layer.spatialLayer] })));
  }

  #take(layers: readonly VideoLayer[]): void {
    this.#current = layers;
    if (!isNotable(this.#told, this.#current)) return;
    this.#told = this.#current;
    this.events.emit('change');
  }
}
