import { expect, test } from 'vitest';
import { GopKeeping, keepsGop, type InstantJoinMode, type Publishing } from '../../../src/streams/instant-join.ts';

const browser: Publishing = {
  userAgent: 'Mozilla/5.0 Chrome/156',
  originUser: '-',
  gopMs: undefined,
  obeysKeyFrameRequests: undefined,
  unwatchedMs: 0,
};
const minute = 60_000;
const obs: Publishing = { ...browser, userAgent: 'OBS-Studio/32.0 (Linux)', originUser: 'rtc' };

test.for<readonly [string, InstantJoinMode, Publishing, boolean]>([
  ['OBS', 'auto', obs, true],
  ['OBS in a browser’s clothes', 'auto', { ...browser, userAgent: 'Mozilla/5.0 (OBS-Studio/30.0; Windows)' }, true],
  ['FFmpeg', 'auto', { ...browser, userAgent: 'Lavf/62.3.100', originUser: 'FFmpeg' }, true],
  ['libdatachannel behind a proxy that hides it', 'auto', { ...browser, userAgent: '', originUser: 'rtc' }, true],
  ['a browser of which nothing is known yet', 'auto', browser, false],
  ['a browser that obeys', 'auto', { ...browser, obeysKeyFrameRequests: true }, false],
  ['a browser that obeys, with a long GOP', 'auto', { ...browser, obeysKeyFrameRequests: true, gopMs: 4000 }, false],
  ['a browser that does not hear', 'auto', { ...browser, obeysKeyFrameRequests: false }, true],
  ['one that does not hear, but sends key frames all the time', 'auto', { ...browser, obeysKeyFrameRequests: false, gopMs: 300 }, false],
  ['OBS with a key frame in every picture', 'auto', { ...obs, gopMs: 33 }, false],
  ['OBS that has learnt to obey', 'auto', { ...obs, obeysKeyFrameRequests: true }, false],
  ['one with a long GOP that may obey', 'auto', { ...browser, gopMs: 2000 }, true],
  ['one with a middling GOP that may obey', 'auto', { ...browser, gopMs: 1000 }, false],
  ['a browser that obeys', 'always', { ...browser, obeysKeyFrameRequests: true }, true],
  ['OBS', 'never', obs, false],
  ['OBS whose last viewer left a while ago', 'auto', { ...obs, unwatchedMs: 4 * minute }, true],
  ['OBS that nobody has watched for long', 'auto', { ...obs, unwatchedMs: 5 * minute }, false],
  ['OBS that nobody has watched for long', 'always', { ...obs, unwatchedMs: 60 * minute }, true],
])('%s, %s', ([, mode, habits, keeps]) => {
  expect(keepsGop(mode, habits)).toBe(keeps);
});

test('the GOP of a publisher that nobody watches any more is given up, and kept again for the next viewer', () => {
  const keeping = new GopKeeping({ ...obs, mode: 'auto', forgets: true }, 0);
  expect(keeping.decide(4 * minute)).toBe(true);
  expect(keeping.decide(6 * minute)).toBe(false);
  keeping.watched(true, 7 * minute);
  expect(keeping.decide(60 * minute)).toBe(true);
  keeping.watched(false, 60 * minute);
  expect([keeping.decide(64 * minute), keeping.decide(66 * minute)]).toEqual([true, false]);
});

test('viewers change nothing for a publisher that has turned out to obey', () => {
  const keeping = new GopKeeping({ ...obs, mode: 'auto', forgets: true }, 0);
  keeping.learn({ gopMs: 4000, obeysKeyFrameRequests: true });
  keeping.watched(true, 1);
  expect(keeping.decide(1)).toBe(false);
});

test('where HLS is on demand, the GOP of a publisher that nobody watches is kept all the same', () => {
  const keeping = new GopKeeping({ ...obs, mode: 'auto', forgets: false }, 0);
  expect(keeping.decide(60 * minute)).toBe(true);
});

test.for([
  ['OBS', obs, true],
  ['a browser of which nothing is known yet', browser, false],
  ['OBS that has learnt to obey', { ...obs, obeysKeyFrameRequests: true }, false],
  ['a browser that does not hear', { ...browser, obeysKeyFrameRequests: false }, true],
] as const)('deaf or not: %s', ([, publishing, isDeaf]) => {
  const keeping = new GopKeeping({ ...publishing, mode: 'always', forgets: true }, 0);
  keeping.learn(publishing);
  expect(keeping.isDeaf).toBe(isDeaf);
});
