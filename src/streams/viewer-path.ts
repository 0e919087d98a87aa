import type { Logger } from 'pino';
import type { LayerIndices, OutgoingTrack } from '../media/track.ts';
import type { FreezeSign } from './freeze-signs.ts';
import type { LayerDirector } from './layer-director.ts';
import { LayerSwitches, type LayerSwitch } from './layer-switches.ts';
import { PathWatch, type Estimator } from './path-watch.ts';

/** Whom a {@link ViewerPath} tells. */
interface ViewerPathOptions {
  readonly director: LayerDirector;
  readonly estimator: Estimator;
  readonly log: Logger;
  readonly onSwitch: (layerSwitch: LayerSwitch) => void;
  readonly onFreeze: (sign: FreezeSign) => void;
}

/** A viewer's video on its way: watched, and told of to strangers. */
export class ViewerPath {
  readonly #options: ViewerPathOptions;
  readonly #switches: LayerSwitches;
  #outgoing: OutgoingTrack | undefined;
  #watch: PathWatch | undefined;
  /** What was learnt of the path with earlier tracks. */
  #bound: LayerIndices | undefined;

  constructor(options: ViewerPathOptions) {
    this.#options = options;
    this.#switches = new LayerSwitches(options.onSwitch);
    options.director.events.on('wish', () => {
      this.#switches.cause('wish', performance.now());
    });
  }

  /** This is the layered video that is sent from now on; undefined: there is none. `takesPadding`: its player drops padding unseen. */
  follow(outgoing: OutgoingTrack | undefined, { takesPadding }: { readonly takesPadding: boolean }): void {
    this.#outgoing?.events.off('layerschange', this.#onLayers);
    this.#bound = this.#watch === undefined ? this.#bound : this.#watch.bound;
    this.#watch?.stop();
    this.#watch = undefined;
    this.#switches.end();
    this.#outgoing = outgoing;
    if (outgoing === undefined) return;
    this.#switches.begin(outgoing);
    outgoing.events.on('layerschange', this.#onLayers);
    this.#watch = this.#open(outgoing, takesPadding);
  }

  #open(outgoing: OutgoingTrack, takesPadding: boolean): PathWatch {
    const { director, estimator, log, onFreeze } = this.#options;
    const watch = new PathWatch({ outgoing, director, estimator, log, bound: this.#bound, takesPadding });
    watch.events.on('freeze', onFreeze);
    watch.events.on('bound', (reason) => {
      this.#switches.cause(reason, performance.now());
    });
    return watch;
  }

  readonly #onLayers = (layers: LayerIndices | undefined): void => {
    this.#switches.sent(layers, performance.now());
  };
}
