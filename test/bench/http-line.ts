import { connect, type Socket } from 'node:net';

/** What came back. */
export interface Answer {
  readonly status: number;
  /** Of the body. */
  readonly bytes: number;
  /** The body, where it was wanted; else empty. */
  readonly text: string;
}

const headEnd = Buffer.from('\r\n\r\n');

/** One connection that asks for one thing after the other, much cheaper than Node's own client: a crowd of readers must not be what is measured. */
export class HttpLine implements Disposable {
  readonly #socket: Socket;
  readonly #host: string;
  #head: Buffer | undefined = Buffer.alloc(0);
  #status = 0;
  #left = 0;
  #bytes = 0;
  #chunks: Buffer[] | undefined;
  #settle: ((answer: Answer) => void) | undefined;

  constructor({ hostname, port, host }: URL) {
    this.#host = host;
    this.#socket = connect({ host: hostname, port: Number(port) });
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', () => this.#finish(0));
    this.#socket.on('close', () => this.#finish(0));
  }

  /** Status 0: the connection has failed. Answers must tell their length. */
  async get(path: string, wantsText: boolean): Promise<Answer> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) return resolve({ status: 0, bytes: 0, text: '' });
      this.#head = Buffer.alloc(0);
      this.#bytes = 0;
      this.#chunks = wantsText ? [] : undefined;
      this.#settle = resolve;
      this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n\r\n`);
    });
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#head === undefined) return this.#readBody(chunk);
    const head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
    this.#head = head;
    const end = head.indexOf(headEnd);
    if (end === -1) return;
    const text = head.toString('latin1', 0, end);
    this.#status = Number(text.slice(9, 12));
    this.#left = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
    if (Number.isNaN(this.#left)) throw new TypeError(`an answer without a length: ${text}`);
    this.#head = undefined;
    this.#readBody(head.subarray(end + headEnd.length));
  }

  #readBody(chunk: Buffer): void {
    this.#bytes += chunk.length;
    this.#left -= chunk.length;
    this.#chunks?.push(chunk);
    if (this.#left === 0) this.#finish(this.#status);
  }

  #finish(status: number): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.({ status, bytes: this.#bytes, text: Buffer.concat(this.#chunks ?? []).toString() });
  }
}
