/** `npm run bench [-- part…]`: measures the built gateway; prints a table and writes the same as JSON. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measureChurn } from './churn.ts';
import { measureEgress } from './egress.ts';
import { measureFirstFrame } from './first-frame.ts';
import { measureLadders } from './ladder.ts';
import { measureJoin } from './join.ts';
import { measurePosts } from './posts.ts';
import { measureProcessCosts } from './process-costs.ts';
import { measureReaders } from './readers.ts';
import { measureSaturation } from './saturation.ts';
import { circumstances, renderTable, type Row } from './report.ts';
import { measureTap } from './tap.ts';
import { measureSignalling } from './signalling.ts';
import { measureViewers } from './viewers.ts';

/** What a part gives: for people, and for programs. */
interface Result {
  readonly text: string;
  readonly data: unknown;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    gateway: { type: 'string', default: resolve(import.meta.dirname, '../../dist/main.js') },
    json: { type: 'string', default: resolve(import.meta.dirname, '../../test-results/bench.json') },
    /** Of `viewers`: how many, one after the other; how long each; how often, as of `posts` and `join --only burst`; with a pipe, or without the instant join, as well. */
    counts: { type: 'string', default: '1,50,100,200,400' },
    seconds: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    edge: { type: 'boolean', default: false },
    plain: { type: 'boolean', default: false },
    /** Of `posts`: how many each server has meanwhile. */
    viewers: { type: 'string', default: '200' },
    /** Of `saturation`: what the worker gets of a core, and where the ramp ends. */
    share: { type: 'string', default: '0.2' },
    most: { type: 'string', default: '150' },
    /** Of `join`: what of it, separated by commas; default: all. Of `egress`: `start-up`, or all. */
    only: { type: 'string' },
    /** Of `churn`: who stays, and how many come and leave a second. */
    staying: { type: 'string', default: '50' },
    rate: { type: 'string', default: '50' },
    /** Of `readers`: how many. */
    readers: { type: 'string', default: '500' },
  },
});

const inRows = (measure: (program: string) => Promise<Row[]>) => async (program: string) => {
  const rows = await measure(program);
  return { text: renderTable(rows), data: rows };
};

const readersOptions = { readers: Number(values.readers), seconds: Number(values.seconds ?? 12) };

const parts: Readonly<Record<string, (program: string) => Promise<Result>>> = {
  signalling: inRows(measureSignalling),
  'first-frame': inRows(measureFirstFrame),
  egress: async (program) => {
    const only = values.only?.split(',');
    if (only !== undefined) return inRows(async () => measureEgress(program, only))(program);
    const rows = [...(await measureTap(program)), ...(await measureEgress(program, undefined))];
    const crowd = await measureReaders(program, readersOptions);
    return { text: `${renderTable(rows)}\n\n${crowd.text}`, data: { rows, readers: crowd.data } };
  },
  readers: async (program) => measureReaders(program, readersOptions),
  ladder: inRows(measureLadders),
  join: inRows(async (program) => measureJoin(program, { only: values.only?.split(','), rounds: Number(values.rounds) })),
  process: inRows(measureProcessCosts),
  viewers: async (program) =>
    measureViewers(program, {
      counts: values.counts.split(',').map(Number),
      seconds: Number(values.seconds ?? 30),
      rounds: Number(values.rounds),
      edge: values.edge,
      plain: values.plain,
    }),
  posts: async (program) => measurePosts(program, { viewers: Number(values.viewers), rounds: Number(values.rounds) }),
  saturation: async (program) =>
    measureSaturation(program, { share: Number(values.share), most: Number(values.most), seconds: Number(values.seconds ?? 10) }),
  churn: async (program) =>
    measureChurn(program, { staying: Number(values.staying), rate: Number(values.rate), seconds: Number(values.seconds ?? 60) }),
};

/** What is measured when nothing is named: what takes no more than a few minutes. */
const usual = ['signalling', 'first-frame', 'process'];

// Playwright would have these end the browser only. What else was started ends with this process, however that ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(128 + constants.signals[signal]));

if (!existsSync(values.gateway)) throw new Error(`${values.gateway} is not built: start this with npm run bench`);
const before = circumstances();
const results: Record<string, unknown> = {};
for (const name of positionals.length === 0 ? usual : positionals) {
  const measure = parts[name];
  if (measure === undefined) throw new Error(`there is no part ${name}; choose from ${Object.keys(parts).join(', ')}`);
  console.error(`measuring ${name} …`);
  const { text, data } = await measure(values.gateway);
  console.log(`${text}\n`);
  results[name] = data;
}

console.log(`${before.cpu}, ${before.cores} cores, Node ${before.node}, load before ${before.load.toFixed(1)}`);
if (before.load > 0.5) console.log('Others were at work on this machine, so these figures are worse than they need be.');
mkdirSync(dirname(values.json), { recursive: true });
writeFileSync(values.json, `${JSON.stringify({ ...before, results }, undefined, 2)}\n`);
console.log(`JSON: ${values.json}`);
process.exit(); // threads of libdatachannel may keep it for ever
