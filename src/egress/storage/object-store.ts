/** A part of a multipart upload that the bucket has. */
export interface StoredPart {
  /** From 1. */
  readonly number: number;
  readonly etag: string;
  readonly bytes: number;
}

/** A bucket, as uploads need it. Every method rejects with {@link StoreError}, and at once when its signal fires. */
export interface ObjectStore extends Disposable {
  readonly bucket: string;
  /** Size of an object in bytes; undefined: there is none. */
  sizeOf(key: string, signal: AbortSignal): Promise<number | undefined>;
  put(key: string, object: ObjectBody, signal: AbortSignal): Promise<void>;
  /** Begins a multipart upload and gives its id. */
  begin(key: string, mediaType: string, signal: AbortSignal): Promise<string>;
  /** What has arrived of a multipart upload; undefined: the bucket does not know it. */
  partsOf(upload: Upload, signal: AbortSignal): Promise<readonly StoredPart[] | undefined>;
  /** Sends a part and gives its ETag. */
  putPart(upload: Upload, part: { readonly number: number; readonly body: Uint8Array }, signal: AbortSignal): Promise<string>;
  complete(upload: Upload, parts: readonly StoredPart[], signal: AbortSignal): Promise<void>;
  /** Has the bucket forget a multipart upload. */
  abort(upload: Upload, signal: AbortSignal): Promise<void>;
  /**
   * Has the bucket forget the multipart uploads of a key but the one with the id `kept`: those whose beginning we asked for without hearing of it.
   * Does nothing where we may not list them.
   */
  abortOthers(key: string, kept: string | undefined, signal: AbortSignal): Promise<void>;
}

/** A multipart upload that has begun. */
export interface Upload {
  readonly key: string;
  readonly id: string;
}

/** A whole object. */
export interface ObjectBody {
  readonly body: Uint8Array;
  readonly mediaType: string;
}

/** Why a bucket did not do what it was asked; bounded, for metrics. */
export type StoreFailure = 'denied' | 'no-bucket' | 'unreachable' | 'timeout' | 'server-error' | 'unconfirmed' | 'file' | 'other';

/** A failure of a bucket. Its message holds no key and no URL with credentials. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly failure: StoreFailure;

  constructor(failure: StoreFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.failure = failure;
  }
}
