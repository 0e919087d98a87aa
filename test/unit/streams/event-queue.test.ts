import { expect, test } from 'vitest';
import { EventQueue, eventTypes, type ViewerEvent } from '../../../src/streams/event-queue.ts';

const active: ViewerEvent = { type: 'active', data: {} };
const inactive: ViewerEvent = { type: 'inactive', data: {} };
const count = (viewercount: number): ViewerEvent => ({ type: 'viewercount', data: { viewercount } });

function open(types = [...eventTypes]) {
  const queue = new EventQueue({ types, isUnnamed: false });
  const read = (): { readonly heard: (ViewerEvent | 'end')[]; readonly leave: () => void } => {
    const heard: (ViewerEvent | 'end')[] = [];
    const leave = queue.attach({ send: (event) => heard.push(event), end: () => heard.push('end') });
    return { heard, leave };
  };
  return { queue, read };
}

test('events wait in their order while nobody reads, and are read once', () => {
  const { queue, read } = open();
  for (const event of [active, inactive, active]) queue.tell(event);
  const { heard, leave } = read();
  expect(heard).toEqual([active, inactive, active]);
  leave();
  expect(read().heard).toEqual([]);
});

test('only the types that were asked for come', () => {
  const { queue, read } = open(['viewercount']);
  queue.tell(active);
  const { heard } = read();
  for (const event of [inactive, count(1)]) queue.tell(event);
  expect(heard).toEqual([count(1)]);
});

test('of events that describe the present only the newest waits', () => {
  const { queue, read } = open();
  for (const event of [count(1), active, count(2), count(3)]) queue.tell(event);
  expect(read().heard).toEqual([active, count(3)]);
});

test('what waits is bounded: the oldest events go first', () => {
  const { queue, read } = open();
  for (let times = 0; times < 100; times += 1) for (const event of [active, inactive]) queue.tell(event);
  const { heard } = read();
  expect(heard.length).toBeLessThan(50);
  expect(heard.at(-1)).toBe(inactive);
});

test('another reader takes the place of the first', () => {
  const { queue, read } = open();
  const first = read();
  queue.tell(active);
  const second = read();
  first.leave(); // is not the reader any more
  queue.tell(inactive);
  queue.end();
  expect([first.heard, second.heard]).toEqual([
    [active, 'end'],
    [inactive, 'end'],
  ]);
});

test('ids cannot be guessed', () => {
  const ids = Array.from({ length: 100 }, () => open().queue.id);
  expect(new Set(ids).size).toBe(100);
  expect(ids.every((id) => /^[\w-]{22}$/.test(id))).toBe(true);
});
