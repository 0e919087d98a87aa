/** What is written at once: whole fragments. */
export interface Piece {
  readonly chunks: readonly Uint8Array[];
  /** Whether it is sound, or may hold some. */
  readonly hasSound: boolean;
  /** Where it ends in the part, in milliseconds. */
  readonly endMs: number;
}

/** Those of the pieces that are on the disk as a whole, when so many bytes of them are. */
export function wholePieces(pieces: readonly Piece[], written: number): { readonly pieces: readonly Piece[]; readonly bytes: number } {
  let bytes = 0;
  const missing = pieces.findIndex(({ chunks }) => {
    const length = lengthOf(chunks);
    if (bytes + length > written) return true;
    bytes += length;
    return false;
  });
  return { pieces: missing === -1 ? pieces : pieces.slice(0, missing), bytes };
}

/** Of all of them, in bytes. */
export function lengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}
