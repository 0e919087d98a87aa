import type { Reach } from './reach.ts';

/** What the doctor says about one subject. Only `fail` keeps the gateway from working. */
export interface Finding {
  readonly level: 'ok' | 'warn' | 'fail';
  readonly subject: string;
  readonly text: string;
}

/** What FFmpeg said of itself; undefined: there is none. */
export interface FfmpegFacts {
  readonly path: string;
  readonly versionText: string;
  readonly encoders: string;
  readonly decoders: string;
}

/** What was seen of the clock, in milliseconds since 1970. */
export interface ClockFacts {
  readonly nowMs: number;
  /** When this program's own files were written. */
  readonly installedMs: number;
  /** What the file system says of a file that was written just now. */
  readonly writtenMs: number;
  /** How far the clock moved while the doctor watched, beyond the time that passed. */
  readonly jumpMs: number;
}

/** One port that the gateway will want. */
export interface PortFacts {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Code of the error that binding it gave; undefined: it is free. */
  readonly error: string | undefined;
}

const finding = (level: Finding['level'], subject: string, text: string): Finding => ({ level, subject, text });

/** Whether the ports are free; `running`: a gateway of ours answers at the HTTP port. */
export function judgePorts(ports: readonly PortFacts[], running: boolean): readonly Finding[] {
  if (running) return [finding('warn', 'ports', 'A Sluice gateway runs here already and holds them. Stop it to have its ports checked.')];
  const bad = ports.filter(({ error }) => error !== undefined);
  const names = [...new Set(ports.map(({ name, port }) => `${name} ${port}`))];
  if (bad.length === 0) return [finding('ok', 'ports', names.length === 0 ? 'any free ones will be taken' : `${names.join(', ')}: free`)];
  return bad.map(({ name, host, port, error }) => finding('fail', 'ports', `${name} ${host}:${port} ${portAdvice(error)}`));
}

function portAdvice(error: string | undefined): string {
  switch (error) {
    case 'EADDRINUSE':
      return 'is taken by another program. Stop it, or set http.port or rtc.port.';
    case 'EACCES':
      return 'is not ours to open: ports below 1024 need a privilege. Take a higher one.';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'cannot be opened: this host has no such address. Set http.host or rtc.listen.';
    default:
      return `cannot be opened (${error}).`;
  }
}

/** Whether clients can reach the addresses that they are told, as far as this host can tell. */
export function judgeReach(reaches: readonly Reach[], ownAddresses: readonly string[]): readonly Finding[] {
  const answering = reaches.filter(({ answered }) => answered).map(nameOf);
  const silent = reaches.filter(({ answered }) => !answered);
  return [
    ...(answering.length === 0
      ? []
      : [
          finding(
            'ok',
            'reach',
            `${answering.join(', ')}: answer to this host. What firewalls farther out do, only a test from outside tells.`,
          ),
        ]),
    ...silent.map((reach) =>
      ownAddresses.includes(reach.address)
        ? finding('fail', 'reach', `${nameOf(reach)} does not answer although the address is this host's. Look for a firewall here.`)
        : finding(
            'warn',
            'reach',
            `${nameOf(reach)} does not answer to this host. Many routers do not lead a host back to itself, so test from outside; if that ` +
              'fails too, the port is not forwarded or rtc.announcedAddress is wrong.',
          ),
    ),
  ];
}

function nameOf({ protocol, address, port }: Reach): string {
  return `${protocol.toUpperCase()} ${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** Whether sockets can hold a key-frame burst of many viewers. */
export function judgeBuffers(granted: { readonly receive: number; readonly send: number } | undefined, wanted: number): Finding {
  if (granted === undefined) return finding('warn', 'buffers', 'The kernel does not tell how large socket buffers may be (not Linux?).');
  if (Math.min(granted.receive, granted.send) >= wanted) return finding('ok', 'buffers', `sockets may have ${wanted} bytes and more`);
  return finding(
    'warn',
    'buffers',
    `The kernel grants ${granted.receive} (receive) and ${granted.send} (send) bytes of ${wanted}; many viewers will lose packets. ` +
      `Run: sysctl -w net.core.rmem_max=${wanted} net.core.wmem_max=${wanted}`,
  );
}

/** First version that is known to work, as numbers. */
const oldestFfmpeg = [5, 1] as const;

/** Whether FFmpeg can do what HLS, RTMP and recording need. */
export function judgeFfmpeg(facts: FfmpegFacts | undefined): Finding {
  if (facts === undefined)
    return finding('warn', 'ffmpeg', 'There is none on PATH, nor at egress.ffmpeg: no HLS, RTMP or recording. WHIP and WHEP do without.');
  const version = /^ffmpeg version (\S+)/.exec(facts.versionText)?.[1];
  if (version === undefined) return finding('warn', 'ffmpeg', `${facts.path} does not run: no HLS, RTMP or recording.`);
  const missing = [
    ...['aac'].filter((name) => !lists(facts.encoders, name)).map((name) => `the encoder ${name}`),
    ...['h264', 'opus'].filter((name) => !lists(facts.decoders, name)).map((name) => `the decoder ${name}`),
  ];
  if (missing.length > 0)
    return finding('warn', 'ffmpeg', `${version} at ${facts.path} lacks ${missing.join(' and ')}. Install a full build.`);
  const [, major, minor] = /^n?(\d+)\.(\d+)/.exec(version) ?? []; // builds from a repository are called N-12345-…
  const isOld = major !== undefined && Number(major) * 100 + Number(minor) < oldestFfmpeg[0] * 100 + oldestFfmpeg[1];
  return isOld
    ? finding('warn', 'ffmpeg', `${version} at ${facts.path} is older than ${oldestFfmpeg.join('.')}, the oldest that was tried.`)
    : finding('ok', 'ffmpeg', `${version} at ${facts.path}, with AAC, H264 and Opus`);
}

/** `ffmpeg -encoders`: ` A..... aac   AAC (Advanced Audio Coding)`. */
function lists(output: string, name: string): boolean {
  return new RegExp(`^ [A-Z.]{6} ${name} `, 'm').test(output);
}

const dayMs = 86_400_000;

/** Whether the clock can be trusted with certificates and tokens. */
export function judgeClock({ nowMs, installedMs, writtenMs, jumpMs }: ClockFacts): Finding {
  const now = new Date(nowMs).toISOString();
  if (nowMs < installedMs - dayMs)
    return finding('fail', 'clock', `It says ${now}, before this program was installed. Set it: tokens and certificates depend on it.`);
  if (Math.abs(jumpMs) > 100) return finding('warn', 'clock', `It moved by ${Math.round(jumpMs)} ms in a moment: something is setting it.`);
  if (Math.abs(nowMs - writtenMs) > 5000)
    return finding('warn', 'clock', `It says ${now}, the file system something else: is it on another host?`);
  return finding('ok', 'clock', `${now}, steady. Whether that is the right time, only a time server knows.`);
}

/** The table for people. */
export function renderFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ subject }) => subject.length));
  return findings.map(({ level, subject, text }) => `${level.padEnd(4)}  ${subject.padEnd(width)}  ${text}\n`).join('');
}
