import { EventQueue, type EventType, type ViewerEvent } from './event-queue.ts';
import type { LayerDirector } from './layer-director.ts';
import { describeLayers } from './layer-event.ts';
import type { SessionEnding } from './registry-events.ts';

/** Subscriptions of one viewer at once; a further one ends the oldest, which its player has probably forgotten. */
const mostQueues = 4;

/** After these a player gets a stream back by a new POST, so it is told to make one. */
const worthReconnecting: readonly SessionEnding[] = ['shutdown', 'worker-died', 'media-changed', 'failed'];

/** Tells one viewer what happens on its stream, over any of the subscriptions that its player has opened. */
export class ViewerNews {
  readonly #layers: LayerDirector;
  readonly #videoIndex: () => number | undefined;
  #queues: readonly EventQueue[] = [];
  #isLive = false;
  #viewers: number | undefined;

  /** `videoIndex` is the place of the video among the sections of the player's SDP. */
  constructor(layers: LayerDirector, videoIndex: () => number | undefined) {
    this.#layers = layers;
    this.#videoIndex = videoIndex;
    layers.events.on('change', () => {
      this.#tell(this.#layersEvent);
    });
  }

  /** Opens a subscription; it begins with how things are. */
  open(options: { readonly types: readonly EventType[]; readonly isUnnamed: boolean }): EventQueue {
    const queue = new EventQueue(options);
    for (const event of [...(this.#isLive ? [active] : []), ...this.#layersEvent(), ...this.#viewersEvent()]) queue.tell(event);
    for (const oldest of this.#queues.slice(0, -(mostQueues - 1))) this.close(oldest);
    this.#queues = [...this.#queues, queue];
    return queue;
  }

  /** The subscription with this id; undefined when there is none any more. */
  find(id: string): EventQueue | undefined {
    return this.#queues.find((queue) => queue.id === id);
  }

  /** Ends one subscription. */
  close(queue: EventQueue): void {
    this.#queues = this.#queues.filter((other) => other !== queue);
    queue.end();
  }

  /** The stream has media, for the first time or again. */
  live(): void {
    if (this.#isLive) return;
    this.#isLive = true;
    this.#tell(() => [active]);
  }

  /** The publisher is gone. */
  idle(): void {
    if (!this.#isLive) return;
    this.#isLive = false;
    this.#tell(() => [{ type: 'inactive', data: {} }]);
  }

  /** So many watch now. */
  viewers(count: number): void {
    this.#viewers = count;
    this.#tell(() => this.#viewersEvent());
  }

  /** The viewer's session is over, and so is every subscription. */
  ended(ending: SessionEnding): void {
    if (worthReconnecting.includes(ending)) this.#tell(() => [{ type: 'reconnect', data: {} }]);
    for (const queue of this.#queues) this.close(queue);
  }

  /** Makes events only where somebody subscribes. */
  #tell(events: () => readonly ViewerEvent[]): void {
    if (this.#queues.length === 0) return;
    for (const event of events()) for (const queue of this.#queues) queue.tell(event);
  }

  readonly #layersEvent = (): readonly ViewerEvent[] => {
    const index = this.#videoIndex();
    return index === undefined ? [] : [{ type: 'layers', data: { [index]: describeLayers(this.#layers.layers, this.#layers.current) } }];
  };

  #viewersEvent(): readonly ViewerEvent[] {
    return this.#viewers === undefined ? [] : [{ type: 'viewercount', data: { viewercount: this.#viewers } }];
  }
}

const active: ViewerEvent = { type: 'active', data: {} };
