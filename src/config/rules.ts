import { isIPv6 } from 'node:net';
import { parseDuration } from './duration.ts';
import { isLoopback } from './loopback.ts';
import type { Problem } from './problem.ts';
import type { Settings } from './schema.ts';
import { parseRung } from './transcode-config.ts';

/** A combination of keys that cannot work, as problems. */
type Rule = (settings: Settings) => readonly Problem[];

const problem = (path: string, message: string): readonly Problem[] => [{ path, message }];

const lastMediaPort = ({ rtc }: Settings) => rtc.port + (rtc.workers ?? 1) - 1;

const openToOthersOnlyOnPurpose: Rule = ({ http, auth }) =>
  isLoopback(http.host) || auth.mode !== undefined
    ? []
    : problem(
        'auth.mode',
        `must be written down when http.host (${http.host}) is not a loopback address: whoever reaches that port may publish and watch. ` +
          'Set keys, jwt or http, or auth.mode: none (SLUICE_AUTH_MODE=none) if that is what you want',
      );

const mediaPortsExist: Rule = (settings) =>
  lastMediaPort(settings) <= 65535 ? [] : problem('rtc.port', `leaves no room below 65536 for ${settings.rtc.workers ?? 1} workers`);

const portsDiffer: Rule = (settings) => {
  const { http, rtc } = settings;
  const clash = rtc.tcp && http.port !== 0 && rtc.port <= http.port && http.port <= lastMediaPort(settings);
  return clash ? problem('http.port', `is also a TCP port of media (rtc.port ${rtc.port} and up)`) : [];
};

const metricsPortIsAnother: Rule = ({ http, metrics }) =>
  metrics.port === http.port && http.port !== 0 ? problem('metrics.port', 'is the HTTP port; leave it out to serve metrics there') : [];

const tlsIsWhole: Rule = ({ http: { tls, requireTls, trustProxy } }) => {
  const [has, lacks] = tls.certFile === undefined ? ['keyFile', 'certFile'] : ['certFile', 'keyFile'];
  if ((tls.certFile === undefined) !== (tls.keyFile === undefined)) return problem(`http.tls.${lacks}`, `must go with http.tls.${has}`);
  return requireTls && tls.certFile === undefined && !trustProxy
    ? problem('http.requireTls', 'refuses everybody: set http.tls, or http.trustProxy if a proxy in front ends TLS')
    : [];
};

const methodsHaveWhatTheyNeed: Rule = ({ auth: { mode = [], none, keys, jwt, http } }) => {
  const sources = [jwt.jwksUrl, jwt.jwksFile, jwt.secret].filter((source) => source !== undefined).length;
  const hasKeys = keys.list.length > 0 || [keys.file, keys.publish, keys.play, keys.operate].some((key) => key !== undefined);
  const anyoneMayNothing = [none.publish, none.play, none.operate].every((scope) => scope === undefined || scope.length === 0);
  return [
    ...(mode.includes('keys') && !hasKeys
      ? problem('auth.keys', 'holds no key; set auth.keys.publish, auth.keys.file or auth.keys.list')
      : []),
    ...(mode.includes('jwt') && sources !== 1 ? problem('auth.jwt', 'needs exactly one of jwksUrl, jwksFile and secret') : []),
    ...(mode.includes('http') && http.url === undefined ? problem('auth.http.url', 'is missing') : []),
    ...(mode.includes('none') && mode.length > 1 && anyoneMayNothing
      ? problem('auth.none', 'allows nothing, so mode none beside others does nothing; set auth.none.play, for example')
      : []),
  ];
};

const targetsHaveOneKey: Rule = ({ egress: { rtmp } }) =>
  rtmp.targets.flatMap(({ name, key, keyFile }, index) => [
    ...((key === undefined) === (keyFile === undefined) ? problem(`egress.rtmp.targets[${index}]`, 'needs either key or keyFile') : []),
    ...(rtmp.targets.findIndex((other) => other.name === name) < index
      ? problem(`egress.rtmp.targets[${index}].name`, `is the name of another target already: ${name}`)
      : []),
  ]);

const turnNeedsCredentials: Rule = ({ rtc }) =>
  rtc.iceServers.flatMap(({ urls, username, credential, secret }, index) => {
    const path = `rtc.iceServers[${index}]`;
    const isTurn = urls.some((url) => url.startsWith('turn'));
    const isFixed = username !== undefined && credential !== undefined;
    if (isTurn && !isFixed && secret === undefined) return problem(path, 'needs username and credential, or secret, for TURN');
    return secret !== undefined && credential !== undefined ? problem(path, 'has both credential and secret') : [];
  });

const wildcardsNeedAName: Rule = ({ rtc }) =>
  rtc.announcedAddress !== undefined
    ? []
    : (rtc.listen ?? []).flatMap((address, index) =>
        address === '0.0.0.0' || address === '::'
          ? problem(`rtc.listen[${index}]`, `is ${address}, which tells clients nothing: list addresses, or set rtc.announcedAddress`)
          : [],
      );

const oneAnnouncedSocket: Rule = ({ rtc: { listen, announcedAddress } }) => {
  if (listen === undefined || announcedAddress === undefined) return [];
  const family = isIPv6(announcedAddress) ? 'IPv6' : 'IPv4';
  const count = listen.filter((address) => isIPv6(address) === isIPv6(announcedAddress)).length;
  return count === 1
    ? []
    : problem('rtc.listen', `must hold exactly one ${family} address, the one behind rtc.announcedAddress; it holds ${count}`);
};

const silenceIsNotInstant: Rule = ({ streams }) =>
  [
    { path: 'streams.default', ...streams.default },
    ...streams.patterns.map((pattern, index) => ({ path: `streams.patterns[${index}]`, ...pattern })),
  ]
    .filter(({ silence }) => silence !== undefined && (parseDuration(silence) ?? 0) < 1_000)
    .flatMap(({ path }) => problem(`${path}.silence`, 'must be at least 1s'));

const segmentsHaveALength: Rule = ({ egress }) => {
  const segmentMs = parseDuration(egress.hls.segmentDuration) ?? 0;
  return segmentMs < 1_000 || segmentMs > 10_000 ? problem('egress.hls.segmentDuration', 'must be 1s to 10s') : [];
};

const rungsDiffer: Rule = ({ egress: { transcode } }) => {
  const heights = transcode.ladder.map((text) => parseRung(text).lines);
  return heights.flatMap((lines, index) =>
    heights.indexOf(lines) < index ? problem(`egress.transcode.ladder[${index}]`, `is another rung of ${lines}p`) : [],
  );
};

const bucketIsWhole: Rule = ({ egress }) => {
  const { bucket, endpoint, prefix, region, accessKeyId, secretAccessKey } = egress.storage.s3;
  const path = 'egress.storage.s3';
  if (accessKeyId === undefined && secretAccessKey !== undefined)
    return problem(`${path}.accessKeyId`, `must go with ${path}.secretAccessKey`);
  if (accessKeyId !== undefined && secretAccessKey === undefined)
    return problem(`${path}.secretAccessKey`, `must go with ${path}.accessKeyId`);
  const others = [endpoint, prefix, region, accessKeyId].some((value) => value !== undefined);
  return bucket === undefined && others ? problem(`${path}.bucket`, 'is missing') : [];
};

/** Everything that is impossible although each key by itself is right. */
export const rules: readonly Rule[] = [
  openToOthersOnlyOnPurpose,
  mediaPortsExist,
  portsDiffer,
  metricsPortIsAnother,
  tlsIsWhole,
  methodsHaveWhatTheyNeed,
  targetsHaveOneKey,
  turnNeedsCredentials,
  wildcardsNeedAName,
  oneAnnouncedSocket,
  silenceIsNotInstant,
  segmentsHaveALength,
  rungsDiffer,
  bucketIsWhole,
];
