import type { RoutedCodec } from '../router-codecs.ts';
import type { WatchPlace } from './injected-consumer.ts';
import { StayRelay } from './stay-relay.ts';

/** The relays of one router: at most one for picture and one for sound. */
export class StayRelays {
  readonly #place: WatchPlace;
  readonly #relays = new Map<RoutedCodec, Promise<StayRelay>>();

  constructor(place: WatchPlace) {
    this.#place = place;
  }

  /** The relay for a codec, opened if it is not there. Rejects when the worker is gone. */
  async get(codec: RoutedCodec): Promise<StayRelay> {
    const known = this.#relays.get(codec);
    const relay = await known?.catch(() => undefined); // whoever opened it was told
    if (relay !== undefined && !relay.closed) return relay;
    if (this.#relays.get(codec) !== known) return this.get(codec);
    const opening = StayRelay.open(this.#place, codec);
    this.#relays.set(codec, opening);
    return opening;
  }
}
