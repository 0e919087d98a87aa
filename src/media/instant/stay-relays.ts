import type { Consumer } from 'mediasoup/types';
import type { RoutedCodec } from '../router-codecs.ts';
import type { WatchPlace } from './injected-consumer.ts';
import type { RelaySource } from './relay-source.ts';
import { StayRelay } from './stay-relay.ts';

/** A player's consumer of a relay. */
export interface RelayedConsumer {
  readonly relay: StayRelay;
  readonly consumer: Consumer;
}

/** The relays of one router: at most one for picture and one for sound. */
export class StayRelays {
  readonly #place: WatchPlace;
  readonly #relays = new Map<RoutedCodec, Promise<StayRelay>>();

  constructor(place: WatchPlace) {
    this.#place = place;
  }

  /**
   * Lets `open` make a player's consumer of the relay for a codec, which goes on with `source`; the relay is opened if it is not there, and closes
   * with its last consumer. Rejects when the worker is gone, and as `open` does.
   */
  async consume(
    codec: RoutedCodec,
    { source, open }: { readonly source: RelaySource; readonly open: (producerId: string) => Promise<Consumer> },
  ): Promise<RelayedConsumer> {
    const relay = await this.#get(codec);
    if (relay.closed) return this.consume(codec, { source, open }); // its last player has left meanwhile
    relay.attach(source);
    return { relay, consumer: await relay.consume(open) };
  }

  async #get(codec: RoutedCodec): Promise<StayRelay> {
    const known = this.#relays.get(codec);
    const relay = await known?.catch(() => undefined); // whoever opened it was told
    if (relay !== undefined && !relay.closed) return relay;
    if (this.#relays.get(codec) !== known) return this.#get(codec);
    const opening = StayRelay.open(this.#place, codec);
    this.#relays.set(codec, opening);
    return opening;
  }
}
