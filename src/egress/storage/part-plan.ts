/** A stretch of a file that is sent in one piece. */
export interface PlannedPart {
  /** From 1. */
  readonly number: number;
  /** First byte. */
  readonly offset: number;
  readonly bytes: number;
}

/** What S3 demands of multipart uploads: parts of at least 5 MiB but the last, and at most 10 000 of them. */
const minPartBytes = 5 * 2 ** 20;
const maxParts = 10_000;

/** The size of parts for a file: as wanted, if that is possible. */
export function partBytesFor(fileBytes: number, wantedBytes: number): number {
  return Math.max(minPartBytes, wantedBytes, Math.ceil(fileBytes / maxParts));
}

/** Cuts a file into parts. */
export function planParts(fileBytes: number, partBytes: number): readonly PlannedPart[] {
  return Array.from({ length: Math.ceil(fileBytes / partBytes) }, (_, index) => {
    const offset = index * partBytes;
    return { number: index + 1, offset, bytes: Math.min(partBytes, fileBytes - offset) };
  });
}
