import type * as sdk from '@aws-sdk/client-s3';
import { StoreError, type ObjectBody, type ObjectStore, type StoredPart, type StoreFailure, type Upload } from './object-store.ts';

/** Where the bucket is, and who we are there. */
export interface S3Options {
  readonly bucket: string;
  /** Undefined: AWS itself. */
  readonly endpoint: string | undefined;
  /** Undefined: what the environment or the profile says; `us-east-1` with an endpoint. */
  readonly region: string | undefined;
  /** `https://host/bucket/key` instead of `https://bucket.host/key`. */
  readonly pathStyle: boolean;
  /** Undefined: the SDK's chain of environment, profile files, web identity, container and instance roles. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

/** A dead connection is given up after these times, in milliseconds. */
const timeouts = { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true };

/** Attempts of the SDK at one request; the queue begins again later. */
const maxAttempts = 3;

/**
 * A bucket of S3 or of something that speaks like it.
 *
 * The SDK is loaded here and not before: it takes some 30 MB of memory that only those pay for who upload. Checksums are sent where the operation
 * demands them only, because many other servers refuse the SDK's default.
 */
export class S3Store implements ObjectStore {
  readonly bucket: string;
  readonly #api: typeof sdk;
  readonly #client: sdk.S3Client;

  static async open(options: S3Options): Promise<S3Store> {
    return new S3Store(options, await import('@aws-sdk/client-s3'));
  }

  private constructor({ bucket, endpoint, region, pathStyle, credentials }: S3Options, api: typeof sdk) {
    const home = region ?? (endpoint === undefined ? undefined : 'us-east-1');
    this.bucket = bucket;
    this.#api = api;
    this.#client = new api.S3Client({
      forcePathStyle: pathStyle,
      maxAttempts,
      requestHandler: timeouts,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(home === undefined ? {} : { region: home }),
      ...(credentials === undefined ? {} : { credentials: { ...credentials } }), // the SDK writes into them, and ours are frozen
    });
  }

  async sizeOf(key: string, abortSignal: AbortSignal): Promise<number | undefined> {
    try {
      const { ContentLength } = await this.#client.send(new this.#api.HeadObjectCommand({ Bucket: this.bucket, Key: key }), {
        abortSignal,
      });
      return ContentLength;
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw storeError(error);
    }
  }

  async put(key: string, { body, mediaType }: ObjectBody, abortSignal: AbortSignal): Promise<void> {
    const command = new this.#api.PutObjectCommand({ Bucket: this.bucket, Key: key, Body: body, ContentType: mediaType });
    await translated(this.#client.send(command, { abortSignal }));
  }

  async begin(key: string, mediaType: string, abortSignal: AbortSignal): Promise<string> {
    const command = new this.#api.CreateMultipartUploadCommand({ Bucket: this.bucket, Key: key, ContentType: mediaType });
    const { UploadId, $metadata } = await translated(this.#client.send(command, { abortSignal }));
    const id = required(UploadId, 'UploadId');
    if (($metadata.attempts ?? 1) > 1) await this.abortOthers(key, id, abortSignal); // an attempt without answer may have begun one, too
    return id;
  }

  async partsOf({ key, id }: Upload, abortSignal: AbortSignal): Promise<readonly StoredPart[] | undefined> {
    const parts: StoredPart[] = [];
    let page: sdk.ListPartsCommandOutput | undefined;
    try {
      do {
        const marker = page?.NextPartNumberMarker === undefined ? {} : { PartNumberMarker: page.NextPartNumberMarker };
        const command = new this.#api.ListPartsCommand({ Bucket: this.bucket, Key: key, UploadId: id, ...marker });
        page = await this.#client.send(command, { abortSignal });
        parts.push(...(page.Parts ?? []).flatMap(storedPart));
      } while (page.IsTruncated === true && page.NextPartNumberMarker !== undefined); // the SDK's pages never end with servers that always send a marker
      return parts;
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw storeError(error);
    }
  }

  async putPart(
    { key, id }: Upload,
    { number, body }: { readonly number: number; readonly body: Uint8Array },
    abortSignal: AbortSignal,
  ): Promise<string> {
    const command = new this.#api.UploadPartCommand({ Bucket: this.bucket, Key: key, UploadId: id, PartNumber: number, Body: body });
    const { ETag } = await translated(this.#client.send(command, { abortSignal }));
    return required(ETag, 'ETag');
  }

  async complete({ key, id }: Upload, parts: readonly StoredPart[], abortSignal: AbortSignal): Promise<void> {
    const command = new this.#api.CompleteMultipartUploadCommand({
      Bucket: this.bucket,
      Key: key,
      UploadId: id,
      MultipartUpload: { Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })) },
    });
    await translated(this.#client.send(command, { abortSignal }));
  }

  async abort({ key, id }: Upload, abortSignal: AbortSignal): Promise<void> {
    const command = new this.#api.AbortMultipartUploadCommand({ Bucket: this.bucket, Key: key, UploadId: id });
    await translated(this.#client.send(command, { abortSignal }));
  }

  async abortOthers(key: string, kept: string | undefined, abortSignal: AbortSignal): Promise<void> {
    try {
      const command = new this.#api.ListMultipartUploadsCommand({ Bucket: this.bucket, Prefix: key });
      const { Uploads = [] } = await this.#client.send(command, { abortSignal });
      for (const { Key, UploadId } of Uploads)
        if (Key === key && UploadId !== undefined && UploadId !== kept) await this.abort({ key, id: UploadId }, abortSignal);
    } catch (error) {
      if (statusOf(error) !== 403) throw storeError(error); // a permission that uploads do without
    }
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }
}

function storedPart({ PartNumber, ETag, Size }: sdk.Part): StoredPart[] {
  return PartNumber === undefined || ETag === undefined ? [] : [{ number: PartNumber, etag: ETag, bytes: Size ?? 0 }];
}

async function translated<Output>(answer: Promise<Output>): Promise<Output> {
  try {
    return await answer;
  } catch (error) {
    throw storeError(error);
  }
}

function required(value: string | undefined, name: string): string {
  if (value === undefined) throw new StoreError('other', `The server sent no ${name}.`);
  return value;
}

/** The SDK's errors name the host, the bucket and our access key id at most; we pass on their name and status alone. */
function storeError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const name = error instanceof Error ? error.name : 'Error';
  const status = statusOf(error);
  return new StoreError(failureOf(name, status, error), status === undefined ? `${name}${codeOf(error)}` : `${name} (${status})`, error);
}

function failureOf(name: string, status: number | undefined, error: unknown): StoreFailure {
  if (name === 'NoSuchBucket') return 'no-bucket';
  if (name === 'CredentialsProviderError' || status === 401 || status === 403) return 'denied';
  if (status !== undefined) return status >= 500 ? 'server-error' : 'other';
  const code = codeOf(error);
  if (name === 'TimeoutError' && (code === '' || code === ' ETIMEDOUT')) return 'timeout'; // the SDK calls a reset connection so, too
  return code === '' ? 'other' : 'unreachable';
}

function statusOf(error: unknown): number | undefined {
  const metadata = typeof error === 'object' && error !== null && '$metadata' in error ? error.$metadata : undefined;
  const status = typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata ? metadata.httpStatusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}

/** Of the operating system, such as ` ECONNREFUSED`; empty: none. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
}
