import { milliseconds } from './duration.ts';
import type { Settings } from './schema.ts';

/** How streams are recorded. */
export interface RecordConfig {
  readonly directory: string;
  readonly path: string;
  readonly format: 'mp4' | 'mkv';
  readonly faststart: boolean;
  /** Undefined: parts are as long as it gets. */
  readonly partDurationMs: number | undefined;
  readonly partBytes: number | undefined;
}

/** Where recordings are kept. */
export interface StorageConfig {
  readonly minFreeBytes: number;
  /** Undefined: for ever. */
  readonly maxAgeMs: number | undefined;
  readonly maxBytes: number | undefined;
  /** Undefined: nothing is uploaded. */
  readonly s3: S3Config | undefined;
}

/** A bucket. */
export interface S3Config {
  readonly bucket: string;
  /** Empty, or ends with a slash. */
  readonly prefix: string;
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly pathStyle: boolean;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  readonly partBytes: number;
  readonly uploads: number;
  readonly keepLocal: boolean;
}

const bytesPerMiB = 2 ** 20;
const millisecondsPerDay = 86_400_000;

/** Turns checked settings into how streams are recorded. */
export function parseRecord({ directory, path, format, faststart, partDuration, partSize }: Settings['egress']['record']): RecordConfig {
  const partDurationMs = positive(milliseconds(partDuration));
  return { directory, path, format, faststart, partDurationMs, partBytes: inBytes(positive(partSize)) };
}

/** Turns checked settings into where recordings are kept. */
export function parseStorage({ minFree, maxAgeDays, maxSize, s3 }: Settings['egress']['storage']): StorageConfig {
  const days = positive(maxAgeDays);
  return {
    minFreeBytes: minFree * bytesPerMiB,
    maxAgeMs: days === undefined ? undefined : days * millisecondsPerDay,
    maxBytes: inBytes(positive(maxSize)),
    s3: parseS3(s3),
  };
}

function parseS3({
  bucket,
  prefix = '',
  accessKeyId,
  secretAccessKey,
  partSize,
  ...rest
}: Settings['egress']['storage']['s3']): S3Config | undefined {
  if (bucket === undefined) return undefined;
  return {
    bucket,
    prefix: prefix === '' ? '' : prefix.replace(/\/*$/, '/'),
    endpoint: rest.endpoint,
    region: rest.region,
    pathStyle: rest.pathStyle,
    credentials: accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey },
    partBytes: partSize * bytesPerMiB,
    uploads: rest.uploads,
    keepLocal: rest.keepLocal,
  };
}

function positive(value: number): number | undefined {
  return value === 0 ? undefined : value;
}

function inBytes(mebibytes: number | undefined): number | undefined {
  return mebibytes === undefined ? undefined : mebibytes * bytesPerMiB;
}
