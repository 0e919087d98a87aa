/** Something to read in a playlist. */
export interface Piece {
  readonly number: number;
  /** Undefined: the whole segment. */
  readonly part: number | undefined;
  readonly uri: string;
  readonly durationMs: number;
}

/** What a player would read of a playlist: its segments, or the parts of those that list parts. As quick as can be, for crowds. */
export function piecesOf(playlist: string, inParts: boolean): readonly Piece[] {
  const pieces: Piece[] = [];
  let number = 0;
  let part = 0;
  let durationMs = 0;
  for (const line of playlist.split('\n')) {
    if (line.startsWith('#EXT-X-MEDIA-SEQUENCE:')) number = Number(line.slice(22));
    else if (line.startsWith('#EXTINF:')) durationMs = Number.parseFloat(line.slice(8)) * 1000;
    else if (inParts && line.startsWith('#EXT-X-PART:')) {
      const [, seconds = '', uri = ''] = /DURATION=([\d.]+),URI="([^"]+)"/.exec(line) ?? [];
      pieces.push({ number, part, uri, durationMs: Number(seconds) * 1000 });
      part += 1;
    } else if (line !== '' && !line.startsWith('#')) {
      if (part === 0) pieces.push({ number, part: undefined, uri: line, durationMs });
      number += 1;
      part = 0;
    }
  }
  return pieces;
}
