import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** How an {@link EventStream} behaves. */
export interface EventStreamOptions {
  /** Time between comments that keep proxies from closing a silent connection, in milliseconds. Default 15 000. */
  readonly heartbeatMs?: number;
  /** A client that lets more than this wait is cut off, in bytes. Default 256 KiB. */
  readonly longestBacklog?: number;
}

/** One server-sent event. */
export interface ServerSentEvent {
  /** Its type: one word. Default: none, and browsers call it `message`. */
  readonly event?: string;
  /** Becomes JSON. */
  readonly data: unknown;
  /** For `Last-Event-ID`. */
  readonly id?: string;
}

/** What every answer of this kind says of itself; `X-Accel-Buffering` is for nginx, which would keep events until a buffer is full. */
export const eventStreamHeaders = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' };

/** How long a client may take to read what is left when its stream has ended, in milliseconds. */
const farewellMs = 5_000;

/**
 * One client that listens to server-sent events (`text/event-stream`, HTML Living Standard §9.2).
 *
 * Nobody waits for a slow client: what it does not read is kept up to a bound, then it is cut off, and may ask again. Give the route
 * `exposeHeadRoute: false`, for this answer has no end that HEAD could wait for.
 */
export class EventStream implements Disposable {
  readonly #body = new Readable({ read: () => undefined });
  readonly #heartbeat: NodeJS.Timeout;
  readonly #longestBacklog: number;
  #isEnded = false;

  constructor({ heartbeatMs = 15_000, longestBacklog = 256 * 1024 }: EventStreamOptions = {}) {
    this.#longestBacklog = longestBacklog;
    this.#heartbeat = setInterval(() => {
      this.#write(':\n\n');
    }, heartbeatMs);
    this.#body.once('close', () => {
      clearInterval(this.#heartbeat);
    });
    this.#body.push(':\n\n'); // sends the headers
  }

  get isOpen(): boolean {
    return !this.#body.destroyed && !this.#body.readableEnded;
  }

  /** Answers a request with what is sent from now on, and with what was sent before. */
  answer(reply: FastifyReply): FastifyReply {
    return reply.headers(eventStreamHeaders).send(this.#body);
  }

  /** Sends an event, unless the client is gone. */
  send({ event, data, id }: ServerSentEvent): void {
    const [idLine, eventLine] = [id === undefined ? '' : `id: ${id}\n`, event === undefined ? '' : `event: ${event}\n`];
    this.#write(`${idLine}${eventLine}data: ${JSON.stringify(data)}\n\n`);
  }

  /** Calls back once nobody listens any more, whoever ended it. */
  onClosed(listener: () => void): void {
    if (this.#body.destroyed) listener();
    else this.#body.once('close', listener);
  }

  /** Ends it after what was sent. Idempotent. */
  end(): void {
    clearInterval(this.#heartbeat);
    if (!this.isOpen || this.#isEnded) return;
    this.#isEnded = true;
    this.#body.push(null);
    const farewell = setTimeout(() => this.#body.destroy(), farewellMs);
    this.#body.once('close', () => {
      clearTimeout(farewell);
    });
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #write(text: string): void {
    if (!this.isOpen || this.#isEnded) return;
    if (this.#body.readableLength > this.#longestBacklog) this.#body.destroy();
    else this.#body.push(text);
  }
}
