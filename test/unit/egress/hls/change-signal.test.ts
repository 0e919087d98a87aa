import { expect, test } from 'vitest';
import { ChangeSignal } from '../../../../src/egress/hls/change-signal.ts';

const forever = () => ({ timeoutMs: 60_000, signal: new AbortController().signal });

test('a crowd that waits for one thing looks at it once a change', async () => {
  const signal = new ChangeSignal();
  let [looks, holds] = [0, false];
  const condition = {
    name: 'it',
    holds: () => {
      looks += 1;
      return holds;
    },
  };
  const crowd = Array.from({ length: 100 }, async () => signal.until(condition, forever()));
  looks = 0;
  signal.tell();
  expect(looks).toBe(1);
  holds = true;
  signal.tell();
  await Promise.all(crowd);
  expect(looks).toBe(2);
  signal.tell();
  expect(looks).toBe(2);
});

test('nobody waits longer than the time, or when the wait is called off; the others wait on', async () => {
  const signal = new ChangeSignal();
  const condition = { name: 'it', holds: () => holds };
  let holds = false;
  const calling = new AbortController();
  const rest = signal.until(condition, forever()).then(() => 'rest');
  const off = signal.until(condition, { timeoutMs: 60_000, signal: calling.signal });
  await signal.until(condition, { timeoutMs: 1, signal: new AbortController().signal });
  calling.abort();
  await off;
  expect(await Promise.race([rest, Promise.resolve('nobody')])).toBe('nobody');
  holds = true;
  signal.tell();
  expect(await rest).toBe('rest');
});

test('what holds already is not waited for', async () => {
  const signal = new ChangeSignal();
  await expect(signal.until({ name: 'it', holds: () => true }, forever())).resolves.toBeUndefined();
});
