import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { policyFor, targetsFor, type Config } from './config/config.ts';
import type { Host } from './config/host.ts';
import { Egress } from './egress/egress.ts';
import { claimFolder } from './egress/folder-claim.ts';
import { HlsEgress } from './egress/hls/hls-egress.ts';
import { firstSegmentMs } from './egress/hls/packager.ts';
import { Recordings } from './egress/record/recordings.ts';
import { RequestedOutputs } from './egress/request/requested-outputs.ts';
import { RequestStore } from './egress/request/request-store.ts';
import { RtmpTargets } from './egress/rtmp/rtmp-targets.ts';
import { S3Store } from './egress/storage/s3-store.ts';
import type { StreamRegistry } from './streams/registry.ts';

/** What {@link openOutputs} needs besides the configuration. */
export interface OutputDeps {
  readonly logger: Logger;
  readonly host: Host;
  readonly registry: StreamRegistry;
}

/** Every way in which streams leave besides WHEP. */
export interface Outputs {
  readonly egress: Egress;
  readonly hls: HlsEgress;
  readonly rtmp: RtmpTargets;
  readonly recordings: Recordings;
  readonly requested: RequestedOutputs;
}

/** Where gateways of one user leave word of the programs that they have started, and the folders that they work in. */
const runFolder = join(tmpdir(), `sluice-${process.getuid?.() ?? 'run'}`);

/** Opens them as the configuration wants them; `opened` closes them. */
export async function openOutputs(config: Config, deps: OutputDeps, opened: AsyncDisposableStack): Promise<Outputs> {
  const egress = opened.use(openEgress(config, deps));
  const hls = opened.use(openHls(config, deps, egress));
  const rtmp = opened.use(openRtmp(config, deps, egress));
  const recordings = opened.use(await openRecordings(config, deps, { egress, claims: opened }));
  const requested = opened.use(openRequested(config, deps, { egress, hls, rtmp, recordings, claims: opened }));
  return { egress, hls, rtmp, recordings, requested };
}

/** What takes streams out by other ways than WHEP. Programs that it starts are listed in a folder that gateways of one user share. */
function openEgress({ egress, streams }: Config, { logger, host, registry }: OutputDeps): Egress {
  const transcodeOf = (streamId: string) => policyFor(streams, streamId).transcode;
  const { ladder, preset } = egress.transcode;
  return new Egress({
    registry,
    logger,
    ffmpeg: host.findProgram(egress.ffmpeg),
    setpriv: host.findProgram('setpriv'),
    transcodes: (streamId) => transcodeOf(streamId) !== 'never',
    preset,
    ladder: { settings: { rungs: ladder, preset }, climbs: (streamId) => transcodeOf(streamId) === 'ladder' },
    runFolder,
    keyFrameIntervalMs: egress.hls.segmentMs,
    secondKeyFrameMs: (streamId) => (egress.hls.lowLatency && transcodeOf(streamId) !== 'ladder' ? firstSegmentMs : undefined),
  });
}

/** HLS of every stream whose policy has it. */
function openHls({ egress: { hls }, streams }: Config, { logger, registry }: OutputDeps, { ladders, outputs }: Egress): HlsEgress {
  const opened = new HlsEgress({
    ...hls,
    source: ladders,
    outputs,
    settings: hls,
    policyOf: (streamId) => policyFor(streams, streamId).hls,
    exists: (streamId) => registry.stream(streamId) !== undefined,
    admit: (streamId, client) => registry.seatViewer(streamId, client),
    logger,
  });
  registry.observer.on('live', (streamId) => opened.live(streamId));
  ladders.observer.on('state', (streamId) => {
    const stream = opened.stream(streamId);
    if (stream !== undefined) outputs.changed(stream);
  });
  return opened;
}

/** The RTMP targets of the configuration, and those that operators will add. */
function openRtmp({ egress: { rtmp } }: Config, { registry, logger }: OutputDeps, egress: Egress): RtmpTargets {
  return new RtmpTargets({
    taps: egress.supervisor,
    outputs: egress.outputs,
    streams: registry.observer,
    isGopLong: (streamId) => registry.stream(streamId)?.publisher?.ingest?.warnings.some(({ code }) => code === 'WARN_GOP_LONG') ?? false,
    targetsOf: (streamId) =>
      targetsFor(rtmp, streamId).map(({ name, url, key, encoding = 'highest' }) => ({
        name,
        url,
        key: async () => ('text' in key ? key.text : (await readFile(key.file, 'utf8')).trim()),
        encoding,
      })),
    caFile: rtmp.caFile,
    logger,
  });
}

/** Recordings of an earlier life are taken up, and streams are recorded as their policies want it. */
async function openRecordings(
  { egress: { record, storage }, streams }: Config,
  { logger, registry }: OutputDeps,
  { egress, claims }: { readonly egress: Egress; readonly claims: AsyncDisposableStack },
): Promise<Recordings> {
  const folder = resolve(record.directory);
  return Recordings.open({
    folder,
    isShared: !claim(folder, claims, logger),
    path: record.path,
    format: record.format,
    faststart: record.faststart,
    limits: { durationMs: record.partDurationMs, bytes: record.partBytes },
    minFreeBytes: storage.minFreeBytes,
    retention: { maxAgeMs: storage.maxAgeMs, maxBytes: storage.maxBytes },
    upload: storage.s3 === undefined ? undefined : { ...storage.s3, store: await S3Store.open(storage.s3) },
    taps: egress.supervisor,
    outputs: egress.outputs,
    registry,
    policyOf: (streamId) => policyFor(streams, streamId).record,
    logger,
  });
}

/** What operators have asked for in an earlier life, and will ask for in this one. */
function openRequested(
  { egress: { stateDirectory }, streams }: Config,
  { logger, registry }: OutputDeps,
  { egress: { outputs }, claims, ...parts }: Omit<Outputs, 'requested'> & { readonly claims: AsyncDisposableStack },
): RequestedOutputs {
  const folder = stateDirectory === undefined ? undefined : resolve(stateDirectory);
  return new RequestedOutputs({
    ...parts,
    outputs,
    registry,
    store: folder === undefined || !claim(folder, claims, logger) ? undefined : new RequestStore({ folder, logger }),
    graceMsOf: (streamId) => policyFor(streams, streamId).graceMs,
    logger,
  });
}

/** Whether what an earlier life has left in a folder is ours to take up: not where another gateway works in it. */
function claim(folder: string, claims: AsyncDisposableStack, logger: Logger): boolean {
  const claimed = claims.use(claimFolder(folder, runFolder));
  if (claimed === undefined) logger.warn({ folder }, 'another gateway works in this folder: this one takes nothing up there');
  return claimed !== undefined;
}
