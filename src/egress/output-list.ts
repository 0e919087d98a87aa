import { EventEmitter } from 'node:events';
import type { StreamId } from '../streams/stream-id.ts';
import type { EgressOutput, OutputReport } from './output.ts';

/** What strangers (API, events, metrics) may listen to. */
export type OutputListEvents = {
  added: [OutputReport];
  changed: [OutputReport];
  removed: [OutputReport];
};

/** Every output by its stream and id. Owners add their own; nobody else stops them but {@link OutputList.close}. */
export class OutputList {
  readonly observer = new EventEmitter<OutputListEvents>();
  readonly #outputs = new Map<StreamId, Map<string, EgressOutput>>();

  /** Shows an output until the returned entry is disposed. Throws `TypeError` when its stream has one of that id. */
  add(output: EgressOutput): Disposable {
    const ofStream = this.#outputs.get(output.streamId) ?? new Map<string, EgressOutput>();
    if (ofStream.has(output.id)) throw new TypeError(`the stream has an output ${output.id} already`);
    ofStream.set(output.id, output);
    this.#outputs.set(output.streamId, ofStream);
    this.observer.emit('added', output.report());
    return {
      [Symbol.dispose]: () => {
        if (ofStream.get(output.id) !== output) return;
        ofStream.delete(output.id);
        if (ofStream.size === 0 && this.#outputs.get(output.streamId) === ofStream) this.#outputs.delete(output.streamId);
        this.observer.emit('removed', output.report());
      },
    };
  }

  /** Tells strangers that an output's state or details are others now; one that is not in the list is not told of. */
  changed(output: EgressOutput): void {
    if (this.find(output.streamId, output.id) === output) this.observer.emit('changed', output.report());
  }

  find(streamId: StreamId, id: string): EgressOutput | undefined {
    return this.#outputs.get(streamId)?.get(id);
  }

  /** The outputs of one stream, or all. */
  list(streamId?: StreamId): readonly EgressOutput[] {
    const streams = streamId === undefined ? [...this.#outputs.values()] : [this.#outputs.get(streamId) ?? new Map<string, EgressOutput>()];
    return streams.flatMap((ofStream) => [...ofStream.values()]);
  }

  /** Stops every output: all at once, for they wait for disks and networks. One that fails does not keep the others. */
  async close(): Promise<void> {
    await Promise.allSettled(this.list().map(async (output) => output.stop()));
  }
}
