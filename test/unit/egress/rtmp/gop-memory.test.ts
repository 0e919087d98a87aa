import { expect, test } from 'vitest';
import { GopMemory } from '../../../../src/egress/rtmp/gop-memory.ts';
import { fragmentOf, nameOf } from './fragments.ts';

function remember(...names: readonly string[]): GopMemory {
  const memory = new GopMemory();
  for (const name of names) memory.keep(fragmentOf(name));
  return memory;
}

test('keeps what follows the last key frame, per rendition', () => {
  const memory = remember('video-0@0!', 'video-1@0!', 'video-0@500', 'video-0@1000!', 'video-1@500', 'video-0@1500');
  expect(memory.gop('video-0').map(nameOf)).toEqual(['video-0@1000!', 'video-0@1500']);
  expect(memory.gop('video-1').map(nameOf)).toEqual(['video-1@0!', 'video-1@500']);
  expect(memory.newestMs).toBe(2000);
});

test('nothing begins before the first key frame', () => {
  expect(remember('video-0@0', 'video-0@500').gop('video-0')).toEqual([]);
});

test('keeps the audio that belongs to the pictures that are kept', () => {
  const memory = remember('video-0@0!', 'audio@0', 'audio@500', 'video-0@1000!', 'audio@1000', 'audio@1500', 'audio@2000');
  expect(memory.audioFrom(1000).map(nameOf)).toEqual(['audio@1000', 'audio@1500', 'audio@2000']);
});

test('keeps a second of audio where there is no video', () => {
  const memory = remember(...Array.from({ length: 20 }, (_, index) => `audio@${index * 500}`));
  expect(memory.audioFrom(0).length).toBeLessThanOrEqual(4);
});

test('keeps no audio for a rendition that has vanished', () => {
  const memory = remember('video-1@0!', ...Array.from({ length: 200 }, (_, index) => `audio@${index * 500}`));
  expect(memory.audioFrom(0).length).toBeLessThanOrEqual(62);
});

test('gives up a rendition that has no key frames rather than to grow without end', () => {
  const memory = remember('video-0@0!');
  for (let index = 1; index < 20; index += 1) {
    memory.keep({ ...fragmentOf(`video-0@${index * 500}`), bytes: new Uint8Array(2 ** 20) });
  }
  expect(memory.gop('video-0')).toEqual([]);
  memory.keep(fragmentOf('video-0@20000!'));
  expect(memory.gop('video-0')).toHaveLength(1);
});
