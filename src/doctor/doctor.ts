import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, isIPv6 } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { Host } from '../config/host.ts';
import { listenAddresses } from '../config/listen-addresses.ts';
import { openEngine } from '../media/mediasoup-engine.ts';
import { socketBufferBytes } from '../media/worker-process.ts';
import {
  judgeBuffers,
  judgeClock,
  judgeFfmpeg,
  judgePorts,
  judgeReach,
  type ClockFacts,
  type FfmpegFacts,
  type Finding,
  type PortFacts,
} from './findings.ts';
import { probeCandidates } from './reach.ts';

const run = promisify(execFile);

/** Looks at everything that keeps gateways from working, without leaving anything behind. Takes a few seconds. */
export async function examine(config: Config, host: Host, logger: Logger): Promise<readonly Finding[]> {
  const running = await answersAlready(config);
  const [clock, ffmpeg, ports] = await Promise.all([
    readClock(),
    readFfmpeg(host.findProgram(config.egress.ffmpeg)),
    tryPorts(config, host),
  ]);
  return [
    ...judgePorts(ports, running),
    ...(await examineMedia(config, host, { logger, onFreePorts: running || ports.some(({ error }) => error !== undefined) })),
    judgeBuffers(host.socketBufferBytes, socketBufferBytes),
    judgeFfmpeg(ffmpeg),
    judgeClock(clock),
  ];
}

/** Starts a worker as the gateway would; where its ports are taken, on others and without asking whether they can be reached. */
async function examineMedia(
  { rtc }: Config,
  host: Host,
  { logger, onFreePorts }: { readonly logger: Logger; readonly onFreePorts: boolean },
): Promise<readonly Finding[]> {
  const listen = onFreePorts ? [{ ip: '127.0.0.1' }] : listenAddresses(rtc, host.interfaces);
  const own = Object.values(host.interfaces).flatMap((infos = []) => infos.map(({ address }) => address));
  try {
    await using engine = await openEngine({
      workerBin: undefined,
      workers: 1,
      port: onFreePorts ? 0 : rtc.port,
      tcp: rtc.tcp,
      listen,
      logger,
    });
    const reaches = await probeCandidates(engine);
    return [
      { level: 'ok', subject: 'worker', text: 'starts and listens' },
      ...(onFreePorts ? [] : judgeReach(reaches, ['127.0.0.1', ...own])),
    ];
  } catch (error) {
    return [{ level: 'fail', subject: 'worker', text: error instanceof Error ? error.message : String(error) }];
  }
}

/** Whether a gateway runs at the configured HTTP port. */
async function answersAlready({ http: { host, port } }: Config): Promise<boolean> {
  if (port === 0) return false;
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : isIPv6(host) ? `[${host}]` : host;
  try {
    const response = await fetch(`http://${name}:${port}/livez`, { signal: AbortSignal.timeout(1000) });
    return (await response.text()) === '{"status":"ok"}';
  } catch {
    return false; // nobody, or somebody else
  }
}

async function tryPorts({ http, rtc }: Config, { interfaces }: Host): Promise<readonly PortFacts[]> {
  const media = Array.from({ length: rtc.port === 0 ? 0 : rtc.workers }, (_, worker) => rtc.port + worker);
  const addresses = listenAddresses(rtc, interfaces).map(({ ip }) => ip);
  const tries = [
    ...(http.port === 0 ? [] : [{ name: 'HTTP', host: http.host, port: http.port, bind: bindTcp }]),
    ...media.flatMap((port) =>
      addresses.flatMap((host) => [
        { name: 'UDP', host, port, bind: bindUdp },
        ...(rtc.tcp ? [{ name: 'TCP', host, port, bind: bindTcp }] : []),
      ]),
    ),
  ];
  return Promise.all(tries.map(async ({ bind, ...wanted }) => ({ ...wanted, error: await bind(wanted) })));
}

async function bindTcp({ host, port }: { readonly host: string; readonly port: number }): Promise<string | undefined> {
  const server = createServer();
  return bound(async () => {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
  }, server);
}

async function bindUdp({ host, port }: { readonly host: string; readonly port: number }): Promise<string | undefined> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  return bound(async () => {
    socket.bind({ address: host, port, exclusive: true });
    await once(socket, 'listening');
  }, socket);
}

/** The code of the error that binding gives; the socket is closed again. */
async function bound(bind: () => Promise<void>, socket: { close(): unknown }): Promise<string | undefined> {
  try {
    await bind();
    socket.close();
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

async function readFfmpeg(path: string | undefined): Promise<FfmpegFacts | undefined> {
  if (path === undefined) return undefined;
  const ask = async (option: string): Promise<string> => {
    const answer = await run(path, ['-hide_banner', option], { timeout: 10_000 }).catch(() => ({ stdout: '' })); // said by the empty text
    return answer.stdout;
  };
  const [versionText, encoders, decoders] = await Promise.all([ask('-version'), ask('-encoders'), ask('-decoders')]);
  return { path, versionText, encoders, decoders };
}

async function readClock(): Promise<ClockFacts> {
  const [startedMs, startedAt] = [Date.now(), performance.now()];
  const folder = await mkdtemp(join(tmpdir(), 'sluice-doctor-'));
  try {
    const file = join(folder, 'now');
    await writeFile(file, '');
    const [written, installed] = await Promise.all([stat(file), stat(fileURLToPath(new URL('../../package.json', import.meta.url)))]);
    await delay(1000);
    const nowMs = Date.now();
    return {
      nowMs,
      installedMs: installed.mtimeMs,
      writtenMs: written.mtimeMs + (performance.now() - startedAt),
      jumpMs: nowMs - startedMs - (performance.now() - startedAt),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
