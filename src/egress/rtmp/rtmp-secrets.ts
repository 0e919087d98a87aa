/** What must not be written anywhere but where FFmpeg reads it. Its fields are private, so that no logger and no JSON shows them. */
export class RtmpSecrets {
  readonly #app: string;
  readonly #key: string;
  readonly #hidden: readonly string[];

  constructor({ app, key, others = [] }: { readonly app: string; readonly key: string; readonly others?: readonly string[] }) {
    this.#app = app;
    this.#key = key;
    const secrets = [key, key.split('?', 1)[0] ?? '', ...others].filter((text) => text.length >= shortestSecret);
    this.#hidden = [...new Set(secrets.flatMap(writings))].toSorted((a, b) => b.length - a.length);
  }

  /**
   * Application and key as a file of FFmpeg's options (`-fpre`).
   *
   * The application needs no hiding by itself; but FFmpeg would take the last part of a path of two for the key.
   */
  optionFile(): string {
    return `rtmp_app=${this.#app}\nrtmp_playpath=${this.#key}\n`;
  }

  /** The text without the key, the password and the query, however a server may have repeated them. */
  redact(text: string): string {
    return this.#hidden.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
  }
}

/** Shorter ones are no secrets, and cutting them out would leave no message readable. */
const shortestSecret = 4;

function writings(secret: string): readonly string[] {
  return [secret, encodeURIComponent(secret), decoded(secret)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray percent sign: it is not encoded
  }
}
