/**
 * What each layer adds to an RTP stream, in bit/s: by spatial layer, then by temporal layer, lowest first.
 *
 * mediasoup counts by layer where the publisher's parameters name a scalability mode, under keys such as `1.0` (spatial, temporal). Its
 * numbers include the temporal layers below and everything of the spatial layers below, and are 0 for a layer that does not arrive itself.
 */
export function layerBitrates(byLayer: Readonly<Record<string, number>> | undefined, total: number): readonly (readonly number[])[] {
  const entries = Object.entries(byLayer ?? {}).map(([key, bitrate]) => ({ key: key.split('.').map(Number), bitrate }));
  if (entries.length === 0) return [[total]];
  const spatialLayers = Math.max(...entries.map(({ key: [spatial = 0] }) => spatial)) + 1;
  const layers: (readonly number[])[] = [];
  let below = 0;
  for (let spatial = 0; spatial < spatialLayers; spatial += 1) {
    const cumulative = entries.filter(({ key }) => key[0] === spatial).toSorted((a, b) => (a.key[1] ?? 0) - (b.key[1] ?? 0));
    let counted = below;
    const own = cumulative.map(({ bitrate }) => {
      const added = bitrate === 0 ? 0 : Math.max(0, bitrate - counted);
      counted = Math.max(counted, bitrate);
      return added;
    });
    layers.push(own);
    below = counted;
  }
  return layers;
}
