import { expect, test } from 'vitest';
import { GopMemory } from '../../../../src/egress/rtmp/gop-memory.ts';
import { byPreference, RenditionSwitch } from '../../../../src/egress/rtmp/rendition-switch.ts';
import { fragmentOf, nameOf } from './fragments.ts';

const order = ['video-1', 'video-0'];

/** What is pushed of these fragments, in their order. */
function push(names: string): string {
  const memory = new GopMemory();
  const choice = new RenditionSwitch(order, memory);
  return names
    .trim()
    .split(/\s+/)
    .map(fragmentOf)
    .flatMap((fragment) => {
      memory.keep(fragment);
      return choice.take(fragment);
    })
    .map(nameOf)
    .join(' ');
}

test.for([
  ['begins with the best rendition, whichever comes first', 'video-0@0! video-1@0! video-0@500 video-1@500', 'video-1@0! video-1@500'],
  ['begins at a key frame', 'video-1@0 video-1@500! video-1@1000', 'video-1@500! video-1@1000'],
  [
    'begins with a lesser one after 2 s without the best',
    'video-0@0! video-0@500 video-0@1000 video-0@1500 video-0@2000! video-0@2500',
    'video-0@2000! video-0@2500',
  ],
  [
    'goes down at the next key frame once the best has vanished',
    'video-1@0! video-0@0! video-0@500 video-0@1000! video-0@1500 video-0@2000! video-0@2500 video-0@3000! video-0@3500',
    'video-1@0! video-0@2000! video-0@2500 video-0@3000! video-0@3500',
  ],
  [
    'goes up at a key frame of the same moment, although the lesser one comes first',
    'video-0@0! video-0@500 video-0@1000 video-0@1500 video-0@2000! video-1@2000! video-0@2500! video-1@2500! video-0@3000 video-1@3000',
    'video-0@2000! video-1@2500! video-1@3000',
  ],
  [
    'holds a key frame back for a second at most',
    'video-0@0! video-0@500 video-0@1000 video-0@1500 video-0@2000! video-1@1900! video-0@2500! video-0@3000 video-0@3500 video-0@4000',
    'video-0@2000! video-0@2500! video-0@3000 video-0@3500 video-0@4000',
  ],
  [
    'keeps what was held up to the better key frame',
    'video-0@0! video-0@500 video-0@1000 video-0@1500 video-0@2000! video-1@1900! video-0@2500! video-1@3000! video-0@3000',
    'video-0@2000! video-0@2500! video-1@3000!',
  ],
] as const)('%s', ([, arrives, pushed]) => {
  expect(push(arrives)).toBe(pushed);
});

const renditions = [
  { name: 'video-0', kind: 'video', rid: 'q' },
  { name: 'video-1', kind: 'video', rid: 'h' },
  { name: 'video-2', kind: 'video', rid: 'f' },
  { name: 'audio', kind: 'audio', rid: undefined },
] as const;

test.for([
  ['highest', ['video-2', 'video-1', 'video-0']],
  ['f', ['video-2', 'video-1', 'video-0']],
  ['h', ['video-1', 'video-0', 'video-2']],
  ['q', ['video-0', 'video-1', 'video-2']],
  ['unknown', ['video-2', 'video-1', 'video-0']],
] as const)('%s means %s', ([encoding, expected]) => {
  expect(byPreference(renditions, encoding)).toEqual(expected);
});
