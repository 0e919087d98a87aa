import { servesApi, type Config } from './config/config.ts';
import type { Host } from './config/host.ts';
import { isLoopback } from './config/loopback.ts';

/** What the banner tells of a running gateway. */
export interface BannerFacts {
  readonly version: string;
  readonly http: { readonly host: string; readonly port: number };
  readonly mediaPorts: readonly number[];
  /** Addresses that clients are offered. */
  readonly mediaAddresses: readonly string[];
  /** Whether the pages for people are built. */
  readonly hasPages: boolean;
}

/** The URLs for a stream named `show`. */
export interface BannerUrls {
  readonly whip: string;
  readonly whep: string;
  readonly publish: string;
  readonly watch: string;
}

/** Where to publish and watch. */
export function exampleUrls({ publicUrl, tls }: Config['http'], { host, port }: BannerFacts['http']): BannerUrls {
  const name = ['127.0.0.1', '::1', '0.0.0.0', '::'].includes(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  const base = publicUrl ?? `${tls === undefined ? 'http' : 'https'}://${name}:${port}`;
  return { whip: `${base}/whip/show`, whep: `${base}/whep/show`, publish: `${base}/publish/show`, watch: `${base}/watch/show` };
}

/** What does not work, and why, one sentence each. */
export function switchedOff(config: Config, host: Host, { hasPages }: Pick<BannerFacts, 'hasPages'>): readonly string[] {
  return [
    ...(config.auth.isOpen ? ['authentication: whoever reaches the HTTP port may publish and watch (auth.mode)'] : []),
    ...(host.findProgram(config.egress.ffmpeg) === undefined
      ? ['HLS, RTMP and recording: there is no FFmpeg on PATH (egress.ffmpeg)']
      : []),
    ...(hasPages ? [] : ['pages for people: they are not built (npm run build)']),
    ...(config.metrics.enabled ? [] : ['/metrics: metrics.enabled is false']),
    ...(servesApi(config, !isLoopback(config.http.host))
      ? []
      : [
          `the operator API: ${config.http.api === false ? 'http.api is false' : 'anybody could use it; set auth.mode, or http.api: true'}`,
        ]),
    ...(config.rtc.tcp ? [] : ['media over TCP: rtc.tcp is false']),
  ];
}

/** What an operator should change, one sentence each. */
export function warnings({ http }: Config, { socketBufferBytes }: Host, wantedBufferBytes: number): readonly string[] {
  const small = socketBufferBytes !== undefined && Math.min(socketBufferBytes.receive, socketBufferBytes.send) < wantedBufferBytes;
  return [
    ...(small
      ? [
          `The kernel allows socket buffers of only ${socketBufferBytes.receive} (receive) and ${socketBufferBytes.send} (send) bytes, which lose packets ` +
            `with many viewers. Run: sysctl -w net.core.rmem_max=${wantedBufferBytes} net.core.wmem_max=${wantedBufferBytes}`,
        ]
      : []),
    ...(isLoopback(http.host) || http.trustProxy || http.tls !== undefined
      ? []
      : [
          `http.host ${http.host} serves plain HTTP to other machines: browsers refuse cameras there and anybody on the way can read along. ` +
            'Set http.tls, or put a proxy that ends TLS in front and set http.trustProxy.',
        ]),
  ];
}

/** The banner for people. */
export function renderBanner(
  { version, hasPages, mediaPorts, mediaAddresses }: BannerFacts,
  urls: BannerUrls,
  off: readonly string[],
): string {
  const width = Math.max(...[urls.whip, urls.whep, urls.publish, urls.watch].map(({ length }) => length));
  const link = (url: string, use: string) => `${url.padEnd(width)}  ${use}`;
  const rows: readonly (readonly [title: string, texts: readonly string[]])[] = [
    ['publish', [...(hasPages ? [link(urls.publish, 'in a browser')] : []), link(urls.whip, 'from OBS, FFmpeg, GStreamer (WHIP)')]],
    ['watch', [...(hasPages ? [link(urls.watch, 'in a browser')] : []), link(urls.whep, 'with any WHEP player')]],
    ['media', [`port ${portsText(mediaPorts)} on ${mediaAddresses.join(', ')}`]],
    ['off', off],
  ];
  const lines = rows.flatMap(([title, texts]) => texts.map((text, index) => `  ${(index === 0 ? title : '').padEnd(9)}${text}`));
  return ['', `Sluice ${version}`, '', ...lines, ''].join('\n');
}

/** `44400–44403` where the ports count up, else a list. */
function portsText(ports: readonly number[]): string {
  const [first = 0] = ports;
  const countUp = ports.length > 1 && ports.every((port, index) => port === first + index);
  return countUp ? `${first}–${ports.at(-1)}` : ports.join(', ');
}
