import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startControl } from '../../../src/streams/control-state.ts';
import { controlLayers } from '../../../src/streams/layer-control.ts';
import type { Look } from '../../../src/streams/layer-decision.ts';

const folder = fileURLToPath(new URL('../../fixtures/traces/', import.meta.url));
const traces = readdirSync(folder).filter((file) => file.endsWith('.jsonl'));

function looksOf(file: string): readonly Look[] {
  const lines = readFileSync(folder + file, 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Look);
}

test('there are recordings', () => {
  expect(traces.length).toBeGreaterThan(3);
});

test.for(traces)('decisions on %s are as they were', async (file) => {
  let state = startControl((looksOf(file)[0]?.ladder.length ?? 1) - 1);
  const lines = looksOf(file).map((look) => {
    const { state: next, decision } = controlLayers(state, look);
    state = next;
    const { bound, reason, drainMs, padding } = decision;
    const drain = drainMs === 0 ? '' : `, no video for ${Math.round(drainMs)} ms`;
    const change = `${reason === undefined ? '' : ` ${reason}`}${drain}${padding === 0 ? '' : `, padding ${Math.round(padding / 1000)} kbit/s`}`;
    return `${(look.reading.atMs / 1000).toFixed(1).padStart(6)} s: sent ${look.sent}, bound ${bound}${change}`;
  });
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`${folder}${file.replace('.jsonl', '.decisions.txt')}`);
});
