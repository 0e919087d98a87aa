/** `npm run bench [-- part…]`: measures the built gateway; prints a table and writes the same as JSON. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measureFirstFrame } from './first-frame.ts';
import { measureProcessCosts } from './process-costs.ts';
import { circumstances, renderTable, type Row } from './report.ts';
import { measureSignalling } from './signalling.ts';

const root = resolve(import.meta.dirname, '../..');
const parts: Readonly<Record<string, (program: string) => Promise<Row[]>>> = {
  signalling: measureSignalling,
  'first-frame': measureFirstFrame,
  process: measureProcessCosts,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    gateway: { type: 'string', default: resolve(root, 'dist/main.js') },
    json: { type: 'string', default: resolve(root, 'test-results/bench.json') },
  },
});
if (!existsSync(values.gateway)) throw new Error(`${values.gateway} is not built: start this with npm run bench`);
const chosen = positionals.length === 0 ? Object.keys(parts) : positionals;

const before = circumstances();
const rows: Row[] = [];
for (const name of chosen) {
  const measure = parts[name];
  if (measure === undefined) throw new Error(`there is no part ${name}; choose from ${Object.keys(parts).join(', ')}`);
  console.error(`measuring ${name} …`);
  rows.push(...(await measure(values.gateway)));
}

console.log(renderTable(rows));
console.log(`\n${before.cpu}, ${before.cores} cores, Node ${before.node}, load before ${before.load.toFixed(1)}`);
if (before.load > 0.5) console.log('Others were at work on this machine, so these figures are worse than they need be.');
mkdirSync(dirname(values.json), { recursive: true });
writeFileSync(values.json, `${JSON.stringify({ ...before, rows }, undefined, 2)}\n`);
console.log(`JSON: ${values.json}`);
