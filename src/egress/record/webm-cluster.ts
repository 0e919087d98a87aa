/** EBML ids (RFC 9559 §5.1.3). */
const clusterId = 0x1f43b675;
const timestampId = 0xe7;

/** The bytes of a WebM cluster whose time counts from `zeroMs`, with FFmpeg's time scale of a millisecond. Throws `RangeError` for others. */
export function placeCluster(cluster: Uint8Array, zeroMs: number): readonly Uint8Array[] {
  const view = new DataView(cluster.buffer, cluster.byteOffset, cluster.byteLength);
  if (view.getUint32(0) !== clusterId) throw new RangeError('not a cluster');
  const timestamp = 4 + sizeLength(cluster, 4);
  const length = (cluster[timestamp + 1] ?? 0) & 0x7f;
  if (cluster[timestamp] !== timestampId || length === 0 || length > 8) throw new RangeError('a cluster without timestamp');
  const start = timestamp + 2;
  const head = Uint8Array.from(cluster.subarray(0, start + length));
  const written = head.subarray(start).reduce((sum, byte) => sum * 256 + byte, 0);
  let rest = Math.max(0, written - Math.round(zeroMs));
  for (let index = start + length - 1; index >= start; index--) {
    head[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return [head, cluster.subarray(start + length)];
}

/** How many bytes a variable-length size takes, by its first one (RFC 8794 §4). */
function sizeLength(bytes: Uint8Array, offset: number): number {
  return Math.clz32(bytes[offset] ?? 0) - 23;
}
