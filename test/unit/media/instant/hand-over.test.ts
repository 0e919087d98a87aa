import { expect, test } from 'vitest';
import { HandOver } from '../../../../src/media/instant/hand-over.ts';

const measured = { isGuessed: false };

test('the live consumer is opened once, when the viewer has caught up, and not within the first second', () => {
  const handOver = new HandOver(500, measured);
  expect(handOver.shouldOpen(true, 1499)).toBe(false);
  expect(handOver.shouldOpen(false, 1500)).toBe(false);
  expect(handOver.shouldOpen(true, 1500)).toBe(true);
  expect(handOver.shouldOpen(true, 1501)).toBe(false);
});

test('where receiver reports alone tell whether the path carries what was guessed, two of them have come before that', () => {
  const handOver = new HandOver(500, { isGuessed: true });
  expect(handOver.shouldOpen(true, 4499)).toBe(false);
  expect(handOver.shouldOpen(true, 4500)).toBe(true);
});

/** Ready for the next key frame at 2000. */
function waiting(): HandOver {
  const handOver = new HandOver(0, measured);
  handOver.shouldOpen(true, 2000);
  handOver.opened();
  return handOver;
}

test('a key frame is held back until the live consumer has sent it, and then left to it', () => {
  const handOver = waiting();
  expect(handOver.decide(2000)).toBe('inject');
  expect(handOver.keyFrame(2010)).toBe(true);
  expect(handOver.decide(2010)).toBe('hold');
  handOver.begun(2011);
  expect(handOver.decide(2011)).toBe('stop');
});

test('without news it is injected after all, and the next key frame is waited for', () => {
  const handOver = waiting();
  handOver.keyFrame(2010);
  expect(handOver.decide(2069)).toBe('hold');
  expect(handOver.decide(2070)).toBe('inject');
  expect(handOver.keyFrame(4010)).toBe(true);
  expect(handOver.decide(4011)).toBe('hold');
  handOver.begun(4012);
  expect(handOver.decide(4012)).toBe('stop');
});

test('news that comes before the key frame ends the injection with it, or soon', () => {
  const early = waiting();
  early.begun(2001);
  expect(early.decide(2001)).toBe('inject');
  expect(early.keyFrame(2002)).toBe(true);
  expect(early.decide(2002)).toBe('stop');
  const alone = waiting();
  alone.begun(2001);
  expect(alone.decide(2060)).toBe('inject');
  expect(alone.decide(2061)).toBe('stop');
});

test('news that comes late ends the injection', () => {
  const late = waiting();
  late.keyFrame(2010);
  expect(late.decide(2100)).toBe('inject');
  late.begun(2101);
  expect(late.decide(2101)).toBe('stop');
});

test('a key frame before the live consumer is there is injected in its turn', () => {
  const handOver = new HandOver(0, measured);
  expect(handOver.keyFrame(900)).toBe(false);
  expect(handOver.decide(900)).toBe('inject');
  handOver.shouldOpen(true, 1500);
  expect(handOver.keyFrame(1501)).toBe(false);
  expect(handOver.decide(1501)).toBe('inject');
});
