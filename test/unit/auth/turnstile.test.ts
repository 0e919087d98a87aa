import { expect, test } from 'vitest';
import { Turnstile } from '../../../src/auth/turnstile.ts';

test('only so many are inside at once, the others get in one by one and in order', async () => {
  const turnstile = new Turnstile({ atOnce: 1, waiting: 2, perAddress: 9 });
  const order: string[] = [];
  const pass = async (name: string) => {
    const turn = await turnstile.enter(name);
    order.push(name);
    return turn;
  };
  const first = await pass('a');
  const second = pass('b');
  const third = pass('c');
  expect(turnstile.enter('d')).toBeUndefined();
  expect(order).toEqual(['a']);
  first?.[Symbol.dispose]();
  (await second)?.[Symbol.dispose]();
  (await third)?.[Symbol.dispose]();
  expect(order).toEqual(['a', 'b', 'c']);
});

test('one address gets no more than its share', async () => {
  const turnstile = new Turnstile({ atOnce: 9, waiting: 9, perAddress: 2 });
  const turn = await turnstile.enter('a');
  await turnstile.enter('a');
  expect(turnstile.enter('a')).toBeUndefined();
  expect(turnstile.enter('b')).toBeDefined();
  turn?.[Symbol.dispose]();
  expect(turnstile.enter('a')).toBeDefined();
});

test('a turn that is given back twice counts once', async () => {
  const turnstile = new Turnstile({ atOnce: 1, waiting: 0, perAddress: 9 });
  const turn = await turnstile.enter('a');
  turn?.[Symbol.dispose]();
  turn?.[Symbol.dispose]();
  expect(turnstile.enter('a')).toBeDefined();
  expect(turnstile.enter('a')).toBeUndefined();
});
