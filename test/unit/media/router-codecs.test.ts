import { expect, test } from 'vitest';
import type { PayloadProfile } from '../../../src/media/engine.ts';
import { covers, originProfile, profileKey } from '../../../src/media/router-codecs.ts';

test('the origin covers a player that asks for less, and none that asks for other numbers', () => {
  expect(covers(originProfile, { audio: { opus: 111 }, video: { VP8: { payloadType: 96, rtx: undefined } } })).toBe(true);
  expect(covers(originProfile, { audio: {}, video: { VP8: { payloadType: 96, rtx: 97 } } })).toBe(true);
  expect(covers(originProfile, { audio: { opus: 109 }, video: {} })).toBe(false);
  expect(covers(originProfile, { audio: { opus: 111 }, video: { VP8: { payloadType: 96, rtx: 98 } } })).toBe(false);
  expect(covers(originProfile, { audio: { opus: 111 }, video: { AV1: { payloadType: 45, rtx: 96 } } })).toBe(false);
});

test('profiles with the same numbers have the same key, others do not', () => {
  const a: PayloadProfile = {
    audio: { opus: 111 },
    video: { VP8: { payloadType: 96, rtx: 97 }, H264: { payloadType: 108, rtx: undefined } },
  };
  const b: PayloadProfile = {
    audio: { opus: 111 },
    video: { H264: { payloadType: 108, rtx: undefined }, VP8: { payloadType: 96, rtx: 97 } },
  };
  expect(profileKey(a)).toBe(profileKey(b));
  expect(profileKey({ ...a, audio: { opus: 109 } })).not.toBe(profileKey(a));
  expect(profileKey({ ...a, video: { VP8: { payloadType: 96, rtx: undefined } } })).not.toBe(profileKey(a));
});
