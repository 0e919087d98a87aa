import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { checkSettings } from '../../../src/config/check.ts';
import { parseConfig, targetsFor } from '../../../src/config/config.ts';
import { loadSettings } from '../../../src/config/load.ts';
import { printSettings } from '../../../src/config/print.ts';
import { parseRtmpTarget } from '../../../src/egress/rtmp/rtmp-target.ts';

const youtube = { match: 'show', name: 'youtube', url: 'rtmps://a.rtmps.youtube.com/live2', keyFile: '/run/secrets/youtube' };
const archive = { match: '*', name: 'archive', url: 'rtmp://192.0.2.20/live', key: 'a-key', encoding: 'h' };

const check = (...targets: readonly object[]) => checkSettings({ egress: { rtmp: { targets } } }, 1);
const problemsOf = (...targets: readonly object[]) => check(...targets).problems.map(({ path, message }) => `${path} ${message}`);

test('a stream has the targets that match it', () => {
  const { egress } = parseConfig(check(youtube, archive).settings);
  const named = (stream: string) => targetsFor(egress.rtmp, stream).map(({ name }) => name);
  expect([named('show'), named('other')]).toEqual([['youtube', 'archive'], ['archive']]);
  expect(egress.rtmp.targets).toMatchObject([
    { key: { file: '/run/secrets/youtube' }, encoding: undefined },
    { key: { text: 'a-key' }, encoding: 'h' },
  ]);
});

test('examples/restream.yaml can be used as it is', () => {
  const file = fileURLToPath(new URL('../../../examples/restream.yaml', import.meta.url));
  const { egress } = parseConfig(loadSettings({ file, environment: {}, cores: 1 }));
  expect(targetsFor(egress.rtmp, 'show').map(({ name }) => name)).toEqual(['youtube', 'twitch', 'archive']);
});

test('keys are not printed, nor URLs, which may hold a password', () => {
  const printed = printSettings(check({ ...archive, url: 'rtmp://user:passw0rd@host/live' }).settings);
  expect(printed).toContain('archive');
  expect(printed).not.toMatch(/a-key|passw0rd/);
});

test('a target has one key and a name of its own', () => {
  expect(problemsOf({ ...archive, key: undefined })).toEqual(['egress.rtmp.targets[0] needs either key or keyFile']);
  expect(problemsOf({ ...archive, keyFile: '/x' })).toEqual(['egress.rtmp.targets[0] needs either key or keyFile']);
  expect(problemsOf(archive, { ...youtube, name: 'archive' })).toEqual([
    'egress.rtmp.targets[1].name is the name of another target already: archive',
  ]);
});

test.for([
  'rtmp://a.rtmp.youtube.com/live2',
  'rtmps://live.example.com:443/app/instance/',
  'rtmp://user:pass@host/app?token=x',
  'rtmp://[::1]:1935/live',
  'http://host/live',
  'rtmp://host',
  'rtmp://host/',
  'rtmp:///live',
  'rtmp://host/?x',
  'rtmp://host/live#x',
  'rtmp://host/li ve',
  'rtmp://host:port/live',
  `rtmp://host/${'x'.repeat(513)}`,
])('the configuration and the push agree about %s', (url) => {
  const isRefusedLater = () => {
    try {
      parseRtmpTarget({ name: 'x', url, key: 'x' });
      return false;
    } catch {
      return true;
    }
  };
  expect(problemsOf({ ...archive, url }).length > 0).toBe(isRefusedLater());
});
