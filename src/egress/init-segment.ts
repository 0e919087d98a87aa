import { DataStream, type SampleEntry } from 'mp4box';
import { readSpsSize } from '../media/h264-sps.ts';
import type { InitSegment } from './fragment.ts';
import type { ParameterSets } from './parameter-sets.ts';
import { parseBoxes } from './moof.ts';

/** A parsed `moov`, with the parts of it that are read and rewritten here. */
type Mp4File = ReturnType<typeof parseBoxes>;
type Track = Mp4File['moov']['traks'][number];

/** Reads `ftyp` + `moov` with one track. Throws `RangeError` when there is no such thing. */
export function readInit(bytes: Uint8Array): InitSegment {
  const { track, entry } = onlyTrack(parseBoxes(bytes));
  const timescale = track.mdia.mdhd.timescale;
  const common = { container: 'mp4', bytes, codec: codecString(entry), timescale } as const;
  if (entry.isAudio()) return { ...common, size: undefined, sampleRate: entry.getSampleRate(), channels: entry.getChannelCount() };
  const sps = avcConfiguration(entry)?.SPS[0]?.data;
  const size = (sps === undefined ? undefined : readSpsSize(sps)) ?? { width: entry.getWidth(), height: entry.getHeight() };
  return { ...common, size };
}

/** The parameter sets that an H264 init carries; undefined for any other codec. */
export function parameterSetsOf(init: InitSegment): ParameterSets | undefined {
  if (!init.codec.startsWith('avc1')) return undefined;
  const configuration = avcConfiguration(onlyTrack(parseBoxes(init.bytes)).entry);
  return configuration && { sps: configuration.SPS.map(({ data }) => data), pps: configuration.PPS.map(({ data }) => data) };
}

/** The same init for other parameter sets: another size or profile in mid-run. Throws `RangeError` when it is not of H264. */
export function withParameterSets(init: InitSegment, sets: ParameterSets): InitSegment {
  const file = parseBoxes(init.bytes);
  const { track, entry } = onlyTrack(file);
  const configuration = avcConfiguration(entry);
  const [sps] = sets.sps;
  if (configuration === undefined || sps === undefined) throw new RangeError('not an init of H264');
  configuration.AVCProfileIndication = sps[1] ?? 0;
  configuration.profile_compatibility = sps[2] ?? 0;
  configuration.AVCLevelIndication = sps[3] ?? 0;
  configuration.SPS.splice(0, Infinity, ...sets.sps.map((data) => ({ data, length: data.length })));
  configuration.PPS.splice(0, Infinity, ...sets.pps.map((data) => ({ data, length: data.length })));
  const size = readSpsSize(sps);
  if (size !== undefined) {
    Object.assign(entry, size);
    track.tkhd.width = size.width * 0x1_0000; // 16.16 fixed point
    track.tkhd.height = size.height * 0x1_0000;
  }
  return readInit(writeBoxes(file));
}

/** Writes boxes that were parsed; their sizes are counted anew. */
export function writeBoxes(file: Mp4File): Uint8Array {
  const stream = new DataStream();
  for (const box of file.boxes) box.write(stream);
  return new Uint8Array(stream.buffer, 0, stream.getPosition());
}

function onlyTrack(file: Mp4File): { readonly track: Track; readonly entry: SampleEntry } {
  const [track] = (file.moov as Mp4File['moov'] | undefined)?.traks ?? [];
  const entry = track?.mdia.minf.stbl.stsd.entries[0];
  if (track === undefined || entry === undefined) throw new RangeError('not an init segment with a track');
  return { track, entry };
}

/** `avc1.42E01F` and `avc1.42e01f` are the same; lower case is what we say elsewhere. AV1 has capitals that mean something. */
function codecString(entry: SampleEntry): string {
  const codec = entry.getCodec();
  return codec.startsWith('avc1') ? codec.toLowerCase() : codec;
}

interface AvcConfiguration {
  AVCProfileIndication: number;
  profile_compatibility: number;
  AVCLevelIndication: number;
  readonly SPS: { data: Uint8Array; length: number }[];
  readonly PPS: { data: Uint8Array; length: number }[];
}

function avcConfiguration(entry: SampleEntry): AvcConfiguration | undefined {
  // mp4box exports no class of this entry to test against
  return 'avcC' in entry ? (entry.avcC as AvcConfiguration) : undefined;
}
