import { expect, test } from 'vitest';
import { exampleUrls, renderBanner, switchedOff, warnings } from '../../src/banner.ts';
import { parseConfig } from '../../src/config/config.ts';
import { loadSettings } from '../../src/config/load.ts';

const configOf = (environment: Record<string, string> = {}) => parseConfig(loadSettings({ file: '/dev/null', environment, cores: 2 }));
const host = {
  cores: 2,
  interfaces: {},
  findProgram: (name: string) => `/usr/bin/${name}`,
  socketBufferBytes: { receive: 4_194_304, send: 4_194_304 },
};
const facts = {
  version: '1.2.3',
  http: { host: '127.0.0.1', port: 8080 },
  mediaPorts: [44400, 44401],
  mediaAddresses: ['192.0.2.5', '127.0.0.1'],
  hasPages: true,
};

test.for([
  ['127.0.0.1', {}, 'http://localhost:8080/watch/show'],
  ['0.0.0.0', { SLUICE_AUTH_MODE: 'none' }, 'http://localhost:8080/watch/show'],
  ['192.0.2.5', { SLUICE_AUTH_MODE: 'none' }, 'http://192.0.2.5:8080/watch/show'],
  ['2001:db8::5', { SLUICE_AUTH_MODE: 'none' }, 'http://[2001:db8::5]:8080/watch/show'],
  ['0.0.0.0', { SLUICE_HTTP_PUBLIC_URL: 'https://live.example.com' }, 'https://live.example.com/watch/show'],
] as const)('a gateway on %s with %j is watched at %s', ([address, environment, url]) => {
  expect(exampleUrls(configOf(environment).http, { host: address, port: 8080 }).watch).toBe(url);
});

test('the banner tells where to publish and watch, the ports, and what is off', () => {
  const config = configOf();
  const text = renderBanner(
    facts,
    exampleUrls(config.http, facts.http),
    switchedOff(config, { ...host, findProgram: () => undefined }, facts),
  );
  expect(text).toMatchInlineSnapshot(`
    "
    Sluice 1.2.3

      publish  http://localhost:8080/publish/show  in a browser
               http://localhost:8080/whip/show     from OBS, FFmpeg, GStreamer (WHIP)
      watch    http://localhost:8080/watch/show    in a browser
               http://localhost:8080/whep/show     with any WHEP player
      media    port 44400–44401 on 192.0.2.5, 127.0.0.1
      off      authentication: whoever reaches the HTTP port may publish and watch (auth.mode)
               HLS, RTMP and recording: there is no FFmpeg on PATH (egress.ffmpeg)
    "
  `);
});

test('small socket buffers are warned of, with the line to run', () => {
  const small = { ...host, socketBufferBytes: { receive: 212_992, send: 4_194_304 } };
  expect(warnings(configOf(), small, 4_194_304)).toEqual([
    expect.stringContaining('sysctl -w net.core.rmem_max=4194304 net.core.wmem_max=4194304'),
  ]);
  expect(warnings(configOf(), host, 4_194_304)).toEqual([]);
  expect(warnings(configOf(), { ...host, socketBufferBytes: undefined }, 4_194_304)).toEqual([]);
});

test('plain HTTP to other machines is warned of, unless a proxy ends TLS', () => {
  const open = { SLUICE_HTTP_HOST: '0.0.0.0', SLUICE_AUTH_MODE: 'none' };
  expect(warnings(configOf(open), host, 0)).toEqual([expect.stringContaining('plain HTTP')]);
  expect(warnings(configOf({ ...open, SLUICE_HTTP_TRUST_PROXY: 'true' }), host, 0)).toEqual([]);
});
