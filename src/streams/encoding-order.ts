/**
 * How to put encodings in order of picture size, smallest first: their present indices. Undefined when they stand so already.
 *
 * Rids say nothing about it (RFC 8853 §5.2): OBS's rid 0 is its largest.
 */
export function ascendingOrder(sizes: readonly { readonly width: number; readonly height: number }[]): readonly number[] | undefined {
  const areas = sizes.map(({ width, height }) => width * height);
  const order = [...areas.keys()].toSorted((a, b) => (areas[a] ?? 0) - (areas[b] ?? 0));
  return order.every((index, position) => index === position) ? undefined : order;
}
