/** Bytes of a file, both ends included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The one range that a `Range` header asks for.
 *
 * `whole` where there is none or one that may be ignored (several ranges, other units), `unsatisfiable` for 416.
 * @see RFC 9110 §14.2
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return 'whole';
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { first: size - length, last: size - 1 };
  }
  if (Number(first) >= size) return 'unsatisfiable';
  if (last !== '' && Number(last) < Number(first)) return 'whole';
  return { first: Number(first), last: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

/** The bytes of a range, of chunks that follow each other; views, no copies. */
export function sliceChunks(chunks: readonly Uint8Array[], { first, last }: ByteRange): readonly Uint8Array[] {
  let at = 0;
  return chunks.flatMap((chunk) => {
    const [start, end] = [first - at, last + 1 - at];
    at += chunk.length;
    return start >= chunk.length || end <= 0 ? [] : [chunk.subarray(Math.max(0, start), end)];
  });
}
