import { expect, test } from 'vitest';
import { keepsGop, type InstantJoinMode, type PublisherHabits } from '../../../src/streams/instant-join.ts';

const browser: PublisherHabits = {
  userAgent: 'Mozilla/5.0 Chrome/156',
  originUser: '-',
  gopMs: undefined,
  obeysKeyFrameRequests: undefined,
};
const obs: PublisherHabits = { ...browser, userAgent: 'OBS-Studio/32.0 (Linux)', originUser: 'rtc' };

test.for<readonly [string, InstantJoinMode, PublisherHabits, boolean]>([
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
])('%s, %s', ([, mode, habits, keeps]) => {
  expect(keepsGop(mode, habits)).toBe(keeps);
});
