import { randomBytes } from 'node:crypto';

/** What a viewer can hear of (WHEP core extensions, server-sent events). */
export const eventTypes = ['active', 'inactive', 'layers', 'viewercount', 'reconnect'] as const;

export type EventType = (typeof eventTypes)[number];

/** Something that a viewer may want to know; `data` is what its event carries. */
export interface ViewerEvent {
  readonly type: EventType;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Whether a name is one of {@link eventTypes}. */
export function isEventType(name: unknown): name is EventType {
  return eventTypes.some((type) => type === name);
}

/** Events of these types describe the present: an older one is worth nothing once there is a newer one. */
const snapshots: ReadonlySet<EventType> = new Set(['layers', 'viewercount']);

/** Most events that wait for a reader. The oldest are dropped. */
const longestQueue = 32;

/** Who reads events. */
export interface EventReader {
  send(event: ViewerEvent): void;
  /** Nothing comes any more, or somebody else reads now. */
  end(): void;
}

/** One subscription of a viewer to events, and at most one reader; without one they wait in a bounded queue. */
export class EventQueue {
  /** Last part of its URL: 128 random bits, since whoever knows the URL may read (browsers send no token with an `EventSource`). */
  readonly id = randomBytes(16).toString('base64url');
  /** Its reader hears unnamed events only. */
  readonly isUnnamed: boolean;
  readonly #types: ReadonlySet<EventType>;
  #waiting: readonly ViewerEvent[] = [];
  #reader: EventReader | undefined;

  constructor({ types, isUnnamed }: { readonly types: readonly EventType[]; readonly isUnnamed: boolean }) {
    this.#types = new Set(types);
    this.isUnnamed = isUnnamed;
  }

  /** Sends or keeps an event, if its type was asked for. */
  tell(event: ViewerEvent): void {
    if (!this.#types.has(event.type)) return;
    if (this.#reader === undefined) this.#keep(event);
    else this.#reader.send(event);
  }

  /** Makes this the reader, instead of any other, and sends it what waits. Call the result when it is gone. */
  attach(reader: EventReader): () => void {
    this.#reader?.end();
    this.#reader = reader;
    for (const event of this.#waiting) reader.send(event);
    this.#waiting = [];
    return () => {
      if (this.#reader === reader) this.#reader = undefined;
    };
  }

  /** Ends its reader. */
  end(): void {
    this.#reader?.end();
    this.#reader = undefined;
  }

  #keep(event: ViewerEvent): void {
    const kept = snapshots.has(event.type) ? this.#waiting.filter(({ type }) => type !== event.type) : this.#waiting;
    this.#waiting = [...kept, event].slice(-longestQueue);
  }
}
