import type { LayerIndices } from '../track.ts';

/**
 * The encoding whose GOP a newcomer is shown: the largest that the viewer shall get and that its network carries, as far as that is known.
 *
 * `rates` are those of all encodings that arrive, in bit/s, smallest first; `estimate` in bit/s.
 */
export function replayedEncoding(rates: readonly number[], wanted: LayerIndices | undefined, estimate = Infinity): number {
  const allowed = rates.slice(0, 1 + (wanted?.spatialLayer ?? rates.length));
  return Math.max(
    0,
    allowed.findLastIndex((rate) => rate <= estimate),
  );
}
