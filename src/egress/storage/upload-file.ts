import { open, type FileHandle } from 'node:fs/promises';
import { StoreError, type ObjectStore, type StoredPart, type Upload } from './object-store.ts';
import { partBytesFor, planParts } from './part-plan.ts';

/** A file on its way to a bucket. */
export interface FileUpload {
  readonly path: string;
  readonly bytes: number;
  readonly key: string;
  readonly mediaType: string;
  /** Wanted size of parts in bytes; a file that is no larger goes in one piece. */
  readonly partBytes: number;
  /** A multipart upload of this file that an earlier attempt began. */
  readonly begun: BegunUpload | undefined;
}

/** A multipart upload, as it is kept until the file has arrived. */
export interface BegunUpload {
  /** Undefined: the bucket was asked to begin it; whether it did was not heard of. */
  readonly uploadId: string | undefined;
  readonly partBytes: number;
}

/** How an upload tells of itself, and how it is ended. */
export interface UploadHooks {
  /**
   * A multipart upload is about to begin, and then has begun: whoever keeps this can take it up again. Awaited before the bucket is asked for it, and
   * before any part is sent.
   */
  readonly begun: (upload: BegunUpload) => Promise<void>;
  readonly sent: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Uploads a file, or the rest of it where an earlier attempt was interrupted, and resolves once the bucket says that it has all of it.
 *
 * Holds one part in memory. Rejects with {@link StoreError}.
 */
export async function uploadFile(store: ObjectStore, file: FileUpload, hooks: UploadHooks): Promise<void> {
  await using handle = await openFile(file);
  const partBytes = partBytesFor(file.bytes, file.partBytes);
  if (file.begun === undefined && file.bytes <= partBytes) {
    const body = await readPart(handle, { offset: 0, bytes: file.bytes });
    await store.put(file.key, { body, mediaType: file.mediaType }, hooks.signal);
    hooks.sent(file.bytes);
  } else {
    await uploadParts(store, handle, { ...file, partBytes }, hooks);
  }
  await confirm(store, file, hooks.signal);
}

async function uploadParts(store: ObjectStore, handle: FileHandle, file: FileUpload, hooks: UploadHooks): Promise<void> {
  const { upload, partBytes, parts } = await takeUp(store, file, hooks);
  if (upload === undefined) return;
  const done = new Map(parts.map((part) => [part.number, part]));
  for (const planned of planParts(file.bytes, partBytes)) {
    if (done.get(planned.number)?.bytes !== planned.bytes) {
      const body = await readPart(handle, planned);
      const etag = await store.putPart(upload, { number: planned.number, body }, hooks.signal);
      done.set(planned.number, { number: planned.number, etag, bytes: planned.bytes });
    }
    hooks.sent(planned.bytes);
  }
  const inOrder = [...done.values()].toSorted((one, other) => one.number - other.number);
  await store.complete(upload, inOrder, hooks.signal);
}

/** The multipart upload to go on with; undefined: an earlier attempt has completed it already, and only never heard so. */
async function takeUp(
  store: ObjectStore,
  { key, bytes, mediaType, partBytes, begun }: FileUpload,
  hooks: UploadHooks,
): Promise<{ readonly upload: Upload | undefined; readonly partBytes: number; readonly parts: readonly StoredPart[] }> {
  if (begun?.uploadId !== undefined) {
    const earlier = { key, id: begun.uploadId };
    const parts = await store.partsOf(earlier, hooks.signal);
    if (parts !== undefined) return { upload: earlier, partBytes: begun.partBytes, parts };
    if ((await store.sizeOf(key, hooks.signal)) === bytes) return { upload: undefined, partBytes, parts: [] };
  }
  if (begun !== undefined) await store.abortOthers(key, undefined, hooks.signal);
  await hooks.begun({ uploadId: undefined, partBytes });
  const upload = { key, id: await store.begin(key, mediaType, hooks.signal) };
  await hooks.begun({ uploadId: upload.id, partBytes });
  return { upload, partBytes, parts: [] };
}

async function confirm(store: ObjectStore, { key, bytes }: FileUpload, signal: AbortSignal): Promise<void> {
  const stored = await store.sizeOf(key, signal);
  if (stored === bytes) return;
  throw new StoreError('unconfirmed', `The bucket has ${stored ?? 'no'} bytes of ${bytes}.`);
}

async function openFile({ path, bytes }: FileUpload): Promise<FileHandle> {
  try {
    await using opened = new AsyncDisposableStack();
    const handle = opened.use(await open(path, 'r'));
    const { size } = await handle.stat();
    if (size !== bytes) throw new RangeError(`it has ${size} bytes, not ${bytes}`);
    opened.move();
    return handle;
  } catch (error) {
    throw new StoreError('file', 'The recording cannot be read, or is not as long as it was.', error);
  }
}

async function readPart(handle: FileHandle, { offset, bytes }: { readonly offset: number; readonly bytes: number }): Promise<Uint8Array> {
  const body = Buffer.allocUnsafe(bytes);
  let filled = 0;
  while (filled < bytes) {
    const { bytesRead } = await handle.read(body, filled, bytes - filled, offset + filled);
    if (bytesRead === 0) throw new StoreError('file', 'The recording has become shorter.');
    filled += bytesRead;
  }
  return body;
}
