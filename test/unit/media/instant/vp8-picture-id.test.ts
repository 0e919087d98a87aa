import { expect, test } from 'vitest';
import { moveVp8PictureId, vp8PictureId } from '../../../../src/media/instant/vp8-picture-id.ts';

test.for([
  ['of 15 bits', [0x90, 0x80, 0x81, 0x02, 7], 0x102, [0x90, 0x80, 0x81, 0x0c, 7]],
  ['of 15 bits, across its end', [0x90, 0x80, 0xff, 0xff, 7], 0x7fff, [0x90, 0x80, 0x80, 0x09, 7]],
  ['of 7 bits', [0x90, 0x80, 0x05, 7], 5, [0x90, 0x80, 0x0f, 7]],
  ['of 7 bits, across its end', [0x90, 0x80, 0x7f, 7], 0x7f, [0x90, 0x80, 0x09, 7]],
  ['without extensions', [0x10, 7, 7], undefined, [0x10, 7, 7]],
  ['without a picture ID', [0x90, 0x20, 7, 7], undefined, [0x90, 0x20, 7, 7]],
  ['cut off', [0x90, 0x80], undefined, [0x90, 0x80]],
] as const)('a picture ID %s is read, and moved on by ten', ([, bytes, id, moved]) => {
  const payload = Uint8Array.from(bytes);
  expect(vp8PictureId(payload)).toBe(id);
  moveVp8PictureId(payload, 10);
  expect([...payload]).toEqual(moved);
});

test('a picture ID is moved back', () => {
  const payload = Uint8Array.from([0x90, 0x80, 0x05]);
  moveVp8PictureId(payload, -10);
  expect(vp8PictureId(payload)).toBe(123);
});
