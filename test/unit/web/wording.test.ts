import { expect, test } from 'vitest';
import {
  bitRate,
  byteCount,
  codecNames,
  counted,
  frameRate,
  longTime,
  percentage,
  pictureSize,
  shortTime,
  unknown,
} from '../../../src/web/wording.ts';

test.for([
  [0, '0 kbit/s'],
  [179_600, '180 kbit/s'],
  [999_499, '999 kbit/s'],
  [999_500, '1.0 Mbit/s'],
  [2_440_000, '2.4 Mbit/s'],
  [undefined, unknown],
] as const)('%s bits per second are “%s”', ([value, text]) => {
  expect(bitRate(value)).toBe(text);
});

test.for([
  [0, '0 kB'],
  [812_400, '812 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [104_857_600, '104.9 MB'],
  [1_300_000_000, '1.3 GB'],
] as const)('%i bytes are “%s”', ([value, text]) => {
  expect(byteCount(value)).toBe(text);
});

test.for([
  [1280, 720, '1280 × 720'],
  [undefined, 720, unknown],
  [1280, undefined, unknown],
] as const)('%s by %s pixels are “%s”', ([width, height, text]) => {
  expect(pictureSize(width, height)).toBe(text);
});

test.for([
  [29.97, '30 fps'],
  [0, '0 fps'],
  [undefined, unknown],
] as const)('%s frames per second are “%s”', ([value, text]) => {
  expect(frameRate(value)).toBe(text);
});

test.for([
  [0, '0 %'],
  [0.0001, '0.1 %'],
  [0.0034, '0.3 %'],
  [0.0994, '9.9 %'],
  [0.0995, '10 %'],
  [0.12, '12 %'],
  [1, '100 %'],
  [undefined, unknown],
] as const)('a part of %s is “%s”', ([ratio, text]) => {
  expect(percentage(ratio)).toBe(text);
});

test.for([
  [0, '0 ms'],
  [239.6, '240 ms'],
  [1000, '1.0 s'],
  [1640, '1.6 s'],
  [undefined, unknown],
] as const)('%s milliseconds are shortly “%s”', ([value, text]) => {
  expect(shortTime(value)).toBe(text);
});

test.for([
  [-5000, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_599_999, '59 min'],
  [3_600_000, '1 h'],
  [12_000_000, '3 h 20 min'],
] as const)('%i milliseconds are in all “%s”', ([value, text]) => {
  expect(longTime(value)).toBe(text);
});

test.for([
  [0, '0 viewers'],
  [1, '1 viewer'],
  [3, '3 viewers'],
] as const)('%i of them are “%s”', ([count, text]) => {
  expect(counted(count, 'viewer')).toBe(text);
});

test.for([
  [['VP8', 'opus'], 'VP8 + Opus'],
  [[undefined, 'opus'], 'Opus'],
  [['H264', undefined], 'H264'],
  [[undefined, undefined], unknown],
] as const)('the codecs %j are “%s”', ([codecs, text]) => {
  expect(codecNames(...codecs)).toBe(text);
});
