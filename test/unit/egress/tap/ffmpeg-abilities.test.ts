import { expect, test } from 'vitest';
import { hasCoder, isTooOld, readVersion } from '../../../../src/egress/tap/ffmpeg-abilities.ts';

test.for([
  ['ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026', '5.1.9-0+deb12u1', false],
  ['ffmpeg version n7.1 Copyright', 'n7.1', false],
  ['ffmpeg version 9.0.2', '9.0.2', false],
  ['ffmpeg version N-117770-g07904231cb Copyright', 'N-117770-g07904231cb', false],
  ['ffmpeg version 5.0.3', '5.0.3', true],
  ['ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright', '4.4.2-0ubuntu0.22.04.1', true],
] as const)('of "%s" the version is %s, too old: %o', ([text, version, tooOld]) => {
  expect(readVersion(text)).toBe(version);
  expect(isTooOld(version)).toBe(tooOld);
});

test('what is not FFmpeg has no version', () => {
  expect(readVersion('avconv version 12')).toBeUndefined();
});

test('an encoder is found by its whole name', () => {
  const list = ' V....D libx264rgb           libx264 H.264 RGB\n A..... aac                  AAC (Advanced Audio Coding)\n';
  expect(hasCoder(list, 'aac')).toBe(true);
  expect(hasCoder(list, 'libx264')).toBe(false);
});
