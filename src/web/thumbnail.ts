import { addressOf } from './stream-address.ts';

/** How often a picture is asked for again, in milliseconds: whoever has the page open costs the server one small picture in that time. */
const refreshMs = 30_000;

/** A small picture of a stream that is brought up to date while it is live, and is not there when there is none to be had. */
export class ThumbnailPicture {
  readonly image = document.createElement('img');
  readonly #streamId: string;
  #askedAt = -Infinity;

  constructor(streamId: string) {
    this.#streamId = streamId;
    this.image.className = 'thumbnail';
    this.image.alt = ''; // the name beside it says more
    this.image.hidden = true;
    this.image.addEventListener('load', () => (this.image.hidden = false));
    this.image.addEventListener('error', () => (this.image.hidden = true));
  }

  /** Asks for a new picture if there is one to be had and the last one is old. `now` is in milliseconds. */
  refresh(available: boolean, now: number): void {
    if (!available || now - this.#askedAt < refreshMs) return;
    this.#askedAt = now;
    this.image.src = `${addressOf(this.#streamId).thumbnail}?at=${Math.floor(now / refreshMs)}`;
  }
}
