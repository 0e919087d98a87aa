import { isIPv6 } from 'node:net';
import { parseDuration } from './duration.ts';
import { isLoopback } from './loopback.ts';
import type { Problem } from './problem.ts';
import type { Settings } from './schema.ts';

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
          'Set auth.mode: none (SLUICE_AUTH_MODE=none) if that is what you want',
      );

const mediaPortsExist: Rule = (settings) =>
  lastMediaPort(settings) <= 65535 ? [] : problem('rtc.port', `leaves no room below 65536 for ${settings.rtc.workers ?? 1} workers`);

const portsDiffer: Rule = (settings) => {
  const { http, rtc } = settings;
  const clash = rtc.tcp && http.port !== 0 && rtc.port <= http.port && http.port <= lastMediaPort(settings);
  return clash ? problem('http.port', `is also a TCP port of media (rtc.port ${rtc.port} and up)`) : [];
};

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

/** Everything that is impossible although each key by itself is right. */
export const rules: readonly Rule[] = [
  openToOthersOnlyOnPurpose,
  mediaPortsExist,
  portsDiffer,
  wildcardsNeedAName,
  oneAnnouncedSocket,
  silenceIsNotInstant,
];
