/** One picture size that a stream can be watched in. */
export interface PlayerLayer {
  /** Its place, 0 is the smallest: what {@link LayerChoice} names it by. */
  readonly spatialLayerId: number;
  /** Name of its encoding; undefined without simulcast. */
  readonly rid: string | undefined;
  /** In pixels; undefined until known. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  /** In bit/s, with everything that it needs; 0 while it does not arrive. */
  readonly bitrate: number;
  /** Whether the publisher sends it now. */
  readonly isActive: boolean;
  /** Whether this player is sent it now. */
  readonly isCurrent: boolean;
}

/** What a player wants; nothing: what suits its network best. Members are those of WHEP's layer selection. */
export interface LayerChoice {
  readonly rid?: string;
  readonly spatialLayerId?: number;
  readonly temporalLayerId?: number;
  readonly maxSpatialLayerId?: number;
  readonly maxTemporalLayerId?: number;
  /** In pixels. */
  readonly maxWidth?: number;
  readonly maxHeight?: number;
}

/** Reads the data of a `layers` event: one entry for each picture size, smallest first, its temporal layers taken together. */
export function readLayers(data: string): readonly PlayerLayer[] {
  const sections: unknown = JSON.parse(data);
  const entries: unknown = isRecord(sections) ? Object.values(sections)[0] : undefined;
  const layers = new Map<number, PlayerLayer>();
  for (const entry of Array.isArray(entries) ? (entries as readonly unknown[]) : []) {
    const layer = readEntry(entry);
    const before = layers.get(layer.spatialLayerId);
    layers.set(layer.spatialLayerId, {
      ...layer,
      bitrate: Math.max(layer.bitrate, before?.bitrate ?? 0),
      isCurrent: layer.isCurrent || before?.isCurrent === true,
    });
  }
  return [...layers.values()].toSorted((one, other) => one.spatialLayerId - other.spatialLayerId);
}

function readEntry(entry: unknown): PlayerLayer {
  const member = (name: string): unknown => (isRecord(entry) ? entry[name] : undefined);
  const number = (name: string): number | undefined => {
    const value = member(name);
    return typeof value === 'number' ? value : undefined;
  };
  const rid = member('rid');
  const bitrate = number('bitrate') ?? 0;
  return {
    spatialLayerId: number('spatialLayerId') ?? 0,
    rid: typeof rid === 'string' ? rid : undefined,
    width: number('width'),
    height: number('height'),
    bitrate,
    isActive: bitrate > 0,
    isCurrent: member('current') === true,
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
